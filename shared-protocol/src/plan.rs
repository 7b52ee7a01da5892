//! How the shopper pays the agent (支払回数). The merchant learns only the class.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    id::NotAnId,
    role::{Agent, VisibleTo},
};

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
    /// By transfer from the shopper's account at the bank that the agent is (口座振込, Cl. 3).
    Transfer,
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
            Self::Transfer => PlanClass::Transfer,
        }
    }

    /// Whether the agent quotes what it costs; the price alone is paid otherwise.
    pub const fn is_quoted(self) -> bool {
        !matches!(self, Self::Single | Self::Transfer)
    }
}

/// As it stands in forms and tables: `single`, `times-3`, `revolving`, `bonus`, `bonus-times-6`,
/// `transfer`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single => f.write_str("single"),
            Self::Instalments(count) => write!(f, "times-{count}"),
            Self::Revolving => f.write_str("revolving"),
            Self::Bonus => f.write_str("bonus"),
            Self::BonusInstalments(count) => write!(f, "bonus-times-{count}"),
            Self::Transfer => f.write_str("transfer"),
        }
    }
}

impl FromStr for Plan {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let times = |count: &str| match count.parse() {
            Ok(n @ 2..=60) => Ok(n),
            _ => Err(NotAnId),
        };
        match text {
            "single" => Ok(Self::Single),
            "revolving" => Ok(Self::Revolving),
            "bonus" => Ok(Self::Bonus),
            "transfer" => Ok(Self::Transfer),
            _ => match (text.strip_prefix("times-"), text.strip_prefix("bonus-times-")) {
                (Some(count), _) => times(count).map(Self::Instalments),
                (_, Some(count)) => times(count).map(Self::BonusInstalments),
                _ => Err(NotAnId),
            },
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
    /// By transfer.
    Transfer,
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
            Self::Transfer => "transfer",
        }
    }

    /// The class of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Single,
        Self::Instalments,
        Self::Revolving,
        Self::Bonus,
        Self::BonusInstalments,
        Self::Transfer,
    ];
}
