//! What the systems of before are played with: letters between parties, as bytes that can be
//! searched, and a count of what the shopper has to do.

use std::collections::{BTreeMap, BTreeSet};

use super::{Datum, Party, Played, Shopper, misuse::Tries};

/// A system while it is played.
#[derive(Default)]
pub struct Model {
    received: BTreeMap<Party, Vec<u8>>,
    dealt: BTreeSet<Party>,
    typed: usize,
    acts: usize,
    /// Purchases that came about.
    pub done: usize,
}

impl Model {
    /// The shopper fills in a form of `to`'s and sends it.
    pub fn types(&mut self, to: Party, fields: &[&str]) {
        self.typed += fields.len();
        self.acts(to);
        self.tells(to, fields);
    }

    /// The shopper does something that needs no typing: choose, sign, open the door.
    pub fn acts(&mut self, with: Party) {
        self.acts += 1;
        self.dealt.insert(with);
    }

    /// Somebody passes something on.
    pub fn tells(&mut self, to: Party, words: &[&str]) {
        let received = self.received.entry(to).or_default();
        for word in words {
            received.extend_from_slice(word.as_bytes());
            received.push(b'\n');
        }
    }

    /// Whether it has reached them.
    pub fn knows(&self, who: Party, word: &str) -> bool {
        let received = self.received.get(&who).map(Vec::as_slice).unwrap_or_default();
        memchr::memmem::find(received, word.as_bytes()).is_some()
    }

    /// How it went.
    pub fn played(self, system: &'static str, shopper: &Shopper, tries: Tries) -> Played {
        Played {
            system,
            done: self.done,
            learned: learned(&self.received, shopper),
            charged: tries.charged,
            tries: (tries.passed, tries.made),
            typed: self.typed,
            dealt: self.dealt.len(),
            acts: self.acts,
        }
    }
}

/// What of the shopper is found with whom.
pub fn learned(
    received: &BTreeMap<Party, Vec<u8>>,
    shopper: &Shopper,
) -> BTreeMap<Party, BTreeSet<Datum>> {
    let markers = shopper.markers();
    let found = |bytes: &[u8]| {
        let found = markers.iter().filter(|(_, marker)| !marker.found_in(bytes).is_empty());
        found.map(|(datum, _)| *datum).collect()
    };
    received.iter().map(|(party, bytes)| (*party, found(bytes))).collect()
}
