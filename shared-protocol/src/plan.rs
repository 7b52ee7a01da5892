//! How the shopper pays the agent (支払回数). The merchant learns only the class.

use serde::{Deserialize, Serialize};

use crate::role::{Agent, VisibleTo};

/// The shopper's choice, in full: for the agent only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plan {
    /// All at once, next month (一括).
    Single,
    /// In so many monthly parts, 2 to 60 (分割).
    Instalments(u8),
    /// A steady sum each month (リボ).
    Revolving,
    /// All at once at the next bonus (ボーナス一括).
    Bonus,
    /// Part at each bonus, part in so many months (ボーナス併用).
    BonusInstalments(u8),
}

impl VisibleTo<Agent> for Plan {}

impl Plan {
    /// What the merchant may know of it.
    pub const fn class(self) -> PlanClass {
        match self {
            Self::Single => PlanClass::Single,
            Self::Instalments(_) => PlanClass::Instalments,
            Self::Revolving => PlanClass::Revolving,
            Self::Bonus => PlanClass::Bonus,
            Self::BonusInstalments(_) => PlanClass::BonusInstalments,
        }
    }
}

/// The kind of a plan, without its particulars: an Offer lists those it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PlanClass {
    /// Lump sum.
    Single,
    /// n-fold.
    Instalments,
    /// Revolving.
    Revolving,
    /// At the bonus.
    Bonus,
    /// Bonus and n-fold.
    BonusInstalments,
}

impl PlanClass {
    /// Its name in JSON, forms and catalogues.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Instalments => "instalments",
            Self::Revolving => "revolving",
            Self::Bonus => "bonus",
            Self::BonusInstalments => "bonus-instalments",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Single, Self::Instalments, Self::Revolving, Self::Bonus, Self::BonusInstalments];
}
