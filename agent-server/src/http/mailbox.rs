//! The mailboxes of sellers without a server (¶79–80): shoppers' browsers put orders in, the seller
//! fetches them. Nothing in them can be opened here.

use axum::{
    Router,
    extract::State,
    routing::{post, put},
};
use shared_protocol::{Deposit, Mailbox, MailboxVisit, OrderSubmission, Signed};

use super::{
    problem::Refused,
    wire::{Answer, OfPurchase, Wire},
};
use crate::{app::App, domain::mailbox};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/mailbox", post(visit)).route("/v1/mailbox/{id}", put(deposit))
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
