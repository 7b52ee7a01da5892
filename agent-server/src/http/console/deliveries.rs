//! Webhooks and letters: what came of each, and another try.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use shared_protocol::Problem;

use super::{
    desk::{Desk, delivered, onward, stamp},
    guard::By,
};
use crate::{
    app::App,
    domain::{operator::Power, unavailable},
    http::problem::Refused,
    store::{About, Attempt, EventsAsked, Letter, ToldEvent},
    texts::Words,
};

/// The newest webhooks.
pub(super) async fn webhooks(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "deliveries");
    let after = app.store.events_before_last(AT_ONCE).await.map_err(unavailable)?;
    let asked = EventsAsked { after, most: AT_ONCE, ..EventsAsked::default() };
    let told = app.store.events(&asked).await.map_err(unavailable)?;
    let page =
        Webhooks { lines: told.iter().rev().map(|told| Told::of(told, desk.w)).collect(), desk };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// One of them, with each attempt.
pub(super) async fn webhook(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "deliveries");
    let id = number(&id)?;
    let told = app.store.event(id).await.map_err(unavailable)?.ok_or(Problem::NotFound)?;
    let attempts = app.store.attempts(id).await.map_err(unavailable)?;
    let merchant = app.store.merchant(&told.event.merchant).await.map_err(unavailable)?;
    let page = Webhook {
        to: merchant.map(|known| format!("{}/warifu/v1/events", known.server)).unwrap_or_default(),
        attempts: attempts.iter().map(Tried::of).collect(),
        told: Told::of(&told, desk.w),
        may_care: by.operator().role.may(Power::Care),
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// The newest letters.
pub(super) async fn letters(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
    Query(typed): Query<Typed>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "deliveries");
    let state = STATES.into_iter().find(|state| *state == typed.state);
    let found = app.store.letters(state, AT_ONCE).await.map_err(unavailable)?;
    let page = Letters {
        lines: found.iter().map(|letter| Written::of(letter, desk.w)).collect(),
        may_care: by.operator().role.may(Power::Care),
        states: STATES.map(|state| (state, desk.w.get(delivered(state)))),
        typed,
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// Sends a webhook again, or a letter that waits or was given up.
pub(super) async fn resend(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    by: By,
) -> Result<Response, Refused> {
    let row = number(&id)?;
    by.notes(&app, "resent", &id).await?;
    let done = app.store.resend(row, app.clock.now()).await.map_err(unavailable)?;
    app.wake_driver();
    let said = if done { "resent" } else { "not-resent" };
    let is_webhook = app.store.event(row).await.map_err(unavailable)?.is_some();
    Ok(match is_webhook {
        true => onward(&uri, &format!("/console/deliveries/{id}?said={said}")),
        false => onward(&uri, &format!("/console/letters?said={said}")),
    })
}

fn number(id: &str) -> Result<i64, Problem> {
    id.strip_prefix("evt_").unwrap_or(id).parse().map_err(|_| Problem::NotFound)
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    state: String,
}

struct Told {
    id: String,
    at: String,
    what: &'static str,
    merchant: String,
    purchase: String,
    sequence: u32,
    state: &'static str,
    state_name: String,
    attempts: u32,
    fault: String,
}

impl Told {
    fn of(told: &ToldEvent, w: Words) -> Self {
        let event = &told.event;
        Self {
            id: event.name(),
            at: stamp(event.at),
            what: event.what.name(),
            merchant: event.merchant.to_string(),
            purchase: event.purchase.to_string(),
            sequence: event.sequence,
            state: w.get(delivered(told.state.as_deref().unwrap_or_default())),
            state_name: told.state.clone().unwrap_or_default(),
            attempts: told.attempts,
            fault: told.last_fault.clone().unwrap_or_default(),
        }
    }
}

struct Tried {
    at: String,
    status: String,
    millis: i64,
    fault: String,
}

impl Tried {
    fn of(attempt: &Attempt) -> Self {
        Self {
            at: stamp(attempt.at),
            status: attempt.status.map(|status| status.to_string()).unwrap_or_default(),
            millis: attempt.millis,
            fault: attempt.fault.clone().unwrap_or_default(),
        }
    }
}

struct Written {
    id: i64,
    at: String,
    what: &'static str,
    /// The purchase, if it is about one.
    purchase: Option<String>,
    state: &'static str,
    state_name: String,
    attempts: u32,
    fault: String,
}

impl Written {
    fn of(letter: &Letter, w: Words) -> Self {
        let parcel = &letter.entry.parcel;
        Self {
            id: parcel.id,
            at: stamp(letter.at),
            what: parcel.errand.name(),
            purchase: match parcel.about {
                About::Purchase(purchase) => Some(purchase.to_string()),
                About::MailedCode(_) | About::Contract(_) => None,
            },
            state: w.get(delivered(&letter.entry.state)),
            state_name: letter.entry.state.clone(),
            attempts: parcel.attempts,
            fault: letter.entry.last_fault.clone().unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "console/webhooks.html")]
struct Webhooks<'a> {
    desk: Desk<'a>,
    lines: Vec<Told>,
}

#[derive(Template)]
#[template(path = "console/webhook.html")]
struct Webhook<'a> {
    desk: Desk<'a>,
    told: Told,
    to: String,
    attempts: Vec<Tried>,
    may_care: bool,
}

#[derive(Template)]
#[template(path = "console/letters.html")]
struct Letters<'a> {
    desk: Desk<'a>,
    typed: Typed,
    states: [(&'static str, &'static str); 3],
    lines: Vec<Written>,
    may_care: bool,
}

const STATES: [&str; 3] = ["waiting", "done", "dead"];
const AT_ONCE: u32 = 100;
