//! Fetches Offers from the merchants' servers, verifies them, keeps them for a moment.

use shared_protocol::{ItemId, Offer, Problem, Signed, Timestamp};

use crate::domain::Merchant;

/// Offers at hand.
#[derive(Debug, Default)]
pub struct Offers {}

impl Offers {
    /// The merchant's Offer of this item, complete and signed by it.
    ///
    /// # Errors
    /// [`Problem::UnknownItem`], [`Problem::OfferInvalid`], [`Problem::OfferExpired`],
    /// [`Problem::MerchantUnavailable`].
    #[expect(clippy::unused_async, reason = "the room is being filled")]
    pub async fn get(
        &self,
        _merchant: &Merchant,
        _item: &ItemId,
        _now: Timestamp,
    ) -> Result<Signed<Offer>, Problem> {
        Err(Problem::MerchantUnavailable)
    }
}
