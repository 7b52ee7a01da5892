//! What a shopper says is wrong with a purchase. It suspends the billing (支払停止の抗弁) until the
//! operator, who settles it with both sides, has resolved it.

use shared_protocol::{HandlingNumber, Timestamp};

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The shopper did not order it.
    NotMine,
    /// It has not come.
    NotReceived,
    /// It is not what was offered.
    NotAsDescribed,
    /// It is not the price that was offered.
    WrongAmount,
    /// Something else.
    Other,
}

/// What the operator found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The shopper is right: what was claimed goes back.
    Upheld,
    /// The shopper is not: billing goes on.
    Rejected,
}

impl Resolution {
    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Rejected => "rejected",
        }
    }

    /// The resolution of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Upheld, Self::Rejected].into_iter().find(|resolution| resolution.name() == name)
    }
}

/// An objection as the operator sees it.
#[derive(Clone, Debug)]
pub struct Objection {
    /// Of the purchase.
    pub handling_number: HandlingNumber,
    /// With whom.
    pub merchant: String,
    /// How the purchase stands now.
    pub state: String,
    /// Why.
    pub reason: Reason,
    /// In the shopper's own words; may be empty.
    pub words: String,
    /// When.
    pub at: Timestamp,
}

impl Reason {
    /// Its name in forms and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotMine => "not-mine",
            Self::NotReceived => "not-received",
            Self::NotAsDescribed => "not-as-described",
            Self::WrongAmount => "wrong-amount",
            Self::Other => "other",
        }
    }

    /// The reason of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NotMine, Self::NotReceived, Self::NotAsDescribed, Self::WrongAmount, Self::Other];
}

/// The shopper's own words, as they are kept: without control characters, not for ever.
pub fn words(typed: &str) -> String {
    let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    typed.replace("\r\n", "\n").trim().chars().map(plain).take(WORDS_MAX).collect()
}

const WORDS_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_plain_and_short() {
        assert_eq!(words(" a\r\nb\u{7}c "), "a\nb c");
        assert_eq!(words(&"長".repeat(600)).chars().count(), 500);
        for reason in Reason::ALL {
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
        }
    }
}
