//! What a merchant's word does to the books, decided before anything is written.

use shared_protocol::{
    Amount, Digest, Problem, PurchaseId, Settlement, SettlementEvent, SettlementState, digest,
};

use super::Terms;
use crate::domain::ledger::{Account, Entry, Kind, Transfer};

/// What is to be written for one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// How the money stands after it.
    pub settlement: Settlement,
    /// What moves; `None` where nothing does.
    pub entry: Option<Entry>,
    /// By how much the merchant is owed more, or less.
    pub share: i64,
    /// What becomes free of the contract's limit.
    pub released: u64,
    /// Whether nothing is left of the purchase: it was let go before anything was claimed.
    pub cancels: bool,
}

/// Decides what `event` does, of which `because` is the digest of the signed word. `paid` is what
/// the shopper has paid for the purchase.
///
/// # Errors
/// As [`Settlement::apply`].
pub fn book(
    terms: &Terms,
    before: Settlement,
    paid: u64,
    event: SettlementEvent,
    because: Digest,
) -> Result<Booking, Problem> {
    let settlement = before.apply(event)?;
    let kind = match event {
        SettlementEvent::Refunded(_) => Kind::Refund,
        SettlementEvent::Shipped | SettlementEvent::Claimed(_) | SettlementEvent::Voided(_) => {
            Kind::Claim
        }
    };
    Ok(booking(terms, (before, settlement), paid, kind, because))
}

/// Decides what happens when a shopper's objection was right: what is kept goes back, and what is
/// open is let go.
///
/// # Errors
/// [`Problem::PurchaseClosed`] if nothing is left to go back.
pub fn uphold(
    terms: &Terms,
    before: Settlement,
    paid: u64,
    because: Digest,
) -> Result<Booking, Problem> {
    let (open, kept) = (before.open(), before.kept());
    let mut after = before;
    if kept.minor > 0 {
        after = after.apply(SettlementEvent::Refunded(kept))?;
    }
    if open.minor > 0 {
        after = after.apply(SettlementEvent::Voided(open))?;
    }
    match after == before {
        true => Err(Problem::PurchaseClosed),
        false => Ok(booking(terms, (before, after), paid, Kind::Upheld, because)),
    }
}

/// The digest of the decision that a purchase's objection was right.
pub fn upheld_digest(purchase: PurchaseId) -> Digest {
    digest(UPHELD, purchase.as_bytes())
}

/// The kind of that decision among merchants' words, and its name.
pub const UPHELD: &str = "upheld";

fn booking(
    terms: &Terms,
    (before, after): (Settlement, Settlement),
    paid: u64,
    kind: Kind,
    because: Digest,
) -> Booking {
    let (kept, keeps) = (before.kept(), after.kept());
    let payable = || Account::Payable(terms.merchant.clone());
    let receivable = || Account::Receivable(terms.contract);
    let fees = (terms.merchant_fee_of(kept), terms.merchant_fee_of(keeps));
    let plans = (terms.plan_fee_of(kept), terms.plan_fee_of(keeps));
    let moves = [
        moved(receivable(), payable(), (kept, keeps)),
        moved(payable(), Account::MerchantFees, fees),
        moved(receivable(), Account::PlanFees, plans),
    ];
    let transfers = moves.into_iter().flatten().collect();
    let share = |kept: Amount, fee: Amount| signed(kept.minor - fee.minor);
    Booking {
        settlement: after,
        entry: Entry::new(kind, Some(terms.purchase), because, transfers),
        share: share(keeps, fees.1) - share(kept, fees.0),
        released: terms.held(before, paid).saturating_sub(terms.held(after, paid)),
        cancels: after.state() == SettlementState::Voided,
    }
}

/// What was so much and is to be so much: forwards if it grows, backwards if it shrinks.
fn moved(debit: Account, credit: Account, (was, is): (Amount, Amount)) -> Option<Transfer> {
    let amount = |minor| Amount { minor, ..is };
    match is.minor.checked_sub(was.minor) {
        Some(more) => Transfer::new(debit, credit, amount(more)),
        None => Transfer::new(credit, debit, amount(was.minor - is.minor)),
    }
}

fn signed(minor: u64) -> i64 {
    i64::try_from(minor).expect("amounts end far below 2^63 (Amount::MINOR_MAX)")
}
