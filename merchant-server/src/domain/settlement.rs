//! What the shop says to its agent of a confirmed order (66–71): shipped, claimed, let go, given
//! back. Pure.

use shared_protocol::{
    Amount, Claim, Digest, Message as _, Problem, Receipt, Reference, Refund, Settlement,
    ShippingNotice, Signed, Statement, Timestamp, Verified, Void, decode, encode,
};

use super::{Failure, Order, Shop};

/// One thing to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Goods went.
    Ship,
    /// So much is to be paid.
    Claim(Amount, Option<Reference>),
    /// So much never will be.
    Void(Amount),
    /// So much goes back.
    Refund(Amount),
}

/// A step, signed and ready to be sent any number of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStep {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The digest of what was signed.
    pub digest: Digest,
}

impl Step {
    /// Its kind in the database.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ship => "shipment",
            Self::Claim(..) => "claim",
            Self::Void(_) => "void",
            Self::Refund(_) => "refund",
        }
    }

    /// Signs it for an order, under this name; the same again gives the same bytes.
    ///
    /// # Errors
    /// [`Problem::PurchaseUnknown`] for an order that never came.
    pub fn sign(
        &self,
        shop: &Shop,
        order: &Order,
        name: &Reference,
        at: Timestamp,
    ) -> Result<SignedStep, Problem> {
        let deal = order.deal.as_ref().ok_or(Problem::PurchaseUnknown)?;
        let (merchant, agent) = (shop.merchant.clone(), shop.agent.agent.clone());
        let (purchase, handling_number) = (order.purchase, deal.handling_number);
        let name = name.clone();
        Ok(match self {
            Self::Ship => signed(
                shop,
                &ShippingNotice {
                    merchant,
                    agent,
                    purchase,
                    handling_number,
                    shipment: name,
                    shipped: at,
                },
            ),
            Self::Claim(amount, shipment) => signed(
                shop,
                &Claim {
                    merchant,
                    agent,
                    purchase,
                    handling_number,
                    claim: name,
                    amount: *amount,
                    shipment: shipment.clone(),
                    claimed: at,
                },
            ),
            Self::Void(amount) => {
                let (void, amount, voided) = (name, *amount, at);
                let said =
                    Void { merchant, agent, purchase, handling_number, void, amount, voided };
                signed(shop, &said)
            }
            Self::Refund(amount) => {
                let (refund, amount, refunded) = (name, *amount, at);
                let said =
                    Refund { merchant, agent, purchase, handling_number, refund, amount, refunded };
                signed(shop, &said)
            }
        })
    }
}

fn signed<T: Statement>(shop: &Shop, said: &T) -> SignedStep {
    let signed = Signed::sign(said, &shop.keys);
    SignedStep {
        media_type: Signed::<T>::media_type(),
        digest: signed.digest(),
        bytes: encode(&signed),
    }
}

/// Believes a receipt that is the agent's and for this very word.
///
/// # Errors
/// [`Problem::SettlementInvalid`].
pub fn believe_receipt(
    shop: &Shop,
    order: &Order,
    step: &SignedStep,
    receipt: &Signed<Receipt>,
) -> Result<Verified<Receipt>, Failure> {
    let receipt = shop.believe(receipt)?;
    let is_ours = receipt.agent == shop.agent.agent
        && receipt.merchant == shop.merchant
        && receipt.purchase == order.purchase
        && receipt.word == step.digest;
    if is_ours { Ok(receipt) } else { Err(Problem::SettlementInvalid.into()) }
}

/// How much was said in these bytes of this kind; `None` for a shipping notice.
pub fn amount_in(kind: &str, said: &[u8]) -> Option<Amount> {
    match kind {
        "claim" => claimed::<Claim>(said).map(|said| said.amount),
        "void" => claimed::<Void>(said).map(|said| said.amount),
        "refund" => claimed::<Refund>(said).map(|said| said.amount),
        _ => None,
    }
}

/// Which shipment a claim is for.
pub fn shipment_in(said: &[u8]) -> Option<Reference> {
    claimed::<Claim>(said)?.shipment
}

/// How the money of an order of this amount stands, by the agent's receipts: sums only grow.
pub fn stands<'a>(granted: Amount, receipts: impl Iterator<Item = &'a [u8]>) -> Settlement {
    let (mut claimed_in_all, mut voided, mut refunded) = (0, 0, 0);
    for receipt in receipts.filter_map(claimed::<Receipt>) {
        claimed_in_all = receipt.claimed.minor.max(claimed_in_all);
        voided = receipt.voided.minor.max(voided);
        refunded = receipt.refunded.minor.max(refunded);
    }
    let stands = Settlement::with(granted, claimed_in_all, voided, refunded);
    stands.unwrap_or(Settlement::of(granted))
}

/// What our own words, and receipts that were verified when they came, say.
fn claimed<T: Statement>(signed: &[u8]) -> Option<T> {
    decode::<Signed<T>>(signed).ok()?.claimed().ok()
}
