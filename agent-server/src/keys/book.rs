//! Which keys there are and have been, and from when to when each counts. Says nothing secret.
//! Of each kind at most two live at once: the one that is used, and the next or the one before.

use serde::{Deserialize, Serialize};
use shared_protocol::Timestamp;

use super::KeyFault;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// Ed25519, PKCS #8: signs Marks, Challenges, Grants, Confirmations, Receipts, webhooks.
    Signing,
    /// X25519: opens payment halves.
    Opening,
    /// Keys the hashes in the database, and what follows from them.
    Pepper,
    /// Seals contract numbers in the database.
    Numbers,
}

/// How a key stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not used yet.
    Next,
    /// Used.
    Current,
    /// Not used any more; what it signed or sealed still counts.
    Old,
    /// Gone. What it signed before counts.
    Retired,
    /// Gone because somebody else may have it.
    Revoked,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// What it is for.
    pub kind: KeyKind,
    /// 1, 2, 3 … of its kind.
    pub number: u32,
    /// The public half of a signing or an opening key, base64url: it outlives the private one.
    pub public: Option<String>,
    /// When it was made: from then on it counts.
    pub made: Timestamp,
    /// From when on it is used.
    pub from: Timestamp,
    /// When it was retired; `None`: it lives.
    pub until: Option<Timestamp>,
    /// It was retired because somebody else may have it.
    pub revoked: bool,
}

/// All of them, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyBook {
    keys: Vec<KeyEntry>,
}

impl KeyKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Signing, Self::Opening, Self::Pepper, Self::Numbers];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Opening => "opening",
            Self::Pepper => "pepper",
            Self::Numbers => "numbers",
        }
    }

    /// The file of its key of this number.
    pub fn file(self, number: u32) -> String {
        let number = if number == 1 { String::new() } else { format!(".{number}") };
        match self {
            Self::Signing => format!("signing{number}.pkcs8"),
            Self::Opening => format!("opening{number}.x25519"),
            Self::Pepper | Self::Numbers => format!("{}{number}", self.name()),
        }
    }
}

impl KeyState {
    /// Its name, for people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Old => "old",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }
}

impl KeyBook {
    /// Before anything was rotated: the first key of each kind, used for ever.
    pub fn first() -> Self {
        let began = Timestamp::from_millis(0);
        let first = |kind| KeyEntry {
            kind,
            number: 1,
            public: None,
            made: began,
            from: began,
            until: None,
            revoked: false,
        };
        Self { keys: KeyKind::ALL.map(first).into() }
    }

    /// All keys of a kind, oldest first.
    pub fn of(&self, kind: KeyKind) -> impl DoubleEndedIterator<Item = &KeyEntry> {
        self.keys.iter().filter(move |key| key.kind == kind)
    }

    /// Those of a kind that live: first the one that is used at `now`, then the other.
    pub fn living(&self, kind: KeyKind, now: Timestamp) -> Vec<&KeyEntry> {
        let mut living: Vec<_> = self.of(kind).rev().filter(|key| key.until.is_none()).collect();
        living.sort_by_key(|key| now < key.from);
        living
    }

    /// How a key stands.
    pub fn state(&self, key: &KeyEntry, now: Timestamp) -> KeyState {
        match (key.until, key.revoked) {
            (Some(_), true) => return KeyState::Revoked,
            (Some(_), false) => return KeyState::Retired,
            (None, _) => {}
        }
        let first = self.living(key.kind, now).first().map(|first| first.number);
        match now < key.from {
            _ if first == Some(key.number) => KeyState::Current,
            true => KeyState::Next,
            false => KeyState::Old,
        }
    }

    /// Notes the public half of a key.
    pub(super) fn publish(&mut self, kind: KeyKind, number: u32, public: String) {
        let named = |key: &&mut KeyEntry| key.kind == kind && key.number == number;
        if let Some(key) = self.keys.iter_mut().find(named) {
            key.public = Some(public);
        }
    }

    /// Adds the next key of a kind, to be used from `from` on; returns its number.
    pub(super) fn add(
        &mut self,
        kind: KeyKind,
        made: Timestamp,
        from: Timestamp,
    ) -> Result<u32, KeyFault> {
        if self.living(kind, made).len() > 1 {
            return Err(KeyFault::StillTwo(kind.name()));
        }
        let number = self.of(kind).map(|key| key.number).max().unwrap_or(0) + 1;
        let until = None;
        self.keys.push(KeyEntry { kind, number, public: None, made, from, until, revoked: false });
        Ok(number)
    }

    /// Ends the older of two; returns its number. Where it is `revoked`, the other one is used at
    /// once.
    pub(super) fn end(
        &mut self,
        kind: KeyKind,
        now: Timestamp,
        revoked: bool,
    ) -> Result<u32, KeyFault> {
        let living = self.living(kind, now);
        let (Some(old), Some(new)) = (
            living.iter().min_by_key(|key| key.number).map(|key| key.number),
            living.iter().max_by_key(|key| key.number),
        ) else {
            return Err(KeyFault::NoneToRetire(kind.name()));
        };
        if living.len() < 2 || (now < new.from && !revoked) {
            return Err(KeyFault::NoneToRetire(kind.name()));
        }
        for key in self.keys.iter_mut().filter(|key| key.kind == kind && key.until.is_none()) {
            match key.number == old {
                true => (key.until, key.revoked) = (Some(now), revoked),
                false => key.from = key.from.min(now),
            }
        }
        Ok(old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_key_is_next_then_current_then_old_then_retired() {
        let mut book = KeyBook::first();
        let states = |book: &KeyBook, now| {
            book.of(KeyKind::Signing).map(|key| book.state(key, now).name()).collect::<Vec<_>>()
        };
        assert_eq!(states(&book, at(5)), ["current"]);
        assert!(matches!(book.end(KeyKind::Signing, at(5), false), Err(KeyFault::NoneToRetire(_))));
        assert_eq!(book.add(KeyKind::Signing, at(10), at(20)).unwrap(), 2);
        assert_eq!(states(&book, at(19)), ["current", "next"]);
        assert!(book.end(KeyKind::Signing, at(19), false).is_err(), "not used yet");
        assert_eq!(states(&book, at(20)), ["old", "current"]);
        let third = book.add(KeyKind::Signing, at(21), at(30));
        assert!(matches!(third, Err(KeyFault::StillTwo("signing"))));
        assert_eq!(book.end(KeyKind::Signing, at(25), false).unwrap(), 1);
        assert_eq!(states(&book, at(26)), ["retired", "current"]);
        assert_eq!(book.of(KeyKind::Pepper).count(), 1, "the others stay");
    }

    #[test]
    fn where_a_key_is_revoked_the_next_is_used_at_once() {
        let mut book = KeyBook::first();
        book.add(KeyKind::Opening, at(10), at(1000)).unwrap();
        assert_eq!(book.end(KeyKind::Opening, at(11), true).unwrap(), 1);
        let states: Vec<_> =
            book.of(KeyKind::Opening).map(|key| book.state(key, at(11)).name()).collect();
        assert_eq!(states, ["revoked", "current"]);
    }
}
