//! What merchants say of purchases (61–62), and how purchases stand.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, put},
};
use shared_protocol::{Acceptance, PurchaseStatus, Refusal, Signed};

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
) -> Result<Answer<PurchaseStatus>, Refused> {
    Ok(Answer(acceptance::known(&app, &id).await?.status()))
}

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
