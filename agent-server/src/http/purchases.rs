//! What merchants say of purchases (61–62), and how purchases stand.

use axum::{
    Router,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse as _, Response},
    routing::{get, put},
};
use serde_json::json;
use shared_protocol::{Acceptance, Problem, PurchaseStatus, Refusal, Signed};

use super::{
    problem::Refused,
    wire::{Answer, OfPurchase, Wire},
};
use crate::{app::App, domain::acceptance};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/purchases/{id}", get(show))
        .route("/v1/purchases/{id}/acceptance", put(accept))
        .route("/v1/purchases/{id}/refusal", put(refuse))
}

async fn show(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let status = acceptance::known(&app, &id).await?.status();
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    Ok(match accepted.contains(JSON) {
        true => {
            let headers = [(CONTENT_TYPE, JSON), (CACHE_CONTROL, "no-store"), (VARY, "accept")];
            (headers, in_words(&status)?).into_response()
        }
        false => Answer(status).into_response(),
    })
}

/// How it stands, for shops that have nothing but a JSON library.
fn in_words(status: &PurchaseStatus) -> Result<String, Problem> {
    let grant = status.grant.as_ref().map(Signed::claimed).transpose()?;
    Ok(json!({
        "purchase": status.purchase.to_string(),
        "state": status.state.name(),
        "handling_number": grant.as_ref().map(|grant| grant.handling_number.to_string()),
        "amount": grant.as_ref().map(|grant| grant.amount.minor),
        "currency": grant.as_ref().map(|grant| grant.amount.currency.code()),
    })
    .to_string())
}

const JSON: &str = "application/json";

async fn accept(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Wire { message, .. }: Wire<Signed<Acceptance>>,
) -> Result<StatusCode, Refused> {
    acceptance::accept(&app, id, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn refuse(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Wire { message, .. }: Wire<Signed<Refusal>>,
) -> Result<StatusCode, Refused> {
    acceptance::refuse(&app, id, message).await?;
    Ok(StatusCode::NO_CONTENT)
}
