//! Where the agent is a bank (Cl. 3, Fig 15): a purchase is paid by a transfer from the shopper's
//! account to the merchant's. Whether it is possible is decided here, step by step of the seed.

mod course;
mod fate;
mod hours;
#[cfg(test)]
mod tests;

pub use course::{OpenTransfer, Order, consented, go_on, order};
pub use fate::{Deposit, Fate, PayeeAnswer, fate};
pub use hours::{Hours, HoursFault, Later, Rail, Rules, When};

use shared_protocol::{Amount, Digest, PurchaseId, digest};

use super::ledger::{Account, Entry, Kind, Transfer};

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// The money is held for it.
    Held,
    /// It will be sent when the bank opens (162).
    Scheduled,
    /// It has left the account, and is in no notice of the other bank's yet.
    Ordered,
    /// A notice has confirmed it (164).
    Paid,
    /// It was sent, and the merchant was told (153).
    Sent,
    /// It will not be sent.
    Released,
}

impl TransferState {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Scheduled => "scheduled",
            Self::Ordered => "ordered",
            Self::Paid => "paid",
            Self::Sent => "sent",
            Self::Released => "released",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the money has left the shopper's account: then nobody calls it off.
    pub const fn has_left(self) -> bool {
        matches!(self, Self::Ordered | Self::Paid | Self::Sent)
    }

    /// Whether it is held in the shopper's account.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Held | Self::Scheduled)
    }

    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Held, Self::Scheduled, Self::Ordered, Self::Paid, Self::Sent, Self::Released];
}

/// The entry of a transfer that leaves at once: through the bank's own account to the other bank.
pub fn sent_entry(purchase: PurchaseId, contract: i64, amount: Amount) -> Option<Entry> {
    entry(purchase, contract, Account::Bank, amount)
}

/// The entry of one that goes into a file for the other bank: the merchant is owed it until then.
pub fn ordered_entry(
    purchase: PurchaseId,
    contract: i64,
    merchant: shared_protocol::MerchantId,
    amount: Amount,
) -> Option<Entry> {
    entry(purchase, contract, Account::Payable(merchant), amount)
}

fn entry(purchase: PurchaseId, contract: i64, to: Account, amount: Amount) -> Option<Entry> {
    let transfer = Transfer::new(Account::Deposit(contract), to, amount)?;
    Entry::new(Kind::Payment, Some(purchase), transfer_digest(purchase), vec![transfer])
}

/// The reason of such an entry: which purchase it pays.
fn transfer_digest(purchase: PurchaseId) -> Digest {
    digest("transfer", purchase.as_bytes())
}

/// The entry of money that was paid into a shopper's account.
pub fn paid_in_entry(id: i64, contract: i64, amount: Amount) -> Option<Entry> {
    let transfer = Transfer::new(Account::Bank, Account::Deposit(contract), amount)?;
    let because = digest("paid-in", &id.to_be_bytes());
    Entry::new(Kind::Payment, None, because, vec![transfer])
}
