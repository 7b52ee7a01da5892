//! The chain: the digest of an entry covers the digest of the one before, so that whoever knows one
//! digest knows whether anything before it was changed.

use serde::{Deserialize, Serialize};
use shared_protocol::{Amount, Digest, Message, PurchaseId, Timestamp, digest, encode};

use super::Entry;

/// The newest entry of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number, from 1; 0: there is none yet.
    pub number: u64,
    /// Its digest.
    pub digest: Digest,
}

impl Head {
    /// Of an empty journal.
    pub const START: Self = Self { number: 0, digest: Digest::new([0; 32]) };

    /// The head once `entry` was written after this one.
    pub fn followed_by(self, entry: &Entry, at: Timestamp) -> Self {
        let number = self.number.saturating_add(1);
        let line = |transfer: &super::Transfer| Line {
            debit: transfer.debit().to_string(),
            credit: transfer.credit().to_string(),
            amount: transfer.amount(),
        };
        let record = Record {
            previous: self.digest,
            number,
            at,
            kind: entry.kind().name().into(),
            purchase: entry.purchase(),
            because: entry.because(),
            transfers: entry.transfers().iter().map(line).collect(),
        };
        Self { number, digest: digest(Record::NAME, &encode(&record)) }
    }
}

/// An entry as it is hashed: one encoding, by the codec of all messages.
#[derive(Serialize, Deserialize)]
struct Record {
    previous: Digest,
    number: u64,
    at: Timestamp,
    kind: String,
    purchase: Option<PurchaseId>,
    because: Digest,
    transfers: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    debit: String,
    credit: String,
    amount: Amount,
}

impl Message for Record {
    const NAME: &'static str = "journal-entry";
    const LEN_MAX: usize = 1 << 20;
}
