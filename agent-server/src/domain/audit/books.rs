//! The journal entry by entry, and the batches: nothing is missing, nothing was changed, and every
//! entry has its reason.

use std::collections::BTreeSet;

use shared_protocol::{Amount, Digest};

use super::{Audited, Damage, Findings};
use crate::{
    domain::{
        ledger::{Entry, Head, Kind, Transfer},
        settlement::payout_entry,
    },
    store::{StoredEntry, StoredPayout, StoredTransfer},
};

/// Holds a stored entry against what it must be, transfer by transfer. `row` is its reason.
pub(super) fn check_entry(
    stored: Option<&StoredEntry>,
    number: i64,
    expected: &Entry,
    row: &str,
    out: &mut Findings,
) {
    let Some(stored) = stored else {
        return out.note(Damage::EntryMissing, row, format!("journal {number}"), "none");
    };
    let entry = format!("journal {number}");
    out.same(Damage::EntryKind, &entry, expected.kind().name(), stored.kind.as_str());
    let is_same = stored.because == expected.because().as_bytes().as_slice()
        && stored.purchase == expected.purchase();
    out.holds(Damage::EntryReason, &entry, is_same);
    let lines = (expected.transfers().len(), stored.transfers.len());
    out.same(Damage::EntryLines, &entry, lines.0, lines.1);
    for (wanted, found) in expected.transfers().iter().zip(&stored.transfers) {
        let line = format!("transfers {number} {}", found.line);
        let accounts = |debit: &str, credit: &str| format!("{debit} to {credit}");
        let (debit, credit) = (wanted.debit().to_string(), wanted.credit().to_string());
        let wanted_accounts = accounts(&debit, &credit);
        let found_accounts = accounts(&found.debit, &found.credit);
        out.same(Damage::EntryAccount, &line, wanted_accounts, found_accounts);
        let amount = wanted.amount();
        let wanted = format!("{} {}", amount.minor, amount.currency.code());
        out.same(
            Damage::EntryAmount,
            &line,
            wanted,
            format!("{} {}", found.amount, found.currency),
        );
    }
}

/// Holds a batch against the shares in it.
pub fn check_payout(
    stored: &StoredPayout,
    entry: Option<&StoredEntry>,
    parts: &[Audited],
    out: &mut Findings,
) {
    let row = format!("payouts {}", stored.id);
    let mut sum = 0;
    for part in parts {
        let is_same = part.merchant == stored.merchant && part.currency == stored.amount.currency;
        if !is_same {
            out.note(Damage::PayoutOther, &row, &stored.merchant, &part.merchant);
        }
        for share in part.shares.iter().filter(|share| share.payout == stored.id) {
            sum += i128::from(share.share);
            if share.at >= stored.cutoff {
                let before = format!("before {}", stored.cutoff.as_millis());
                out.note(Damage::PayoutEarly, &share.row, before, share.at.as_millis());
            }
        }
    }
    out.same(Damage::PayoutAmount, &row, sum, i128::from(stored.amount.minor));
    // The entry must be that of the shares, whatever the batch's row says.
    let minor = u64::try_from(sum).unwrap_or_default();
    let amount = Amount { minor, ..stored.amount };
    if let Some(expected) = payout_entry(stored.id, &stored.merchant, amount) {
        check_entry(entry, stored.entry, &expected, &row, out);
    }
}

/// The journal, read from its beginning.
#[derive(Debug)]
pub struct Chain {
    head: Head,
    count: u64,
}

impl Default for Chain {
    fn default() -> Self {
        Self { head: Head::START, count: 0 }
    }
}

impl Chain {
    /// The number of the newest entry so far.
    pub fn last(&self) -> i64 {
        i64::try_from(self.head.number).unwrap_or(i64::MAX)
    }

    /// Checks the next entry.
    pub fn add(&mut self, stored: &StoredEntry, explained: &BTreeSet<i64>, out: &mut Findings) {
        let row = format!("journal {}", stored.number);
        self.count += 1;
        if stored.number != self.last() + 1 {
            out.note(Damage::ChainGap, &row, format!("journal {}", self.last() + 1), &row);
        }
        if !explained.contains(&stored.number) {
            out.note(Damage::EntryUnexplained, &row, "a reason", "none");
        }
        // What comes after is held against what stands here, so that one change is one finding.
        let number = u64::try_from(stored.number).unwrap_or_default();
        let digest = Digest::try_from(stored.digest.as_slice());
        let before = Head { number: number.saturating_sub(1), ..self.head };
        match (again(stored, &row, out), digest) {
            (Some(entry), Ok(digest)) => {
                let must = before.followed_by(&entry, stored.at);
                out.same(Damage::ChainBroken, &row, hex(&must.digest), hex(&digest));
                self.head = Head { number, digest };
            }
            (_, digest) => {
                out.note(Damage::ChainBroken, &row, "an entry that can be read", "none");
                self.head = Head { number, digest: digest.unwrap_or(self.head.digest) };
            }
        }
    }

    /// Checks that the entries that words name are there; returns how many there are, and the
    /// newest one's digest.
    pub fn end(self, heads: &[(i64, String)], out: &mut Findings) -> (u64, Digest) {
        for (head, row) in heads {
            if *head > self.last() || *head < 0 {
                let at_most = format!("at most {}", self.last());
                out.note(Damage::WordHead, row, at_most, head);
            }
        }
        (self.count, self.head.digest)
    }
}

/// The entry that stands there, if it is one.
fn again(stored: &StoredEntry, row: &str, out: &mut Findings) -> Option<Entry> {
    for (expected, line) in (1_i64..).zip(&stored.transfers) {
        out.same(Damage::EntryLines, row, expected, line.line);
    }
    let read = |line: &StoredTransfer| {
        let minor = u64::try_from(line.amount).ok()?;
        let amount = Amount::new(minor, line.currency.parse().ok()?)?;
        Transfer::new(line.debit.parse().ok()?, line.credit.parse().ok()?, amount)
    };
    let mut transfers = Vec::new();
    for line in &stored.transfers {
        let name = format!("transfers {} {}", stored.number, line.line);
        match read(line) {
            Some(transfer) => transfers.push(transfer),
            None => {
                let found = format!(
                    "{} {} from {} to {}",
                    line.amount, line.currency, line.credit, line.debit
                );
                out.note(Damage::EntryUnreadable, &name, "a transfer", found);
                return None;
            }
        }
    }
    let because = Digest::try_from(stored.because.as_slice()).ok()?;
    Entry::new(Kind::from_name(&stored.kind)?, stored.purchase, because, transfers)
}

/// A digest in full, for people.
pub(super) fn hex(digest: &Digest) -> String {
    digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
