//! What merchants say of confirmed purchases (66–71). The signature decides, not the sender; the
//! name in the path makes asking twice asking once.

use axum::extract::{Path, State};
use shared_protocol::{
    Claim, Message, Problem, PurchaseId, Receipt, Refund, ShippingNotice, Signed, Void,
};

use super::{
    api::{Group, Routes, Served, kinds, put},
    problem::Refused,
    wire::{Answer, Wire},
};
use crate::{
    app::App,
    domain::settlement::{Settles, settle},
};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .and(word::<ShippingNotice>("/v1/purchases/{id}/shipments/{name}", "api.notice_shipment"))
        .and(word::<Claim>("/v1/purchases/{id}/claims/{name}", "api.claim"))
        .and(word::<Void>("/v1/purchases/{id}/voids/{name}", "api.void"))
        .and(word::<Refund>("/v1/purchases/{id}/refunds/{name}", "api.refund"))
}

fn word<T>(path: &'static str, text: &'static str) -> Served
where
    T: Settles + Send + Sync + 'static,
    Signed<T>: Message,
{
    put(path, text, book::<T>)
        .among(Group::Settlement)
        .at("id", kinds::PURCHASE)
        .at("name", kinds::NAME)
        .takes::<Signed<T>>()
        .answers::<Signed<Receipt>>()
        .refuses(&[
            Problem::SettlementInvalid,
            Problem::TooManyRequests,
            Problem::PurchaseConflict,
            Problem::NotConfirmedYet,
            Problem::PurchaseClosed,
            Problem::ShipmentUnknown,
            Problem::AmountMismatch,
            Problem::AmountExceeded,
            Problem::PaidByTransfer,
        ])
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
