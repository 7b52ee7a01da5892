//! The mailbox of a seller without a server (¶79–80): what the shopper's browser would hand to a
//! merchant's server waits here until the seller fetches it, its order half sealed to the seller.

use shared_protocol::{
    CLOCK_TOLERANCE, Deposit, GrantProof, ItemId, Mailbox, MailboxVisit, MerchantId, Offer,
    OrderSubmission, Problem, PurchaseId, SIZE_CLASSES, Signed, Timestamp, Verified,
};

use super::{
    Purchase, acceptance::known, merchant_keys::KnownMerchant, purchase::redeemable_until,
    unavailable,
};
use crate::{
    app::App,
    offers,
    store::{Deposition, NewOffer, Visit},
};

/// Puts an order into the mailbox of the merchant that it is for; the same again is put in once.
///
/// # Errors
/// [`Problem::PurchaseUnknown`], [`Problem::WrongRecipient`] if the merchant has no mailbox, those
/// of the check, [`Problem::PurchaseConflict`], the reason why the purchase is closed,
/// [`Problem::Unavailable`].
pub async fn deposit(
    app: &App,
    id: PurchaseId,
    submission: OrderSubmission,
    bytes: &[u8],
) -> Result<Signed<Deposit>, Problem> {
    let now = app.clock.now();
    let purchase = known(app, &id).await?;
    let merchant = app.merchants.get(&purchase.merchant, now).await?;
    if !merchant.has_mailbox() {
        return Err(Problem::WrongRecipient);
    }
    check(&submission, &purchase)?;
    let grant = purchase.granted()?;
    let signed = purchase.grant.as_ref().ok_or(Problem::PurchaseUnknown)?;
    let deposit = Deposit {
        agent: grant.agent.clone(),
        merchant: grant.merchant.clone(),
        purchase: id,
        handling_number: grant.handling_number,
        grant: signed.digest(),
        deadline: grant.expires,
        deposited: now,
    };
    let deadline = redeemable_until(&grant);
    let deposition = Deposition {
        purchase: id,
        submission: bytes.to_vec(),
        deposit: Signed::sign(&deposit, &app.keys),
        deadline,
        kept_until: deadline.plus(app.config.mailbox_retention()),
        now,
    };
    app.store.keep_for_seller(deposition).await.map_err(unavailable)?
}

/// Whether it is the order for which this purchase's Grant was given, as far as an agent can tell.
///
/// # Errors
/// [`Problem::GrantInvalid`], [`Problem::TallyInvalid`], [`Problem::HalfMismatch`],
/// [`Problem::EnvelopeInvalid`] for an envelope of no size class.
fn check(submission: &OrderSubmission, purchase: &Purchase) -> Result<(), Problem> {
    match &submission.grant {
        GrantProof::Signed(grant) if Some(grant) == purchase.grant.as_ref() => {}
        GrantProof::Signed(_) | GrantProof::Jws(_) => return Err(Problem::GrantInvalid),
    }
    let tally = submission.tally.verify()?;
    if tally.digest() != purchase.granted()?.tally {
        return Err(Problem::HalfMismatch);
    }
    let fits = SIZE_CLASSES.contains(&submission.order.size());
    fits.then_some(()).ok_or(Problem::EnvelopeInvalid)
}

/// What lies in the mailbox of whoever signed this.
///
/// # Errors
/// [`Problem::UnknownMerchant`], [`Problem::VisitInvalid`] if its key did not sign it, or it was
/// made before, [`Problem::WrongRecipient`], [`Problem::Unavailable`].
pub async fn visit(app: &App, said: Signed<MailboxVisit>) -> Result<Mailbox, Problem> {
    let now = app.clock.now();
    let claimed = said.claimed()?;
    let merchant = app.merchants.get(&claimed.merchant, now).await?;
    let visit: Verified<MailboxVisit> = merchant.believe(&said, now)?;
    if visit.agent != app.config.agent_id {
        return Err(Problem::WrongRecipient);
    }
    if visit.visited > now.plus(CLOCK_TOLERANCE) {
        return Err(Problem::VisitInvalid);
    }
    let kept_until = now.plus(app.config.mailbox_retention());
    let entries = app.store.visit(Visit { visit, kept_until, now }).await.map_err(unavailable)?;
    Ok(Mailbox { entries: entries.ok_or(Problem::VisitInvalid)? })
}

/// Takes in what a seller without a server offers from now on. An older Offer never replaces a
/// newer one.
///
/// # Errors
/// [`Problem::UnknownMerchant`], [`Problem::WrongRecipient`] if the merchant has a server of its
/// own, those of an Offer that does not hold, [`Problem::OfferInvalid`] if a newer one is there,
/// [`Problem::Unavailable`].
pub async fn publish(
    app: &App,
    merchant: &MerchantId,
    item: &ItemId,
    signed: Signed<Offer>,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let merchant = app.merchants.get(merchant, now).await?;
    if !merchant.has_mailbox() {
        return Err(Problem::WrongRecipient);
    }
    let offer = offers::check(&signed, &merchant, item, now)?;
    let (merchant, item, issued) = (merchant.id.clone(), item.clone(), offer.issued);
    let new = NewOffer { merchant, item, signed, issued, now };
    let is_newest = app.store.put_offer(new).await.map_err(unavailable)?;
    is_newest.then_some(()).ok_or(Problem::OfferInvalid)
}

/// A merchant's Offer of this item: from its server, or as it was left here.
///
/// # Errors
/// [`Problem::UnknownItem`], [`Problem::Unavailable`], [`Problem::MerchantUnavailable`]; those of
/// an Offer that does not hold.
pub async fn offer(
    app: &App,
    merchant: &KnownMerchant,
    item: &ItemId,
    now: Timestamp,
) -> Result<Signed<Offer>, Problem> {
    if !merchant.has_mailbox() {
        return app.offers.get(merchant, item, now).await;
    }
    let signed = app.store.deposited_offer(&merchant.id, item).await.map_err(unavailable)?;
    let signed = signed.ok_or(Problem::UnknownItem)?;
    offers::check(&signed, merchant, item, now)?;
    Ok(signed)
}
