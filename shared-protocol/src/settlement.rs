//! How the money of a confirmed purchase stands (66–71), and the one function that moves it: what
//! the Grant is good for, and what was claimed, let go and given back of it. The browser needs none
//! of this: for it a purchase stays `Confirmed`.

use serde::{Deserialize, Serialize};

use crate::{Amount, Problem};

/// What became of the amount of a Grant. All of one currency, and never more than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    granted: Amount,
    claimed: u64,
    voided: u64,
    refunded: u64,
}

/// How it stands: follows from the sums alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SettlementState {
    /// Nothing was claimed, something can be.
    Unclaimed,
    /// Something was claimed, more can be.
    PartClaimed,
    /// Something was claimed and kept, nothing more can be.
    Claimed,
    /// All that was claimed went back, nothing more can be claimed.
    Refunded,
    /// All was let go; the purchase is cancelled.
    Voided,
}

/// What a merchant does, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementEvent {
    /// Goods went (67).
    Shipped,
    /// So much is to be paid (66).
    Claimed(Amount),
    /// So much never will be.
    Voided(Amount),
    /// So much goes back.
    Refunded(Amount),
}

impl Settlement {
    /// Of a purchase that was just confirmed.
    pub const fn of(granted: Amount) -> Self {
        Self { granted, claimed: 0, voided: 0, refunded: 0 }
    }

    /// With these sums; `None` if they cannot be.
    pub fn with(granted: Amount, claimed: u64, voided: u64, refunded: u64) -> Option<Self> {
        let is_sound = claimed.checked_add(voided)? <= granted.minor && refunded <= claimed;
        is_sound.then_some(Self { granted, claimed, voided, refunded })
    }

    /// The sums after `event`.
    ///
    /// # Errors
    /// [`Problem::PurchaseClosed`] where the state allows no such event,
    /// [`Problem::AmountMismatch`] for nothing or another currency, [`Problem::AmountExceeded`] for
    /// more than is left.
    pub fn apply(self, event: SettlementEvent) -> Result<Self, Problem> {
        use SettlementEvent as E;
        use SettlementState as S;
        if matches!(self.state(), S::Voided | S::Refunded) {
            return Err(Problem::PurchaseClosed);
        }
        let some = |amount: Amount| match amount.currency == self.granted.currency {
            true if amount.minor > 0 => Ok(amount.minor),
            _ => Err(Problem::AmountMismatch),
        };
        let more = |sum: u64, minor: u64| sum.checked_add(minor).ok_or(Problem::AmountExceeded);
        let Self { granted, claimed, voided, refunded } = self;
        let next = match event {
            E::Shipped => Some(self),
            E::Claimed(amount) => {
                Self::with(granted, more(claimed, some(amount)?)?, voided, refunded)
            }
            E::Voided(amount) => {
                Self::with(granted, claimed, more(voided, some(amount)?)?, refunded)
            }
            E::Refunded(amount) => {
                Self::with(granted, claimed, voided, more(refunded, some(amount)?)?)
            }
        };
        next.ok_or(Problem::AmountExceeded)
    }

    /// How it stands.
    pub const fn state(self) -> SettlementState {
        let is_open = self.granted.minor > self.claimed + self.voided;
        match (is_open, self.claimed) {
            (true, 0) => SettlementState::Unclaimed,
            (true, _) => SettlementState::PartClaimed,
            (false, 0) => SettlementState::Voided,
            (false, claimed) if claimed == self.refunded => SettlementState::Refunded,
            (false, _) => SettlementState::Claimed,
        }
    }

    /// What the Grant is good for.
    pub const fn granted(self) -> Amount {
        self.granted
    }

    /// What was claimed, in all.
    pub const fn claimed(self) -> Amount {
        self.of_minor(self.claimed)
    }

    /// What was let go.
    pub const fn voided(self) -> Amount {
        self.of_minor(self.voided)
    }

    /// What was given back.
    pub const fn refunded(self) -> Amount {
        self.of_minor(self.refunded)
    }

    /// What was claimed and not given back: what merchant and shopper settle through the agent.
    pub const fn kept(self) -> Amount {
        self.of_minor(self.claimed - self.refunded)
    }

    /// What may still be claimed.
    pub const fn open(self) -> Amount {
        self.of_minor(self.granted.minor - self.claimed - self.voided)
    }

    const fn of_minor(self, minor: u64) -> Amount {
        Amount { minor, currency: self.granted.currency }
    }
}

impl SettlementState {
    /// Its name in databases, JSON and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unclaimed => "unclaimed",
            Self::PartClaimed => "part-claimed",
            Self::Claimed => "claimed",
            Self::Refunded => "refunded",
            Self::Voided => "voided",
        }
    }

    /// All of them, in the order of the story.
    pub const ALL: [Self; 5] =
        [Self::Unclaimed, Self::PartClaimed, Self::Claimed, Self::Refunded, Self::Voided];
}
