//! The tree of Fig 15 (152–164): possible; payee's account wrong; balance short; closed. What is
//! none of these is its own branch, and never called closed (DESIGN.md §7.7). Pure.

use shared_protocol::{Amount, Currency, Problem};

use super::{Rail, When};

/// A shopper's account at this bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Of both sums.
    pub currency: Currency,
    /// What is in it.
    pub balance: u64,
    /// What of it is held for transfers.
    pub held: u64,
    /// When it sends.
    pub rail: Rail,
}

impl Deposit {
    /// Whether so much can be taken out of it.
    pub fn covers(&self, amount: Amount) -> bool {
        let left = self.balance.checked_sub(self.held);
        amount.currency == self.currency && left.is_some_and(|left| amount.minor <= left)
    }
}

/// What the merchant's bank says of the merchant's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayeeAnswer {
    /// It can be paid into.
    Good,
    /// There is no such account, or it is another's (157).
    Wrong,
    /// It says nothing, or something else.
    Unclear,
}

/// What becomes of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is possible now (153).
    Send,
    /// It is possible once the bank is open (162).
    Schedule(super::Later),
    /// The merchant's account is wrong (158).
    PayeeWrong,
    /// The shopper's balance is short (160).
    BalanceShort,
    /// Nobody knows.
    Undetermined,
}

/// Decides, in the order of Fig 15.
pub fn fate(payee: PayeeAnswer, is_covered: bool, when: When) -> Fate {
    match (payee, is_covered, when) {
        (PayeeAnswer::Wrong, ..) => Fate::PayeeWrong,
        (_, false, _) => Fate::BalanceShort,
        (PayeeAnswer::Unclear, ..) => Fate::Undetermined,
        (_, _, When::Unknown) => Fate::Undetermined,
        (_, _, When::Later(later)) => Fate::Schedule(later),
        (_, _, When::Now) => Fate::Send,
    }
}

impl Fate {
    /// Why it comes to nothing; `None` where it does not.
    pub const fn problem(self) -> Option<Problem> {
        match self {
            Self::Send | Self::Schedule(_) => None,
            Self::PayeeWrong => Some(Problem::PayeeAccountWrong),
            Self::BalanceShort => Some(Problem::BalanceShort),
            Self::Undetermined => Some(Problem::TransferUndetermined),
        }
    }
}
