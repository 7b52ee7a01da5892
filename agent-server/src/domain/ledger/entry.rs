//! One entry of the journal: why, and what moves from where to where.

use shared_protocol::{Amount, Digest, PurchaseId};

use super::Account;

/// So much from one account to another. It is in balance because there is one amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    debit: Account,
    credit: Account,
    amount: Amount,
}

impl Transfer {
    /// Debits one account and credits another; `None` where nothing would move.
    pub fn new(debit: Account, credit: Account, amount: Amount) -> Option<Self> {
        let amount =
            Amount::new(amount.minor, amount.currency).filter(|amount| amount.minor > 0)?;
        (debit != credit).then_some(Self { debit, credit, amount })
    }

    /// The account that is debited.
    pub fn debit(&self) -> &Account {
        &self.debit
    }

    /// The account that is credited.
    pub fn credit(&self) -> &Account {
        &self.credit
    }

    /// How much.
    pub fn amount(&self) -> Amount {
        self.amount
    }
}

/// Why something moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A merchant claimed (66).
    Claim,
    /// A merchant gave back.
    Refund,
    /// A shopper's objection was right.
    Upheld,
    /// A merchant was paid (68–71).
    Payout,
    /// A shopper was billed.
    Bill,
    /// A shopper paid (68–71), or the bank says that somebody did.
    Payment,
}

impl Kind {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Refund => "refund",
            Self::Upheld => "upheld",
            Self::Payout => "payout",
            Self::Bill => "bill",
            Self::Payment => "payment",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Claim, Self::Refund, Self::Upheld, Self::Payout, Self::Bill, Self::Payment];
}

/// Something that moves money, with its reason. Whatever it holds, it adds up to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    kind: Kind,
    purchase: Option<PurchaseId>,
    because: Digest,
    transfers: Vec<Transfer>,
}

impl Entry {
    /// An entry of these transfers; `None` if there are none. `because` is the digest of what was
    /// signed or decided.
    pub fn new(
        kind: Kind,
        purchase: Option<PurchaseId>,
        because: Digest,
        transfers: Vec<Transfer>,
    ) -> Option<Self> {
        (!transfers.is_empty()).then_some(Self { kind, purchase, because, transfers })
    }

    /// Why.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Of which purchase, if of one.
    pub fn purchase(&self) -> Option<PurchaseId> {
        self.purchase
    }

    /// The digest of what was signed or decided.
    pub fn because(&self) -> Digest {
        self.because
    }

    /// What moves.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }
}
