//! By what operators' own programs read what the console shows. A token is of one operator, reads
//! as long as their role may look, and no further than the parts of the console that it was made
//! for; it does nothing.

use shared_protocol::Timestamp;

use super::{Operator, Power};
use crate::domain::bearer::{Bearer, Token};

/// Operators' own programs.
#[derive(Clone, Copy, Debug)]
pub enum Operators {}

impl Bearer for Operators {
    const PREFIX: &'static str = "wot_";
}

/// An operator's token.
pub type OperatorToken = Token<Operators>;

/// A part of the console, as its menu has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What is going on, and what waits for somebody.
    Today,
    /// Purchases with their steps.
    Purchases,
    /// Merchants with origins and keys.
    Merchants,
    /// Contracts, without numbers.
    Contracts,
    /// Webhooks and letters.
    Deliveries,
    /// Payouts, files, bills, lines of the bank's, objections.
    Settlements,
    /// Movements of money that wait for somebody, or were decided.
    Proposals,
    /// What audits said, and what operators did.
    Audit,
}

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOperatorToken {
    /// Its row, of `otk_…`.
    pub id: i64,
    /// What the operator calls it.
    pub label: String,
    /// What it reads.
    pub sections: Vec<Section>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it counts no more.
    pub revoked_at: Option<Timestamp>,
}

/// Who reads by a token that counts.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Whose token it is.
    pub operator: Operator,
    /// What it reads.
    pub sections: Vec<Section>,
}

impl Section {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 8] = [
        Self::Today,
        Self::Purchases,
        Self::Merchants,
        Self::Contracts,
        Self::Deliveries,
        Self::Settlements,
        Self::Proposals,
        Self::Audit,
    ];

    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Purchases => "purchases",
            Self::Merchants => "merchants",
            Self::Contracts => "contracts",
            Self::Deliveries => "deliveries",
            Self::Settlements => "settlements",
            Self::Proposals => "proposals",
            Self::Audit => "audit",
        }
    }

    /// The section of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }

    /// As they are kept.
    pub fn written(sections: &[Self]) -> String {
        sections.iter().map(|section| section.name()).collect::<Vec<_>>().join(" ")
    }

    /// As they were kept; `None` if one is not known.
    pub fn read(written: &str) -> Option<Vec<Self>> {
        written.split_whitespace().map(Self::from_name).collect()
    }
}

impl KnownOperatorToken {
    /// Its name on the command line.
    pub fn name(&self) -> String {
        token_name(self.id)
    }
}

impl Reader {
    /// Whether they may read this: the operator may look, and the token was made for it.
    pub fn may_read(&self, section: Section) -> bool {
        self.operator.role.may(Power::Look) && self.sections.contains(&section)
    }
}

/// The name of the token in this row.
pub fn token_name(id: i64) -> String {
    format!("otk_{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_as_they_were_written() {
        for sections in [&Section::ALL[..], &[Section::Audit], &[]] {
            let written = Section::written(sections);
            assert_eq!(Section::read(&written).as_deref(), Some(sections), "{written}");
        }
        assert_eq!(Section::read("today money"), None);
    }
}
