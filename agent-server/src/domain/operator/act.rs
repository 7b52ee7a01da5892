//! What an operator did, as it is written down: each record covers the one before, so that none can
//! be changed or left out unnoticed.

use serde::{Deserialize, Serialize};
use shared_protocol::{Digest, Message, Timestamp, digest, encode};

/// One thing that an operator did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// 1, 2, 3 …
    pub number: u64,
    /// Who.
    pub operator: i64,
    /// Their name.
    pub name: String,
    /// What, for example `merchant-suspended`.
    pub act: String,
    /// Which one; never what is in it.
    pub about: String,
    /// When.
    pub at: Timestamp,
    /// Of this one and all before it.
    pub digest: Digest,
}

/// The newest record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActHead {
    /// Its number; 0: there is none yet.
    pub number: u64,
    /// Its digest.
    pub digest: Digest,
}

impl ActHead {
    /// Before anybody did anything.
    pub const START: Self = Self { number: 0, digest: Digest::new([0; 32]) };

    /// The head once this was done after it.
    pub fn followed_by(self, operator: i64, act: &str, about: &str, at: Timestamp) -> Self {
        let number = self.number.saturating_add(1);
        let (act, about) = (act.to_owned(), about.to_owned());
        let record = Record { previous: self.digest, number, operator, act, about, at };
        Self { number, digest: digest(Record::NAME, &encode(&record)) }
    }

    /// Whether this record is the one that follows.
    pub fn is_followed_by(self, act: &Act) -> bool {
        let next = self.followed_by(act.operator, &act.act, &act.about, act.at);
        next == Self { number: act.number, digest: act.digest }
    }
}

/// A record as it is hashed: one encoding, by the codec of all messages.
#[derive(Serialize, Deserialize)]
struct Record {
    previous: Digest,
    number: u64,
    operator: i64,
    act: String,
    about: String,
    at: Timestamp,
}

impl Message for Record {
    const NAME: &'static str = "operator-act";
    const LEN_MAX: usize = 1 << 14;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_record_is_under_its_digest() {
        let at = Timestamp::from_millis(7);
        let first = ActHead::START.followed_by(1, "signed-in", "", at);
        let good = Act {
            number: 2,
            operator: 1,
            name: "a".into(),
            act: "resent".into(),
            about: "evt_1".into(),
            at,
            digest: first.followed_by(1, "resent", "evt_1", at).digest,
        };
        assert!(first.is_followed_by(&good));
        assert!(!ActHead::START.is_followed_by(&good));
        let spoilt: [fn(&mut Act); 5] = [
            |act| act.number += 1,
            |act| act.operator += 1,
            |act| act.act.push('x'),
            |act| act.about.clear(),
            |act| act.at = Timestamp::from_millis(8),
        ];
        for spoil in spoilt {
            let mut bad = good.clone();
            spoil(&mut bad);
            assert!(!first.is_followed_by(&bad), "{bad:?}");
        }
    }
}
