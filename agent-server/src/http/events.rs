//! A merchant's own events, for whoever has its key: as they would be sent to it, signed now. So a
//! shop's developer needs no tunnel (`merchant-server events listen`).

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::HeaderMap,
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Value, json};
use shared_protocol::{MerchantId, Problem, VerifyingKey};

use super::problem::Refused;
use crate::{
    app::App,
    domain::{
        merchant_keys::KnownMerchant,
        unavailable,
        webhook::{Endpoint, Event, asking, is_fresh},
    },
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/merchants/{id}/events", get(list))
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
) -> Result<Json<Value>, Refused> {
    let merchant: MerchantId = id.parse().map_err(|_| Problem::UnknownMerchant)?;
    let known = app.merchants.get(&merchant, app.clock.now()).await?;
    check(&app, &known, after, &headers)?;
    if after < 0 {
        let newest = app.store.newest_event_of(&merchant).await.map_err(unavailable)?;
        return Ok(Json(json!({ "events": [], "next": newest.to_string() })));
    }
    let mut looks = wait.min(WAIT_MOST) * LOOKS_A_SECOND;
    let events = loop {
        let events =
            app.store.merchant_events(&merchant, after, MOST).await.map_err(unavailable)?;
        if looks == 0 || !events.is_empty() {
            break events;
        }
        looks -= 1;
        tokio::time::sleep(Duration::from_secs(1) / LOOKS_A_SECOND).await;
    };
    let endpoint = app.store.endpoint(&merchant).await.map_err(unavailable)?;
    let next = events.last().map_or(after, |event| event.id);
    let events: Vec<_> = events.iter().map(|event| shown(&app, event, &endpoint)).collect();
    // As text: the numbers are longer than JavaScript's are exact.
    Ok(Json(json!({ "events": events, "next": next.to_string() })))
}

/// The merchant itself asks, now, for this.
fn check(
    app: &App,
    merchant: &KnownMerchant,
    after: i64,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let time: i64 = text("warifu-time").parse().map_err(|_| Problem::WebhookInvalid)?;
    let signature = BASE64URL.decode(text("warifu-signature"));
    let signature = signature.map_err(|_| Problem::WebhookInvalid)?;
    let said = asking(app.config.agent_id.as_str(), &merchant.id, after, time);
    let (said, now) = (said.as_bytes(), app.clock.now());
    let by = |key: &VerifyingKey| UnparsedPublicKey::new(&ED25519, *key.as_bytes());
    let holds = merchant.history().at(now).any(|key| by(key).verify(said, &signature).is_ok());
    match holds && is_fresh(time, now) {
        true => Ok(()),
        false => Err(Problem::WebhookInvalid),
    }
}

fn shown(app: &App, event: &Event, endpoint: &Endpoint) -> Value {
    let headers = event.headers(endpoint, &app.keys, app.clock.now());
    json!({
        "webhook-id": headers.id,
        "webhook-timestamp": headers.timestamp.to_string(),
        "webhook-signature": headers.signature,
        "body": event.body(),
    })
}

/// Shorter than a request is waited for.
const WAIT_MOST: u32 = 15;
const LOOKS_A_SECOND: u32 = 4;
const MOST: u32 = 100;
