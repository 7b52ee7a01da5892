//! What the agent pays this shop, as the agent tells it: batches, and the words of the shop's that
//! each of them settles.

use serde::Deserialize;

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Payout {
    /// `pay_…`, as the agent calls it.
    pub id: String,
    /// `waiting`, `ordered`, `paid`; or `returned`: the bank sent it back, and it is owed again.
    #[serde(default)]
    pub state: String,
    /// Why the bank sent it back, as AC04 (ISO 20022); empty where it named nothing.
    #[serde(default)]
    pub returned: Option<String>,
    /// `pay_…`, by which it is paid again.
    #[serde(default)]
    pub again: Option<String>,
    /// What is in it of payments that came back.
    #[serde(default)]
    pub brought: i64,
    /// ISO 4217.
    pub currency: String,
    /// What is paid, in minor units as all below.
    pub amount: u64,
    /// What was booked before this moment is in it (RFC 3339).
    pub cutoff: String,
    /// On which day it is paid, as 2026-12-28.
    pub pay_on: String,
    /// What was claimed.
    pub claimed: u64,
    /// What was given back.
    pub refunded: u64,
    /// What the agent keeps; less than nothing: gives back.
    pub fees: i64,
    /// How many words it settles.
    pub words: u64,
}

impl Payout {
    /// Whether the bank sent it back.
    pub fn is_returned(&self) -> bool {
        self.state == "returned"
    }
}

/// One payment, word by word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Paid {
    /// The payment.
    pub payout: Payout,
    /// What it settles, oldest first.
    pub lines: Vec<PayoutLine>,
}

/// A word in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PayoutLine {
    /// `pur_…`
    pub purchase: String,
    /// `claim`, `refund` or `upheld`: an objection that was right.
    pub kind: String,
    /// The shop's own name for it.
    pub name: String,
    /// When it was booked (RFC 3339).
    pub at: String,
    /// How much more was sold by it, or less.
    pub minor: i64,
    /// What the agent keeps of that.
    pub fee: i64,
    /// What is paid of it.
    pub share: i64,
}
