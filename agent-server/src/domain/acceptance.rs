//! The merchant's word on a Grant (61–62): it takes the order, or does not. Comes from the
//! shopper's browser or from the merchant; the signature decides, not the sender.

use shared_protocol::{Acceptance, Problem, PurchaseId, Refusal, Signed, Timestamp, Verified, jws};

use super::{
    Purchase, confirm,
    question::ConfirmationToken,
    turn::{Asked, Turned, Word},
    unavailable,
};
use crate::{app::App, store::Turn};

/// Carries out a merchant's Acceptance; from then on the shopper is asked (64). Where their passkey
/// has signed the tally, or policy waives the question, it is confirmed at once (¶61).
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
    take(app, &purchase, acceptance, &verified, now).await
}

/// A Grant comes back from a shop that holds no key (Fig 2): it has the order. The agent signs the
/// Acceptance in its place. Late is not too late while the purchase is open: the shop has judged
/// the time.
///
/// # Errors
/// [`Problem::PurchaseUnknown`]; [`Problem::GrantInvalid`] if it is not this purchase's Grant;
/// [`Problem::AcceptanceInvalid`] for a shop that signs for itself; the reason why the purchase is
/// closed; [`Problem::Unavailable`].
pub async fn present(app: &App, id: PurchaseId, grant: &str) -> Result<(), Problem> {
    let now = app.clock.now();
    let purchase = known(app, &id).await?;
    let grant = jws::verify(grant, &app.keys.verifying_keys())?;
    if *grant != purchase.granted()? {
        return Err(Problem::GrantInvalid);
    }
    let merchant = app.merchants.get(&purchase.merchant, now).await?;
    if merchant.hand_over.is_none() {
        return Err(Problem::AcceptanceInvalid);
    }
    if purchase.acceptance.is_some() {
        return Ok(());
    }
    let said = Acceptance {
        merchant: grant.merchant.clone(),
        agent: grant.agent.clone(),
        purchase: id,
        handling_number: grant.handling_number,
        grant: purchase.grant.as_ref().ok_or(Problem::PurchaseUnknown)?.digest(),
        amount: grant.amount,
        order_reference: grant.handling_number.to_string(),
        accepted: now.min(grant.expires),
    };
    let acceptance = Signed::sign(&said, &app.keys);
    let verified = app.keys.verify_own(&acceptance)?;
    match take(app, &purchase, acceptance, &verified, now).await {
        // Two came at once, a moment apart: the other has been heard.
        Err(Problem::PurchaseConflict) => Ok(()),
        taken => taken,
    }
}

async fn take(
    app: &App,
    purchase: &Purchase,
    acceptance: Signed<Acceptance>,
    verified: &Verified<Acceptance>,
    now: Timestamp,
) -> Result<(), Problem> {
    purchase.check_acceptance(verified)?;
    let id = purchase.id;
    let grant = purchase.granted()?;
    let asked = || Asked {
        token: ConfirmationToken::of(&id, &app.keys).digest(),
        deadline: now.plus(app.config.confirmation_lifetime()),
    };
    let question = grant.provisional.then(asked);
    let then = match grant.provisional {
        true => None,
        false => {
            let word = confirm::unasked(&grant, purchase.consent(), &app.keys, now);
            Some(confirm::by_the_bank(app, id, word, now).await?)
        }
    };
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
