//! What follows a confirmed purchase (66–71): it is shipped, claimed, let go or given back; the
//! merchant is paid, the shopper billed. Decisions are pure and become entries of the books.

mod bill;
mod booking;
mod payout;
mod rules;
mod terms;
#[cfg(test)]
mod tests;
mod word;

pub use bill::bill_digest;
pub use booking::{Booking, UPHELD, book, upheld_digest, uphold};
pub use payout::{
    Payout, blames_account, cutoff, payout_digest, payout_entry, returned_entry, settle_day,
};
pub use rules::Rules;
pub use terms::{Terms, most_owed};
pub use word::{MerchantWord, Settles, WordKind};

use shared_protocol::{Problem, PurchaseId, Receipt, Settlement, Signed, Timestamp};

use super::{acceptance::known, ledger::Head, unavailable};
use crate::{app::App, guard::Trial};

/// A word as it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// How the money stood after it.
    pub settlement: Settlement,
    /// The newest entry of the journal then.
    pub head: Head,
    /// When.
    pub at: Timestamp,
}

/// Books a merchant's word, once, and gives the receipt: the same again for the same bytes.
///
/// # Errors
/// In the order of PROTOCOL.md: [`Problem::PurchaseUnknown`], [`Problem::SettlementInvalid`],
/// [`Problem::TooManyRequests`], [`Problem::PurchaseConflict`], [`Problem::NotConfirmedYet`],
/// [`Problem::PurchaseClosed`], [`Problem::ShipmentUnknown`], [`Problem::AmountMismatch`],
/// [`Problem::AmountExceeded`], [`Problem::Unavailable`].
pub async fn settle<T: Settles>(
    app: &App,
    id: PurchaseId,
    name: &str,
    said: &Signed<T>,
) -> Result<Signed<Receipt>, Problem> {
    let now = app.clock.now();
    let purchase = known(app, &id).await?;
    let merchant = app.merchants.get(&purchase.merchant, now).await?;
    let word = MerchantWord::of(said, (&merchant.history(), now), &purchase, name)?;
    // Only what the merchant itself has signed uses up what it may say.
    let trial = Trial::Word(purchase.merchant.clone());
    app.guard.check(&trial, now)?;
    app.guard.count(&trial, now);
    let (digest, fee) = (word.digest(), app.config.settlement.fee_of(&purchase.merchant));
    let booked = app.store.book(id, word, fee, now).await.map_err(unavailable)??;
    app.wake_driver();
    let settlement = booked.settlement;
    let receipt = Receipt {
        agent: app.config.agent_id.clone(),
        merchant: purchase.merchant,
        purchase: id,
        word: digest,
        standing: settlement.state(),
        granted: settlement.granted(),
        claimed: settlement.claimed(),
        voided: settlement.voided(),
        refunded: settlement.refunded(),
        entry: booked.head.number,
        journal: booked.head.digest,
        booked: booked.at,
    };
    Ok(Signed::sign(&receipt, &app.keys))
}
