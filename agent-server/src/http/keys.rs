//! The agent's public keys, for merchants and their JWT libraries.

use axum::{
    Router,
    extract::State,
    http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use shared_protocol::{VERSION, jws};

use crate::app::App;

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/.well-known/jwks.json", get(jwks))
        .route("/.well-known/warifu", get(discovery))
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

fn public(kind: &'static str) -> [(axum::http::HeaderName, &'static str); 3] {
    [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=600"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ]
}
