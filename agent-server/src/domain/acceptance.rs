//! The merchant's word on a Grant (61–62): it takes the order, or does not. Comes from the
//! shopper's browser or from the merchant; the signature decides, not the sender.

use shared_protocol::{Acceptance, Problem, PurchaseId, Refusal, Signed};

use super::{
    Purchase, confirm,
    question::ConfirmationToken,
    turn::{Asked, Turned, Word},
    unavailable,
};
use crate::{app::App, store::Turn};

/// Carries out a merchant's Acceptance; from then on the shopper is asked (64). Where their passkey
/// has signed the tally, it is confirmed at once (¶61).
///
/// # Errors
/// [`Problem::PurchaseUnknown`], [`Problem::AcceptanceInvalid`], [`Problem::GrantExpired`],
/// [`Problem::PurchaseConflict`] if it accepted otherwise before, the reason why the purchase is
/// closed, [`Problem::Unavailable`].
pub async fn accept(
    app: &App,
    id: PurchaseId,
    acceptance: Signed<Acceptance>,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let purchase = known(app, &id).await?;
    let merchant = app.merchants.get(&purchase.merchant, now).await?;
    let verified = merchant.believe(&acceptance, now)?;
    purchase.check_acceptance(&verified)?;
    let grant = purchase.granted()?;
    let asked = || Asked {
        token: ConfirmationToken::of(&id, &app.keys).digest(),
        deadline: now.plus(app.config.confirmation_lifetime()),
    };
    let question = grant.provisional.then(asked);
    let then = (!grant.provisional).then(|| confirm::by_passkey(&grant, &app.keys, now));
    let word = Word::Accepted { acceptance, question };
    carry_out(app, Turn { purchase: id, word, then, now }).await
}

/// Carries out a merchant's Refusal: the credit is free at once.
///
/// # Errors
/// As [`accept`], with [`Problem::RefusalInvalid`].
pub async fn refuse(app: &App, id: PurchaseId, refusal: Signed<Refusal>) -> Result<(), Problem> {
    let now = app.clock.now();
    let purchase = known(app, &id).await?;
    let merchant = app.merchants.get(&purchase.merchant, now).await?;
    let verified = merchant.believe(&refusal, now)?;
    purchase.check_refusal(&verified)?;
    let word = Word::Refused(refusal);
    carry_out(app, Turn { purchase: id, word, then: None, now }).await
}

/// The purchase of this id.
///
/// # Errors
/// [`Problem::PurchaseUnknown`], [`Problem::Unavailable`].
pub async fn known(app: &App, id: &PurchaseId) -> Result<Purchase, Problem> {
    app.store.purchase(id).await.map_err(unavailable)?.ok_or(Problem::PurchaseUnknown)
}

async fn carry_out(app: &App, turn: Turn) -> Result<(), Problem> {
    match app.turn(turn).await.map_err(unavailable)? {
        Turned::Now(_) | Turned::Already(_) => Ok(()),
        Turned::Not(problem) => Err(problem),
    }
}
