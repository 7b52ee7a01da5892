//! The mailboxes of sellers without a server (¶79–80): shoppers' browsers put orders in, the seller
//! fetches them. Nothing in them can be opened here.

use axum::extract::State;
use shared_protocol::{Deposit, Mailbox, MailboxVisit, OrderSubmission, Problem, Signed};

use super::{
    api::{CLOSED, Group, Routes, kinds, post, put},
    problem::Refused,
    wire::{Answer, OfPurchase, Wire},
};
use crate::{app::App, domain::mailbox};

/// Its routes.
pub fn routes() -> Routes {
    let visit = post("/v1/mailbox", "api.visit_mailbox", visit)
        .among(Group::Market)
        .takes::<Signed<MailboxVisit>>()
        .answers::<Mailbox>()
        .refuses(&[Problem::UnknownMerchant, Problem::VisitInvalid, Problem::WrongRecipient]);
    let deposit = put("/v1/mailbox/{id}", "api.deposit_order", deposit)
        .among(Group::Market)
        .at("id", kinds::PURCHASE)
        .takes::<OrderSubmission>()
        .answers::<Signed<Deposit>>()
        .refuses(&[
            Problem::WrongRecipient,
            Problem::GrantInvalid,
            Problem::GrantExpired,
            Problem::TallyInvalid,
            Problem::HalfMismatch,
            Problem::EnvelopeInvalid,
            Problem::PurchaseConflict,
        ])
        .refuses(CLOSED);
    Routes::new().and(visit).and(deposit)
}

async fn visit(
    State(app): State<App>,
    Wire { message, .. }: Wire<Signed<MailboxVisit>>,
) -> Result<Answer<Mailbox>, Refused> {
    Ok(Answer(mailbox::visit(&app, message).await?))
}

async fn deposit(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Wire { message, bytes }: Wire<OrderSubmission>,
) -> Result<Answer<Signed<Deposit>>, Refused> {
    let deposited = mailbox::deposit(&app, id, message, &bytes).await;
    let outcome = deposited.as_ref().map_or_else(|problem| problem.code(), |_| "deposited");
    metrics::counter!("agent_deposits", "outcome" => outcome).increment(1);
    Ok(Answer(deposited?))
}
