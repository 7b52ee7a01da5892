//! Looks into the shop's mailbox at the agent, for a shop whose orders wait there. Nothing runs
//! between two looks, so that each one first catches up with what happened meanwhile.

use shared_protocol::{MailboxEntry, PurchaseId, Span};

use super::{Unsaid, ask_until, deliver, keys};
use crate::app::App;
use crate::domain::visit;
use crate::store::Fault;

/// Asks for the agent's keys, says what the agent has not heard yet, and asks what shoppers have
/// said of orders since.
///
/// # Errors
/// [`Fault`].
pub async fn catch_up(app: &App) -> Result<(), Fault> {
    keys::ask(app).await;
    deliver(app).await?;
    ask_until(app, app.now().plus(app.config().ask_after())).await
}

/// All that lies in the mailbox, oldest first; or one order, which counts as read from then on.
///
/// # Errors
/// [`Unsaid`].
pub async fn look(app: &App, purchase: Option<PurchaseId>) -> Result<Vec<MailboxEntry>, Unsaid> {
    let mut all: Vec<MailboxEntry> = Vec::new();
    let mut last = app.now().minus(Span::millis(1));
    loop {
        // Each visit is later than the one before.
        last = app.now().max(last.plus(Span::millis(1)));
        let after = all.last().map_or(0, |entry| entry.number);
        let said = visit(app.shop(), purchase, after, last);
        let entries = app.agent().mailbox(&said).await?.map_err(Unsaid::Problem)?.entries;
        let is_whole = entries.len() < shared_protocol::Mailbox::ENTRIES_MAX || purchase.is_some();
        all.extend(entries);
        if is_whole {
            return Ok(all);
        }
    }
}
