//! Fetches Offers from the merchants' servers, verifies them, keeps them for a moment.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::StatusCode;
use shared_protocol::{
    ItemId, MerchantId, Message as _, Offer, Problem, Signed, Span, Timestamp, Verified,
    VerifyingKey, decode,
};

use crate::{
    domain::{Merchant, merchant_keys::KnownMerchant},
    outside::{self, Outside},
};

/// Offers at hand.
pub struct Offers {
    outside: Outside,
    kept: Mutex<HashMap<(MerchantId, ItemId), Kept>>,
}

struct Kept {
    offer: Signed<Offer>,
    key: VerifyingKey,
    until: Timestamp,
}

impl Offers {
    /// None yet.
    pub fn new(outside: Outside) -> Self {
        Self { outside, kept: Mutex::default() }
    }

    /// The merchant's Offer of this item, complete, open, and signed by it.
    ///
    /// # Errors
    /// [`Problem::UnknownItem`], [`Problem::OfferInvalid`], [`Problem::OfferExpired`],
    /// [`Problem::MerchantUnavailable`].
    pub async fn get(
        &self,
        merchant: &KnownMerchant,
        item: &ItemId,
        now: Timestamp,
    ) -> Result<Signed<Offer>, Problem> {
        let name = (merchant.id.clone(), item.clone());
        let counts = |kept: &&Kept| {
            now < kept.until && merchant.history().at(now).any(|key| *key == kept.key)
        };
        if let Some(kept) = self.kept().get(&name).filter(counts) {
            return Ok(kept.offer.clone());
        }
        let offer = self.fetch(merchant, item).await?;
        let until = check(&offer, merchant, item, now)?.expires.min(now.plus(KEPT_FOR));
        let mut kept = self.kept();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, kept| now < kept.until);
        }
        if kept.len() < KEPT_MAX {
            let key = merchant.offering(&offer, now).verifying_key;
            kept.insert(name, Kept { offer: offer.clone(), key, until });
        }
        Ok(offer)
    }

    /// With which key the merchant signed the newest Offer at hand.
    pub fn key_in_use(&self, merchant: &MerchantId) -> Option<VerifyingKey> {
        let kept = self.kept();
        let own = kept.iter().filter(|((id, _), _)| id == merchant);
        own.max_by_key(|(_, kept)| kept.until).map(|(_, kept)| kept.key)
    }

    async fn fetch(&self, merchant: &Merchant, item: &ItemId) -> Result<Signed<Offer>, Problem> {
        let url = format!("{}/warifu/v1/offers/{item}", merchant.server);
        let request = self.outside.get(&url).map_err(|_| Problem::MerchantUnavailable)?;
        let asked = request.timeout(PATIENCE).send().await;
        let answer = asked.map_err(|_| Problem::MerchantUnavailable)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Problem::UnknownItem),
            StatusCode::GONE => return Err(Problem::OfferExpired),
            _ => return Err(Problem::MerchantUnavailable),
        }
        let body = outside::body(answer, Signed::<Offer>::LEN_MAX).await;
        let body = body.ok_or(Problem::MerchantUnavailable)?;
        decode(&body).map_err(|_| Problem::OfferInvalid)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<(MerchantId, ItemId), Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks that it is this merchant's whole and open Offer of this item.
///
/// # Errors
/// [`Problem::OfferInvalid`], [`Problem::OfferExpired`].
pub fn check(
    offer: &Signed<Offer>,
    merchant: &KnownMerchant,
    item: &ItemId,
    now: Timestamp,
) -> Result<Verified<Offer>, Problem> {
    let offer = merchant.believe(offer, now)?;
    if offer.merchant != merchant.id || offer.item != *item {
        return Err(Problem::OfferInvalid);
    }
    offer.check_complete()?;
    offer.check_open(now)?;
    Ok(offer)
}

const PATIENCE: Duration = Duration::from_secs(3);
/// So long a changed price may be shown as it was; the merchant judges it when it accepts.
const KEPT_FOR: Span = Span::secs(60);
const KEPT_MAX: usize = 4096;
