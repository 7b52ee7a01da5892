//! The agent's public keys, for merchants and their JWT libraries.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use shared_protocol::{KeyList, Localized, Signed, Timestamp, VERSION, jws};
use utoipa::ToSchema;

use super::{
    api::{Body, Group, Routes, get, kinds},
    problem::Refused,
    wire::{Answer, merchant_id},
};
use crate::{app::App, domain::merchant_keys::MerchantKey};

/// Its routes.
pub fn routes() -> Routes {
    let jwks = get("/.well-known/jwks.json", "api.list_keys", jwks)
        .among(Group::Agent)
        .answers_body(Body::json::<KeySet>().named("application/jwk-set+json"));
    let discovery = get("/.well-known/warifu", "api.discover", discovery)
        .among(Group::Agent)
        .answers_json::<Discovery>();
    let list = get("/v1/keys", "api.sign_keys", list)
        .among(Group::Agent)
        .with("kid", kinds::KEY)
        .answers::<Signed<KeyList>>();
    let of_merchant = get("/v1/merchants/{merchant}/keys", "api.merchant_keys", of_merchant)
        .among(Group::Agent)
        .at("merchant", kinds::MERCHANT)
        .answers_json::<MerchantKeys>();
    [jwks, discovery, list, of_merchant].into_iter().fold(Routes::new(), Routes::and)
}

/// Public keys as RFC 7517 §5 has them.
#[derive(ToSchema)]
#[schema(as = KeySet)]
#[allow(dead_code, reason = "only described: shared-protocol writes it")]
struct KeySet {
    keys: Vec<Key>,
}

/// A public key (RFC 8037).
#[derive(ToSchema)]
#[allow(dead_code, reason = "as above")]
struct Key {
    kty: String,
    crv: String,
    /// base64url
    x: String,
    kid: String,
    alg: String,
    r#use: String,
}

/// Who the agent is.
#[derive(Serialize, ToSchema)]
struct Discovery {
    /// Of the protocol.
    version: &'static str,
    /// `agt_…`
    agent: String,
    name: Named,
    /// Ed25519, base64url, the newest first.
    verifying_keys: Vec<String>,
    /// X25519, base64url.
    sealing_key: String,
    /// Where the same keys are as JWKs.
    jwks: String,
    /// Where the document of all addresses is.
    openapi: String,
}

/// A merchant's keys.
#[derive(Serialize, ToSchema)]
struct MerchantKeys {
    /// `mrc_…`
    merchant: String,
    /// All that ever counted.
    keys: Vec<KeyJson>,
}

/// A merchant's key pair's public halves, and when they count.
#[derive(Serialize, ToSchema)]
#[schema(as = MerchantKey)]
struct KeyJson {
    /// Of the verifying key.
    kid: String,
    /// Ed25519, base64url.
    verifying_key: String,
    /// X25519, base64url.
    sealing_key: String,
    /// From this second on.
    from: i64,
    /// Until before this one.
    until: Option<i64>,
    /// Whether nothing that it signs counts any more.
    revoked: bool,
}

/// A name in both languages.
#[derive(Serialize, ToSchema)]
pub struct Named {
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

async fn jwks(State(app): State<App>) -> impl IntoResponse {
    (public("application/jwk-set+json"), jws::jwk_set(&app.keys.verifying_keys()))
}

async fn discovery(State(app): State<App>) -> impl IntoResponse {
    let keys = app.keys.verifying_keys();
    let keys = keys.iter().map(|key| BASE64URL.encode(key.as_bytes()));
    let Localized { ja, en } = app.config.agent_name.clone();
    let base = &app.config.public_url;
    let document = Discovery {
        version: VERSION,
        agent: app.config.agent_id.to_string(),
        name: Named { ja, en },
        verifying_keys: keys.collect(),
        sealing_key: BASE64URL.encode(app.keys.sealing_key().as_bytes()),
        jwks: format!("{base}/.well-known/jwks.json"),
        openapi: format!("{base}/openapi.json"),
    };
    (public("application/json"), Json(document))
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
    let shown = |key: &MerchantKey| KeyJson {
        kid: jws::key_id(&key.verifying),
        verifying_key: BASE64URL.encode(key.verifying.as_bytes()),
        sealing_key: BASE64URL.encode(key.sealing.as_bytes()),
        from: key.from.as_secs(),
        until: key.until.map(Timestamp::as_secs),
        revoked: key.revoked,
    };
    let keys = known.keys().iter().map(shown).collect();
    let document = MerchantKeys { merchant: known.id.to_string(), keys };
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
