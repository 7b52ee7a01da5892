//! Opening an order half: is it for this shop, through its agent, about this purchase, and does
//! it take up an Offer that this shop really made?

use std::sync::Arc;

use shared_protocol::{Offer, OrderHalf, Problem, PurchaseId, SealContext, Sealed, Verified};

use super::{Failure, Shop};
use crate::keys::Pair;
use crate::store::Store;

/// An order half that is for us, and our own Offer that it takes up. Only [`open`] makes one.
pub struct OpenedOrder {
    half: OrderHalf,
    offer: Verified<Offer>,
    pair: Arc<Pair>,
}

impl OpenedOrder {
    /// The keys whose Mark the shopper has: what they get is signed by the same.
    pub fn pair(&self) -> &Pair {
        &self.pair
    }

    /// Who orders what, and where it goes.
    pub fn half(&self) -> &OrderHalf {
        &self.half
    }

    /// At which price and on which terms.
    pub fn offer(&self) -> &Verified<Offer> {
        &self.offer
    }
}

/// Opens the envelope and finds the Offer.
pub async fn open(
    shop: &Shop,
    store: &Store,
    purchase: PurchaseId,
    context: &SealContext,
    order: &Sealed<OrderHalf>,
) -> Result<OpenedOrder, Failure> {
    if context.merchant != shop.merchant || context.agent != shop.agent.agent {
        return Err(Problem::WrongRecipient.into());
    }
    if context.purchase != purchase {
        return Err(Problem::HalfMismatch.into());
    }
    let (half, pair) = shop.keys.open(order, context)?;
    if half.purchase != purchase {
        return Err(Problem::HalfMismatch.into());
    }
    let signed = store.offer(&half.offer).await?.ok_or(Problem::OfferInvalid)?;
    // Kept bytes are believed no more than bytes that came: the database may have been tampered
    // with, the signature cannot.
    let offer = shop.keys.verify_own(&signed)?;
    Ok(OpenedOrder { half, offer, pair })
}
