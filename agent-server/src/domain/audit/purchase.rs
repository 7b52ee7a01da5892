//! One purchase with all that hangs on it.

use shared_protocol::{Amount, Currency, Grant, MerchantId, PurchaseState, Timestamp};

use super::{Damage, Findings, money, promise, story};
use crate::{domain::key_history::KeyHistory, store::PurchaseBooks};

/// What a purchase contributes to the rest of the books.
#[derive(Clone, Debug)]
pub struct Audited {
    /// Its row, by name.
    pub row: String,
    /// With whom.
    pub merchant: MerchantId,
    /// In which currency.
    pub currency: Currency,
    /// What it must hold of its contract.
    pub held: u64,
    /// Entries of the journal that it explains.
    pub entries: Vec<i64>,
    /// What words say was the newest entry, with the word's row.
    pub heads: Vec<(i64, String)>,
    /// Its parts of batches.
    pub shares: Vec<Share>,
}

/// A merchant's share that is in a batch.
#[derive(Clone, Debug)]
pub struct Share {
    /// The word's row.
    pub row: String,
    /// In which batch.
    pub payout: i64,
    /// How much, recomputed.
    pub share: i64,
    /// When it was booked.
    pub at: Timestamp,
}

/// Checks a purchase against what was signed.
pub fn check_purchase(books: &PurchaseBooks, own: &KeyHistory, out: &mut Findings) -> Audited {
    let purchase = &books.purchase;
    let mut audited = Audited {
        row: format!("purchases {} ({})", purchase.row, purchase.id),
        merchant: purchase.merchant.clone(),
        currency: purchase.amount.currency,
        held: 0,
        entries: Vec::new(),
        heads: Vec::new(),
        shares: Vec::new(),
    };
    let told = story::check(books, &audited.row, out);
    let grant = promise::check(books, own, &told, &audited.row, out);
    let Some(grant) = grant else {
        if purchase.state != PurchaseState::Declined {
            out.note(Damage::GrantMissing, &audited.row, "a Grant", "none");
        }
        return audited;
    };
    let fee = story::check_plan(books, &grant, own, &audited.row, out);
    // The state that the events led to: the column was held against it already.
    let state = told.state.unwrap_or(purchase.state);
    money::check(books, &grant, fee, state, &mut audited, out);
    audited
}

/// What a Grant comes to with its plan's fee.
pub(super) fn total(grant: &Grant, fee: u64) -> Amount {
    Amount { minor: grant.amount.minor.saturating_add(fee), ..grant.amount }
}
