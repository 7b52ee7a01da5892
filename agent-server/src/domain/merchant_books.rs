//! The books as one merchant may see them: what it said of its purchases, what it is owed by that,
//! how it was paid, and a statement of it all for a period.

use jiff::tz::TimeZone;
use shared_protocol::{
    Amount, Currency, Date, HandlingNumber, MerchantId, PurchaseId, Settlement, Timestamp,
};

use super::{Purchase, day, ledger::Kind};
use crate::store::{Fault, Store};

/// A merchant's purchase, and what came of its money.
#[derive(Clone, Debug)]
pub struct OwnPurchase {
    /// The purchase.
    pub purchase: Purchase,
    /// How its money stands; `None`: nothing was said of it yet.
    pub settlement: Option<Settlement>,
    /// What was said of it.
    pub words: Vec<OwnWord>,
}

/// What a merchant said of a purchase once it was confirmed, and what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWord {
    /// Of which purchase.
    pub purchase: PurchaseId,
    /// shipment, claim, void, refund; or upheld, where a shopper's objection was right.
    pub kind: String,
    /// The merchant's own name for it.
    pub name: String,
    /// What was claimed in all, after it.
    pub claimed: Amount,
    /// What was let go in all.
    pub voided: Amount,
    /// What was given back in all.
    pub refunded: Amount,
    /// By how much the merchant is owed more, or less.
    pub share: i64,
    /// In this currency.
    pub currency: Currency,
    /// The payout that it is in.
    pub payout: Option<i64>,
    /// When.
    pub at: Timestamp,
}

/// How a payout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutState {
    /// It is in no file for the bank yet.
    Waiting,
    /// The bank was told to pay.
    Ordered,
    /// The bank has said that it paid.
    Paid,
    /// The merchant's bank sent it back: it is owed again.
    Returned,
}

/// Why a merchant is owed more or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An entry of this kind.
    Booked(Kind),
    /// A payout came back.
    Returned,
}

/// An entry of the journal by which a merchant is owed more or less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub entry: i64,
    /// Why.
    pub kind: Cause,
    /// When.
    pub at: Timestamp,
    /// Of which purchase, if of one.
    pub purchase: Option<PurchaseId>,
    /// Its number.
    pub number: Option<HandlingNumber>,
    /// The merchant's own name for its word.
    pub name: Option<String>,
    /// Which payout it is.
    pub payout: Option<i64>,
    /// What of it is our fee.
    pub fee: i64,
    /// By how much the merchant is owed more, or less.
    pub net: i64,
}

/// What entries of one kind come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// Which kind.
    pub kind: Cause,
    /// What of it is our fee.
    pub fee: i64,
    /// By how much the merchant is owed more, or less.
    pub net: i64,
}

/// Which statement is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whose.
    pub merchant: MerchantId,
    /// In which currency.
    pub currency: Currency,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// A merchant's statement for a period.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What was asked for.
    pub asked: Asked,
    /// What the merchant was owed before the period.
    pub opening: i64,
    /// What it is owed after it.
    pub closing: i64,
    /// What the entries of the period come to.
    pub totals: Vec<Total>,
    /// The entries, perhaps not all of them.
    pub lines: Vec<Line>,
    /// After which entry the others are, if there are any.
    pub next: Option<i64>,
}

impl PayoutState {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ordered => "ordered",
            Self::Paid => "paid",
            Self::Returned => "returned",
        }
    }
}

impl Cause {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Booked(kind) => kind.name(),
            Self::Returned => RETURNED,
        }
    }

    /// The cause of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            RETURNED => Some(Self::Returned),
            name => Kind::from_name(name).map(Self::Booked),
        }
    }
}

const RETURNED: &str = "returned";

/// A merchant's purchase, if it was ever told of it: of a purchase that was declined it never is
/// (DESIGN.md §1).
///
/// # Errors
/// [`Fault`].
pub async fn own_purchase(
    store: &Store,
    merchant: &MerchantId,
    id: &PurchaseId,
) -> Result<Option<OwnPurchase>, Fault> {
    let Some(purchase) = store.purchase(id).await? else { return Ok(None) };
    if purchase.merchant != *merchant || !store.is_told_of(&purchase).await? {
        return Ok(None);
    }
    let settlement = store.settlement_of(&purchase).await?;
    let words = store.words_of(&purchase).await?;
    Ok(Some(OwnPurchase { purchase, settlement, words }))
}

/// A merchant's statement, with at most `most` entries after the entry `after`; `None` if the days
/// are none of a calendar, or in no order.
///
/// # Errors
/// [`Fault`].
pub async fn statement(
    store: &Store,
    zone: &TimeZone,
    asked: Asked,
    (after, most): (i64, u32),
) -> Result<Option<Statement>, Fault> {
    let period = day::start(asked.from, zone).zip(day::end(asked.to, zone));
    let Some(period) = period.filter(|(from, until)| from < until) else { return Ok(None) };
    let (merchant, currency) = (&asked.merchant, asked.currency);
    let opening = store.payable(merchant, currency, period.0).await?;
    let totals = store.merchant_totals(merchant, currency, period).await?;
    let closing = totals.iter().fold(opening, |sum, total| sum.saturating_add(total.net));
    let lines = store.merchant_lines(merchant, currency, period, (after, most)).await?;
    let is_full = lines.len() >= usize::try_from(most).unwrap_or(usize::MAX);
    let next = lines.last().map(|line| line.entry).filter(|_| is_full);
    Ok(Some(Statement { asked, opening, closing, totals, lines, next }))
}
