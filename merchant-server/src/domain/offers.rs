//! Giving out Offers: signed once per hour and item, kept before anybody sees them, so that an
//! order can be held against the very Offer that it takes up.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shared_protocol::{ItemId, Offer, Problem, Signed, Span, Timestamp, VerifyingKey, encode};

use super::{Failure, Picture, Shop};
use crate::catalogue::Catalogue;
use crate::store::Store;

/// The Offers that are out at the moment.
#[derive(Default)]
pub struct Offers {
    out: Mutex<HashMap<ItemId, Signed<Offer>>>,
}

impl Offers {
    /// The Offer of an item at `now`.
    ///
    /// # Errors
    /// [`Problem::UnknownItem`]; [`Problem::OfferExpired`] once its time to order is over.
    pub async fn offer(
        &self,
        shop: &Shop,
        store: &Store,
        catalogue: &Catalogue,
        item: &ItemId,
        now: Timestamp,
    ) -> Result<Signed<Offer>, Failure> {
        let item = catalogue.item(item).ok_or(Problem::UnknownItem)?;
        let offer = item.offer(now).ok_or(Problem::OfferExpired)?;
        if let Some(signed) = self.already_out(&offer, &shop.keys.verifying()) {
            return Ok(signed);
        }
        let signed = Signed::sign(&offer, &shop.keys);
        let mut tx = store.begin("keep_offer", now).await?;
        tx.keep_offer(&signed, &offer).await?;
        tx.forget_offers_before(now.minus(KEPT)).await?;
        tx.commit().await?;
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.insert(offer.item.clone(), signed.clone());
        Ok(signed)
    }

    /// The Offer of an item as it is left with the agent, for a seller who has no server: new each
    /// time, so that it replaces the one before. The picture that it names the agent shows, if it
    /// was given that too. Withdrawn, it ends at once.
    ///
    /// # Errors
    /// [`Problem::UnknownItem`]; [`Problem::OfferExpired`] once its time to order is over.
    pub async fn publish(
        shop: &Shop,
        store: &Store,
        catalogue: &Catalogue,
        (item, is_withdrawn, picture): (&ItemId, bool, Option<&Picture>),
        now: Timestamp,
    ) -> Result<Signed<Offer>, Failure> {
        let item = catalogue.item(item).ok_or(Problem::UnknownItem)?;
        let offer = item.offer_from(now);
        let expires = if is_withdrawn { now.plus(WITHDRAWAL) } else { offer.expires };
        let offer = Offer { image: picture.map(Picture::path), expires, ..offer };
        if now >= expires {
            return Err(Problem::OfferExpired.into());
        }
        let signed = Signed::sign(&offer, &shop.keys);
        let mut tx = store.begin("publish_offer", now).await?;
        tx.keep_offer(&signed, &offer).await?;
        tx.forget_offers_before(now.minus(KEPT)).await?;
        tx.commit().await?;
        Ok(signed)
    }

    fn already_out(&self, offer: &Offer, key: &VerifyingKey) -> Option<Signed<Offer>> {
        let out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |signed: &&Signed<Offer>| signed.bytes() == encode(offer) && signed.verify(key).is_ok();
        out.get(&offer.item).filter(is_it).cloned()
    }
}

/// How long a withdrawn Offer may still be on the way to the agent.
const WITHDRAWAL: Span = Span::minutes(1);
/// How long an Offer that nobody took up is kept after its end.
const KEPT: Span = Span::hours(30 * 24);
