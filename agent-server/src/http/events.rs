//! A merchant's own events, for whoever has its key or token: as they would be sent to it, signed
//! now. So a shop's developer needs no tunnel (`merchant-server events listen`).

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use shared_protocol::{MerchantId, Problem, Timestamp, VerifyingKey};
use utoipa::ToSchema;

use super::{
    api::{Group, Proof, Routes, get, kinds},
    problem::Refused,
    token,
};
use crate::{
    app::App,
    domain::{
        merchant_keys::KnownMerchant,
        unavailable,
        webhook::{Endpoint, Event, asking, is_fresh},
    },
};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().and(
        get("/v1/merchants/{merchant}/events", "api.own_events", list)
            .among(Group::Merchant)
            .by(Proof::TokenOrSignature)
            .needs("after", kinds::PLACE)
            .with("wait", kinds::SECONDS)
            .answers_json::<Events>()
            .refuses(&[Problem::WebhookInvalid]),
    )
}

/// Events, oldest first.
#[derive(Serialize, ToSchema)]
struct Events {
    events: Vec<OwnEvent>,
    /// What to ask for as `after` for those that follow. As text: the numbers are longer than
    /// JavaScript's are exact.
    next: String,
}

/// An event as its webhook is sent: three headers and the body.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
#[serde(rename_all = "kebab-case")]
struct OwnEvent {
    /// `evt_…`
    webhook_id: String,
    /// Seconds since 1970.
    webhook_timestamp: String,
    /// Over id, timestamp and body.
    webhook_signature: String,
    /// JSON, as text: the very bytes that are signed.
    body: String,
}

/// From where on (less than nothing: only how far it is), and how long to wait until there is
/// something.
#[derive(Deserialize)]
struct Asked {
    after: i64,
    #[serde(default)]
    wait: u32,
}

async fn list(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(Asked { after, wait }): Query<Asked>,
    headers: HeaderMap,
) -> Result<Json<Events>, Refused> {
    let merchant: MerchantId = id.parse().map_err(|_| Problem::UnknownMerchant)?;
    let known = app.merchants.get(&merchant, app.clock.now()).await?;
    if token::is_shown(&headers) {
        token::check(&app, &merchant, &headers).await?;
    } else {
        let said = |time| asking(app.config.agent_id.as_str(), &merchant, after, time);
        check(&known, &headers, app.clock.now(), said)?;
    }
    if after < 0 {
        let newest = app.store.newest_event_of(&merchant).await.map_err(unavailable)?;
        return Ok(Json(Events { events: Vec::new(), next: newest.to_string() }));
    }
    let events = newer(&app, &merchant, after, wait.min(WAIT_MOST)).await?;
    let endpoint = app.store.endpoint(&merchant).await.map_err(unavailable)?;
    let next = events.last().map_or(after, |event| event.id);
    let events = events.iter().map(|event| shown(&app, event, &endpoint)).collect();
    Ok(Json(Events { events, next: next.to_string() }))
}

/// Those after this one, once there are any, or so many seconds have gone by.
async fn newer(
    app: &App,
    merchant: &MerchantId,
    after: i64,
    seconds: u32,
) -> Result<Vec<Event>, Problem> {
    let mut looks = seconds * LOOKS_A_SECOND;
    loop {
        let events = app.store.merchant_events(merchant, after, MOST).await.map_err(unavailable)?;
        if looks == 0 || !events.is_empty() {
            return Ok(events);
        }
        looks -= 1;
        tokio::time::sleep(Duration::from_secs(1) / LOOKS_A_SECOND).await;
    }
}

/// The merchant itself asks, now, for what is `said` at this time.
pub(super) fn check(
    merchant: &KnownMerchant,
    headers: &HeaderMap,
    now: Timestamp,
    said: impl FnOnce(i64) -> String,
) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let time: i64 = text("warifu-time").parse().map_err(|_| Problem::WebhookInvalid)?;
    let signature = BASE64URL.decode(text("warifu-signature"));
    let signature = signature.map_err(|_| Problem::WebhookInvalid)?;
    let said = said(time);
    let by = |key: &VerifyingKey| UnparsedPublicKey::new(&ED25519, *key.as_bytes());
    let is_said = |key| by(key).verify(said.as_bytes(), &signature).is_ok();
    let holds = merchant.history().at(now).any(is_said);
    match holds && is_fresh(time, now) {
        true => Ok(()),
        false => Err(Problem::WebhookInvalid),
    }
}

fn shown(app: &App, event: &Event, endpoint: &Endpoint) -> OwnEvent {
    let headers = event.headers(endpoint, &app.keys, app.clock.now());
    OwnEvent {
        webhook_id: headers.id,
        webhook_timestamp: headers.timestamp.to_string(),
        webhook_signature: headers.signature,
        body: event.body(),
    }
}

/// Shorter than a request is waited for.
const WAIT_MOST: u32 = 15;
const LOOKS_A_SECOND: u32 = 4;
const MOST: u32 = 100;
