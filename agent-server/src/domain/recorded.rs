//! Answers that did not come through our pages (¶56): a shopper said yes or no by telephone, fax,
//! post or in person, and a member of the agent's staff writes it down. Pure.

use shared_protocol::{AgentId, Channel, Outcome, Problem, Timestamp};

use super::{
    confirm::{self, Wanted},
    turn::{Word, why_not},
};
use crate::{keys::AgentKeyring, store::OwnPurchase};

/// How the shopper was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Spoken to.
    Telephone,
    /// A sheet that came in.
    Fax,
    /// A letter on paper.
    Post,
    /// Met.
    InPerson,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Telephone, Self::Fax, Self::Post, Self::InPerson];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Telephone => "telephone",
            Self::Fax => "fax",
            Self::Post => "post",
            Self::InPerson => "in_person",
        }
    }
}

/// An answer as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// How the shopper was reached.
    pub route: Route,
    /// What they said.
    pub wanted: Wanted,
    /// When they said it.
    pub answered: Timestamp,
    /// Who of the agent's staff writes it down.
    pub by: String,
    /// What else there is to say, without naming the shopper.
    pub note: String,
}

/// Why an answer is not written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRecorded {
    /// The purchase is in another state, or its time has run out.
    #[error("{}", .0.text(shared_protocol::Locale::En))]
    Problem(Problem),
    /// Who writes it down is not said.
    #[error("say who writes it down, in at most 64 symbols")]
    Nobody,
    /// The note could name the shopper.
    #[error("a note has at most 200 symbols, and no addresses or numbers of people in it")]
    Note,
    /// It was answered later than now.
    #[error("nobody has answered in the future")]
    Future,
}

impl Recorded {
    /// The word that carries it out: as if the shopper had said it on our own pages, at `now`.
    ///
    /// # Errors
    /// [`NotRecorded`]; [`Problem::NotConfirmed`] once the time has run out.
    pub fn word(
        &self,
        own: &OwnPurchase,
        (agent, keys): (&AgentId, &AgentKeyring),
        now: Timestamp,
    ) -> Result<Word, NotRecorded> {
        self.check(now)?;
        let word = confirm::word_by(own, self.wanted, Channel::Staff, (agent, keys), now);
        match word {
            Some(Word::Decided { outcome: Outcome::Expired, .. }) => {
                Err(NotRecorded::Problem(Problem::NotConfirmed))
            }
            Some(word) => Ok(word),
            None => Err(NotRecorded::Problem(why_not(own.purchase.state))),
        }
    }

    fn check(&self, now: Timestamp) -> Result<(), NotRecorded> {
        if self.by.trim().is_empty() || self.by.chars().count() > BY_MAX {
            return Err(NotRecorded::Nobody);
        }
        if self.answered > now {
            return Err(NotRecorded::Future);
        }
        names_nobody(&self.note).then_some(()).ok_or(NotRecorded::Note)
    }
}

/// Whether a note holds neither an address nor a number that could be somebody's.
fn names_nobody(note: &str) -> bool {
    let mut digits = 0;
    let has_number = note.chars().any(|c| {
        digits = match c {
            c if c.is_numeric() => digits + 1,
            ' ' | '-' => digits,
            _ => 0,
        };
        digits >= NUMBER
    });
    note.chars().count() <= NOTE_MAX && !note.contains(['@', '＠']) && !has_number
}

const BY_MAX: usize = 64;
const NOTE_MAX: usize = 200;
/// So many digits together could be a telephone number.
const NUMBER: u32 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_nobody() {
        for fine in ["", "called back at noon", "2 of 3 calls", "10:15 to 10:20"] {
            assert!(names_nobody(fine), "{fine}");
        }
        for bad in ["a@example.jp", "03-1234-5678", "０９０ １２３４ ５６７８", &"x".repeat(201)]
        {
            assert!(!names_nobody(bad), "{bad}");
        }
    }
}
