//! What merchants say of confirmed purchases (66–71). The signature decides, not the sender; the
//! name in the path makes asking twice asking once.

use axum::{
    Router,
    extract::{Path, State},
    routing::put,
};
use shared_protocol::{
    Claim, Message, Problem, PurchaseId, Receipt, Refund, ShippingNotice, Signed, Void,
};

use super::{
    problem::Refused,
    wire::{Answer, Wire},
};
use crate::{
    app::App,
    domain::settlement::{Settles, settle},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/purchases/{id}/shipments/{name}", put(book::<ShippingNotice>))
        .route("/v1/purchases/{id}/claims/{name}", put(book::<Claim>))
        .route("/v1/purchases/{id}/voids/{name}", put(book::<Void>))
        .route("/v1/purchases/{id}/refunds/{name}", put(book::<Refund>))
}

async fn book<T>(
    State(app): State<App>,
    Path((id, name)): Path<(String, String)>,
    Wire { message, .. }: Wire<Signed<T>>,
) -> Result<Answer<Signed<Receipt>>, Refused>
where
    T: Settles + Send + Sync + 'static,
    Signed<T>: Message,
{
    let id: PurchaseId = id.parse().map_err(|_| Problem::PurchaseUnknown)?;
    let booked = settle(&app, id, &name, &message).await;
    let outcome = booked.as_ref().map_or_else(|problem| problem.code(), |_| "booked");
    metrics::counter!("agent_settlements", "kind" => T::KIND.name(), "outcome" => outcome)
        .increment(1);
    Ok(Answer(booked?))
}
