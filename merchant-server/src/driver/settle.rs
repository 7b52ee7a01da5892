//! Says something of a confirmed order to the agent: kept first, then sent, then its receipt kept.
//! Cut off anywhere and done again, it is said once.

use shared_protocol::{Problem, PurchaseEvent, PurchaseState, Receipt, Reference, SettlementState};

use super::agent::AgentSilence;
use crate::app::App;
use crate::domain::{Failure, Order, SignedStep, Step, believe_receipt};
use crate::store::{Fault, Tx, WordKey};

/// Why something could not be said.
#[derive(Debug, thiserror::Error)]
pub enum Unsaid {
    /// The agent, or this shop, has a reason.
    #[error("{0}")]
    Problem(Problem),
    /// So many are not left to be shipped.
    #[error("so many are not left to be shipped")]
    TooMany,
    /// The agent did not answer; try the same again.
    #[error("{0}; try the same again")]
    Silence(#[from] AgentSilence),
    /// Our own database.
    #[error("{0}")]
    Fault(#[from] Fault),
}

impl From<Failure> for Unsaid {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fault(fault) => Self::Fault(fault),
            Failure::Refused(problem) => Self::Problem(problem),
            other => Self::Problem(other.problem()),
        }
    }
}

/// Says it, and returns the agent's receipt.
///
/// # Errors
/// [`Unsaid`]; what was kept is sent again by the next try under the same name.
pub async fn settle(
    app: &App,
    order: &Order,
    name: &Reference,
    step: &Step,
) -> Result<Receipt, Unsaid> {
    let key = WordKey { order: order.id, kind: step.kind(), name };
    let signed = keep(app, order, key, step).await?;
    let path = format!("/v1/purchases/{}/{}s/{name}", order.purchase, step.kind());
    let answer = match app.agent().settle(&path, &signed).await? {
        Ok(answer) => answer,
        Err(problem) => {
            let mut tx = app.store().begin("forget-word", app.now()).await?;
            let before = left_of(&mut tx, order).await?;
            tx.forget_word(key).await?;
            still_here(&mut tx, order, before).await?;
            tx.commit().await?;
            return Err(Unsaid::Problem(problem));
        }
    };
    let receipt = believe_receipt(app.shop(), order, &signed, &answer)?;
    let mut tx = app.store().begin("keep-receipt", app.now()).await?;
    tx.keep_receipt(key, &shared_protocol::encode(&answer)).await?;
    if receipt.standing == SettlementState::Voided {
        let_go(&mut tx, order).await?;
    }
    tx.commit().await?;
    Ok(receipt.into_inner())
}

/// Nothing is left of the order. The agent books that of a confirmed one only: where its word of
/// that has not come yet, it was on its way.
async fn let_go(tx: &mut Tx<'_>, order: &Order) -> Result<(), Fault> {
    use PurchaseState::{Accepted, Cancelled, Confirmed};
    let Some(Order { id, state, confirmation, deal, .. }) = tx.order(order.purchase).await? else {
        return Ok(());
    };
    if state == Accepted {
        let event = PurchaseEvent::ShopperConfirmed;
        tx.record_outcome(id, Accepted, event, Confirmed, None).await?;
    }
    if matches!(state, Accepted | Confirmed) {
        let (event, consent) = (PurchaseEvent::MerchantVoided, confirmation.as_deref());
        tx.record_outcome(id, Confirmed, event, Cancelled, consent).await?;
        if let Some(deal) = deal {
            let left = tx.left_of(id, deal.quantity).await?;
            tx.give_back_stock(&deal.item, left).await?;
        }
    }
    Ok(())
}

/// Nothing goes of an order that is over: what it had taken was given back.
pub(super) async fn is_open(tx: &mut Tx<'_>, order: &Order) -> Result<(), Unsaid> {
    let now = tx.order(order.purchase).await?;
    match now.is_some_and(|now| now.state.holds_credit()) {
        true => Ok(()),
        false => Err(Unsaid::Problem(Problem::PurchaseClosed)),
    }
}

/// How many of an order's goods have not gone, as far as it is known here.
pub(super) async fn left_of(tx: &mut Tx<'_>, order: &Order) -> Result<u32, Fault> {
    let Some(deal) = &order.deal else { return Ok(0) };
    tx.left_of(order.id, deal.quantity).await
}

/// What was about to go stays here, as the agent does not hear of it. An order that was over by
/// then had not given it back.
pub(super) async fn still_here(tx: &mut Tx<'_>, order: &Order, before: u32) -> Result<(), Fault> {
    let more = left_of(tx, order).await?.saturating_sub(before);
    let now = tx.order(order.purchase).await?;
    match now.filter(|now| !now.state.holds_credit()).and_then(|now| now.deal) {
        Some(deal) => tx.give_back_stock(&deal.item, more).await,
        None => Ok(()),
    }
}

/// The bytes that go: those of before, if the same was to be said under this name before.
async fn keep(
    app: &App,
    order: &Order,
    key: WordKey<'_>,
    step: &Step,
) -> Result<SignedStep, Unsaid> {
    let now = app.now();
    let mut tx = app.store().begin("keep-word", now).await?;
    let before = tx.word(key).await?;
    let at = before.as_ref().map_or(now, |(_, at)| *at);
    let signed = step.sign(app.shop(), order, key.name, at).map_err(Unsaid::Problem)?;
    match before {
        Some((said, _)) if said == signed.bytes => {}
        Some(_) => return Err(Unsaid::Problem(Problem::PurchaseConflict)),
        None => {
            if *step == Step::Ship {
                is_open(&mut tx, order).await?;
            }
            tx.keep_word(key, &signed.bytes).await?;
        }
    }
    tx.commit().await?;
    Ok(signed)
}
