//! What happens when nothing happens: unredeemed Grants are asked after, unanswered questions
//! count as pranks and are cancelled (¶60). Driven by the clock; safe to repeat.

use shared_protocol::{Outcome, PurchaseId, PurchaseState, Timestamp};

use super::{
    Purchase, Unasked, confirm, transfer,
    turn::{Turned, Word},
};
use crate::{
    app::App,
    store::{Fault, Turn},
};

/// What time asks of a purchase whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// Ask the merchant whether it has the order.
    AskMerchant,
    /// Nobody confirmed: cancel.
    Cancel,
    /// Its transfer came back: go on with that.
    Return,
    /// Nothing: it has moved on.
    Nothing,
}

/// What is to be done for a purchase in this state once its deadline has passed.
pub const fn overdue(state: PurchaseState) -> Overdue {
    match state {
        PurchaseState::Granted => Overdue::AskMerchant,
        PurchaseState::Accepted => Overdue::Cancel,
        PurchaseState::Confirmed => Overdue::Return,
        PurchaseState::Started
        | PurchaseState::Checked
        | PurchaseState::Declined
        | PurchaseState::Refused
        | PurchaseState::Cancelled
        | PurchaseState::Expired => Overdue::Nothing,
    }
}

/// Carries out what is overdue at `now`, so much at a time. What fails is left for the next time
/// and does not hold up the others.
///
/// # Errors
/// [`Fault`] if nothing can be read.
pub async fn sweep(app: &App, now: Timestamp) -> Result<(), Fault> {
    for purchase in app.store.overdue(now, AT_A_TIME).await? {
        let done = match overdue(purchase.state) {
            Overdue::AskMerchant => unredeemed(app, &purchase, now).await,
            Overdue::Cancel => match transfer::go_on(app, purchase.id, now).await {
                Ok(false) => silence(app, purchase.id, now).await,
                done => done.map(drop),
            },
            Overdue::Return => transfer::go_on(app, purchase.id, now).await.map(drop),
            Overdue::Nothing => Ok(()),
        };
        if let Err(fault) = done {
            tracing::error!(%fault, row = purchase.row, "cannot be expired");
        }
    }
    Ok(())
}

/// Asks the merchant after its order. Whoever has only a mailbox cannot be asked: what it has not
/// accepted by now has lapsed; and of a number that was never handed in a merchant knows nothing.
async fn unredeemed(app: &App, purchase: &Purchase, now: Timestamp) -> Result<(), Fault> {
    let is_by_hand = purchase.unasked == Some(Unasked::ByHand);
    let merchant = app.store.merchant(&purchase.merchant).await?;
    let knows_nothing = merchant.is_some_and(|merchant| merchant.has_mailbox())
        || (is_by_hand && app.store.is_unredeemed(purchase.row).await?);
    match knows_nothing {
        true => close(app, purchase.id, now).await.map(drop),
        false => app.store.ask_lapsed(purchase.id, now).await,
    }
}

/// Closes a purchase whose Grant will not be redeemed any more, and frees the credit.
///
/// # Errors
/// [`Fault`].
pub async fn close(app: &App, purchase: PurchaseId, now: Timestamp) -> Result<Turned, Fault> {
    app.turn(Turn { purchase, word: Word::Lapsed, then: None, now }).await
}

/// Takes silence, or a letter that can never arrive, for a no.
///
/// # Errors
/// [`Fault`].
pub async fn silence(app: &App, purchase: PurchaseId, now: Timestamp) -> Result<(), Fault> {
    let Some((question, _)) = app.store.question_of(&purchase).await? else {
        return Err(Fault::Damaged("questions"));
    };
    let agent = &app.config.agent_id;
    let word = confirm::word(&question, Outcome::Expired, agent, &app.keys, now);
    app.turn(Turn { purchase, word, then: None, now }).await.map(drop)
}

const AT_A_TIME: u32 = 100;
