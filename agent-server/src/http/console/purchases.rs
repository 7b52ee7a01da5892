//! Purchases, looked for by what an operator is told on the telephone.

use askama::Template;
use axum::{
    extract::{OriginalUri, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use shared_protocol::{Date, PurchaseState};

use super::{
    desk::{Desk, stamp},
    guard::By,
};
use crate::{
    app::App,
    domain::{day, unavailable},
    http::problem::Refused,
    store::{Found, PurchasesAsked},
    texts::{self, Words},
};

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
    Query(typed): Query<Typed>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "purchases");
    let (asked, wrong) = typed.read(&app);
    let found = match wrong {
        Some(_) => Vec::new(),
        None => app.store.find_purchases(&asked).await.map_err(unavailable)?,
    };
    let older = (found.len() == AT_ONCE as usize).then(|| found.last().map(|last| last.row));
    let merchants = app.store.merchants().await.map_err(unavailable)?;
    let page = Page {
        lines: found.iter().map(|found| Line::of(found, desk.w)).collect(),
        wrong: wrong.map(|key| desk.w.get(key)),
        merchants: merchants.into_iter().map(|merchant| merchant.id.to_string()).collect(),
        states: STATES.map(|state| (state.name(), desk.w.get(says(state)))),
        older: older.flatten(),
        typed,
        desk,
    };
    let status = match page.wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok(Desk::answer(status, false, &page))
}

/// What was typed.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    q: String,
    #[serde(default)]
    merchant: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    before: String,
}

impl Typed {
    /// What is looked for, and what is wrong with what was typed.
    fn read(&self, app: &App) -> (PurchasesAsked, Option<&'static str>) {
        let mut asked = PurchasesAsked { most: AT_ONCE, ..PurchasesAsked::default() };
        let mut wrong = None;
        let q = self.q.trim();
        if q.starts_with("pur_") {
            asked.id = q.parse().ok();
        } else if !q.is_empty() {
            asked.number = q.parse().ok();
        }
        if !q.is_empty() && asked.id.is_none() && asked.number.is_none() {
            wrong = Some("console.q_wrong");
        }
        asked.merchant = self.merchant.parse().ok();
        asked.state = STATES.into_iter().find(|state| state.name() == self.state);
        asked.before = self.before.parse().ok();
        if !self.day.is_empty() {
            let zone = app.config.zone();
            let day: Option<Date> = self.day.parse().ok();
            let ends = day.and_then(|day| day::start(day, &zone).zip(day::end(day, &zone)));
            match ends {
                Some((from, until)) => (asked.from, asked.until) = (Some(from), Some(until)),
                None => wrong = Some("console.day_wrong"),
            }
        }
        (asked, wrong)
    }

    /// The same search, as parameters.
    fn again(&self) -> String {
        let plain = |text: &str| -> String {
            text.bytes()
                .filter(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
                .map(char::from)
                .collect()
        };
        let (merchant, state) = (plain(&self.merchant), plain(&self.state));
        format!("merchant={merchant}&state={state}&day={}", plain(&self.day))
    }
}

/// How a purchase stands, as operators say it.
pub(super) fn says(state: PurchaseState) -> &'static str {
    match state {
        PurchaseState::Started | PurchaseState::Checked => "console.state_started",
        PurchaseState::Granted => "console.state_granted",
        PurchaseState::Accepted => "console.state_accepted",
        PurchaseState::Confirmed => "console.state_confirmed",
        PurchaseState::Declined => "console.state_declined",
        PurchaseState::Refused => "console.state_refused",
        PurchaseState::Cancelled => "console.state_cancelled",
        PurchaseState::Expired => "console.state_expired",
    }
}

struct Line {
    id: String,
    at: String,
    number: String,
    merchant: String,
    amount: String,
    state: &'static str,
    state_name: &'static str,
}

impl Line {
    fn of(found: &Found, w: Words) -> Self {
        Self {
            id: found.id.to_string(),
            at: stamp(found.at),
            number: found.number.map(|number| number.to_string()).unwrap_or_default(),
            merchant: found.merchant.to_string(),
            amount: texts::amount(found.amount),
            state: w.get(says(found.state)),
            state_name: found.state.name(),
        }
    }
}

#[derive(Template)]
#[template(path = "console/purchases.html")]
struct Page<'a> {
    desk: Desk<'a>,
    typed: Typed,
    wrong: Option<&'static str>,
    merchants: Vec<String>,
    states: [(&'static str, &'static str); 7],
    lines: Vec<Line>,
    /// Where the next page begins.
    older: Option<i64>,
}

/// Those that the agent's purchases can be in.
pub(in crate::http) const STATES: [PurchaseState; 7] = [
    PurchaseState::Granted,
    PurchaseState::Accepted,
    PurchaseState::Confirmed,
    PurchaseState::Declined,
    PurchaseState::Refused,
    PurchaseState::Cancelled,
    PurchaseState::Expired,
];
const AT_ONCE: u32 = 50;
