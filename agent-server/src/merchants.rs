//! Merchants at hand: what the database says of them, kept in memory for a few seconds, so that an
//! operator's change takes effect soon and a grant costs no extra query.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use shared_protocol::{MerchantId, Problem, Span, Timestamp};

use crate::{
    domain::{merchant_keys::KnownMerchant, unavailable},
    store::Store,
};

/// The merchants that were asked for lately.
pub struct Merchants {
    store: Store,
    /// Whether the agent is a bank, so that transfers go to them.
    transfers: bool,
    kept: RwLock<HashMap<MerchantId, Kept>>,
}

#[derive(Clone)]
struct Kept {
    merchant: Arc<KnownMerchant>,
    read: Timestamp,
}

impl Merchants {
    /// Those of this database.
    pub fn new(store: Store, transfers: bool) -> Self {
        Self { store, transfers, kept: RwLock::default() }
    }

    /// The merchant of this id, as it was at most [`FRESH`] ago.
    ///
    /// # Errors
    /// [`Problem::UnknownMerchant`], [`Problem::Unavailable`].
    pub async fn get(
        &self,
        id: &MerchantId,
        now: Timestamp,
    ) -> Result<Arc<KnownMerchant>, Problem> {
        if let Some(kept) = self.fresh(id, now) {
            return Ok(kept);
        }
        let merchant = self.store.known_merchant(id).await.map_err(unavailable)?;
        let merchant = merchant.ok_or(Problem::UnknownMerchant)?;
        let merchant = Arc::new(if self.transfers { merchant } else { merchant.without_payee() });
        let kept = Kept { merchant: merchant.clone(), read: now };
        self.kept.write().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), kept);
        Ok(merchant)
    }

    fn fresh(&self, id: &MerchantId, now: Timestamp) -> Option<Arc<KnownMerchant>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let Kept { merchant, read } = kept.get(id)?;
        let age = now.since(*read);
        (age >= Span::millis(0) && age < FRESH).then(|| merchant.clone())
    }
}

/// How long the database is not asked again. Only registered merchants are kept, so the memory
/// is bounded by their number.
pub const FRESH: Span = Span::secs(5);
