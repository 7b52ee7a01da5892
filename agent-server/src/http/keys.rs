//! The agent's public keys, for merchants and their JWT libraries.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Deserialize;
use shared_protocol::{KeyList, Signed, Timestamp, VERSION, jws};

use super::{
    problem::Refused,
    wire::{Answer, merchant_id},
};
use crate::{app::App, domain::merchant_keys::MerchantKey};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/.well-known/jwks.json", get(jwks))
        .route("/.well-known/warifu", get(discovery))
        .route("/v1/keys", get(list))
        .route("/v1/merchants/{id}/keys", get(of_merchant))
}

async fn jwks(State(app): State<App>) -> impl IntoResponse {
    (public("application/jwk-set+json"), jws::jwk_set(&app.keys.verifying_keys()))
}

async fn discovery(State(app): State<App>) -> impl IntoResponse {
    let keys = app.keys.verifying_keys();
    let keys: Vec<_> = keys.iter().map(|key| BASE64URL.encode(key.as_bytes())).collect();
    let document = serde_json::json!({
        "version": VERSION,
        "agent": app.config.agent_id.as_str(),
        "name": { "ja": app.config.agent_name.ja, "en": app.config.agent_name.en },
        "verifying_keys": keys,
        "sealing_key": BASE64URL.encode(app.keys.sealing_key().as_bytes()),
        "jwks": format!("{}/.well-known/jwks.json", app.config.public_url),
    });
    (public("application/json"), document.to_string())
}

/// Which key the caller knows already.
#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    kid: String,
}

async fn list(
    State(app): State<App>,
    Query(Known { kid }): Query<Known>,
) -> Answer<Signed<KeyList>> {
    Answer(app.keys.list(&app.config.agent_id, &kid, app.clock.now()))
}

/// Which keys of a merchant's the agent knows: whether the next one is registered, and by which an
/// old word is to be verified.
async fn of_merchant(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Refused> {
    let known = app.merchants.get(&merchant_id(&id)?, app.clock.now()).await?;
    let shown = |key: &MerchantKey| {
        serde_json::json!({
            "kid": jws::key_id(&key.verifying),
            "verifying_key": BASE64URL.encode(key.verifying.as_bytes()),
            "sealing_key": BASE64URL.encode(key.sealing.as_bytes()),
            "from": key.from.as_secs(),
            "until": key.until.map(Timestamp::as_secs),
            "revoked": key.revoked,
        })
    };
    let keys: Vec<_> = known.keys().iter().map(shown).collect();
    let document = serde_json::json!({ "merchant": known.id.as_str(), "keys": keys });
    Ok(([(CACHE_CONTROL, "no-store")], Json(document)))
}

fn public(kind: &'static str) -> [(axum::http::HeaderName, &'static str); 3] {
    [
        (CONTENT_TYPE, kind),
        // A revoked key is to be forgotten within a minute.
        (CACHE_CONTROL, "public, max-age=30"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ]
}
