//! The agent's public keys, for merchants and their JWT libraries.

use axum::{
    Json,
    extract::State,
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Serialize;
use shared_protocol::{Localized, VERSION, jws};
use utoipa::ToSchema;

use super::api::{Body, Group, Routes, get};
use crate::app::App;

/// Its routes.
pub fn routes() -> Routes {
    let jwks = get("/.well-known/jwks.json", "api.list_keys", jwks)
        .among(Group::Agent)
        .answers_body(Body::json::<KeySet>().named("application/jwk-set+json"));
    let discovery = get("/.well-known/warifu", "api.discover", discovery)
        .among(Group::Agent)
        .answers_json::<Discovery>();
    Routes::new().add(jwks).add(discovery)
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

fn public(kind: &'static str) -> [(axum::http::HeaderName, &'static str); 3] {
    [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=600"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ]
}
