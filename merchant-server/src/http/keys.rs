//! `GET /.well-known/warifu`: who this shop is and its public keys, as its agent registered them.

use std::future::{Ready, ready};

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::config::Origin;
use crate::keys::public_text;

pub(super) fn show(State(app): State<App>) -> Ready<Json<Value>> {
    let shop = app.shop();
    let old = shop.keys.old().map(|old| old.verifying());
    let verifying = [Some(shop.keys.verifying()), old];
    let verifying: Vec<_> =
        verifying.iter().flatten().map(|key| public_text(key.as_bytes())).collect();
    ready(Json(json!({
        "warifu": 1,
        "role": "merchant",
        "merchant": shop.merchant.as_str(),
        "server": app.config().public_url.as_ref().map(Origin::as_str),
        "agent": { "id": shop.agent.agent.as_str(), "url": app.config().agent.url.as_str() },
        "verifying_keys": verifying,
        "sealing_key": public_text(shop.keys.sealing().as_bytes()),
        "next": shop.keys.next().map(|next| json!({
            "verifying_key": public_text(next.verifying().as_bytes()),
            "sealing_key": public_text(next.sealing().as_bytes()),
        })),
    })))
}
