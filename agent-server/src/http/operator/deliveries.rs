//! Webhooks and letters: what came of each; never to which address a letter went.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::{Deserialize, Serialize};
use shared_protocol::Problem;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::unavailable,
    http::{
        api::{Served, get, kinds},
        merchants::{moment, unkept},
        problem::Refused,
    },
    store::{About, Attempt, EventsAsked, Letter, ToldEvent},
};

pub(super) fn served() -> Vec<Served> {
    let webhooks = get("/v1/operator/webhooks", "api.console_webhooks", webhooks)
        .answers_json::<WebhooksJson>();
    let webhook = get("/v1/operator/webhooks/{event}", "api.console_webhook", webhook)
        .at("event", kinds::EVENT)
        .answers_json::<WebhookStory>();
    let letters = get("/v1/operator/letters", "api.console_letters", letters)
        .with("state", kinds::DELIVERY)
        .answers_json::<LettersJson>();
    vec![webhooks, webhook, letters]
}

async fn webhooks(State(app): State<App>) -> Result<Response, Refused> {
    let after = app.store.events_before_last(AT_ONCE).await.map_err(unavailable)?;
    let asked = EventsAsked { after, most: AT_ONCE, ..EventsAsked::default() };
    let told = app.store.events(&asked).await.map_err(unavailable)?;
    Ok(unkept(WebhooksJson { webhooks: told.iter().rev().map(WebhookJson::of).collect() }))
}

async fn webhook(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refused> {
    let id = id.strip_prefix("evt_").and_then(|id| id.parse().ok()).ok_or(Problem::NotFound)?;
    let told = app.store.event(id).await.map_err(unavailable)?.ok_or(Problem::NotFound)?;
    let attempts = app.store.attempts(id).await.map_err(unavailable)?;
    let attempts = attempts.iter().map(AttemptJson::of).collect();
    Ok(unkept(WebhookStory { webhook: WebhookJson::of(&told), attempts }))
}

/// In which state.
#[derive(Deserialize)]
struct Asked {
    state: Option<String>,
}

async fn letters(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response, Refused> {
    let found = app.store.letters(asked.state.as_deref(), AT_ONCE).await.map_err(unavailable)?;
    Ok(unkept(LettersJson { letters: found.iter().map(LetterJson::of).collect() }))
}

/// Webhooks, newest first, at most 100.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
struct WebhooksJson {
    webhooks: Vec<WebhookJson>,
}

/// A webhook, and how it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(super) struct WebhookJson {
    /// `evt_…`
    id: String,
    /// When it happened.
    at: String,
    /// What happened.
    what: &'static str,
    /// `mrc_…`
    merchant: String,
    /// `pur_…`
    purchase: String,
    /// 1, 2, 3 … of this purchase.
    sequence: u32,
    /// waiting, done or dead; not said where it is only listed.
    state: Option<String>,
    /// Deliveries begun.
    attempts: u32,
    /// Why the last one failed.
    fault: Option<String>,
}

/// A webhook with each delivery.
#[derive(Serialize, ToSchema)]
struct WebhookStory {
    webhook: WebhookJson,
    /// Oldest first.
    attempts: Vec<AttemptJson>,
}

/// One delivery of a webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
struct AttemptJson {
    /// When.
    at: String,
    /// What the merchant's server answered, if it did.
    status: Option<u16>,
    /// How long it took.
    millis: i64,
    /// Why it failed.
    fault: Option<String>,
}

/// Letters, newest first, at most 100.
#[derive(Serialize, ToSchema)]
#[schema(as = Letters)]
struct LettersJson {
    letters: Vec<LetterJson>,
}

/// A letter, without its address and what is in it.
#[derive(Serialize, ToSchema)]
#[schema(as = Letter)]
struct LetterJson {
    /// Its row.
    id: String,
    /// When it was written.
    at: String,
    /// What it is.
    what: &'static str,
    /// `pur_…`, where it is about one.
    purchase: Option<String>,
    /// waiting, done or dead
    state: String,
    /// Deliveries begun.
    attempts: u32,
    /// Why the last one failed.
    fault: Option<String>,
}

impl WebhookJson {
    pub(super) fn of(told: &ToldEvent) -> Self {
        let event = &told.event;
        Self {
            id: event.name(),
            at: moment(event.at),
            what: event.what.name(),
            merchant: event.merchant.to_string(),
            purchase: event.purchase.to_string(),
            sequence: event.sequence,
            state: told.state.clone(),
            attempts: told.attempts,
            fault: told.last_fault.clone(),
        }
    }
}

impl AttemptJson {
    fn of(attempt: &Attempt) -> Self {
        Self {
            at: moment(attempt.at),
            status: attempt.status,
            millis: attempt.millis,
            fault: attempt.fault.clone(),
        }
    }
}

impl LetterJson {
    fn of(letter: &Letter) -> Self {
        let parcel = &letter.entry.parcel;
        Self {
            id: parcel.id.to_string(),
            at: moment(letter.at),
            what: parcel.errand.name(),
            purchase: match parcel.about {
                About::Purchase(purchase) => Some(purchase.to_string()),
                About::MailedCode(_) | About::Contract(_) => None,
            },
            state: letter.entry.state.clone(),
            attempts: parcel.attempts,
            fault: letter.entry.last_fault.clone(),
        }
    }
}

const AT_ONCE: u32 = 100;
