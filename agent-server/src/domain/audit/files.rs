//! Files: those of payouts hold what their payouts come to, and every line of the bank's is what it
//! was matched with, or parked with its entry.

use std::collections::BTreeMap;

use super::{Damage, Findings, Tally, books::check_entry};
use crate::{
    domain::{
        bank::{Match, parking_entry, resolving_entry},
        bank_files::file_digest,
        ledger::Entry,
    },
    store::{Fault, Snapshot, StoredEntry, StoredFile, StoredLine},
};

/// Checks all of them.
pub(super) async fn check(
    snapshot: &mut Snapshot,
    tally: &mut Tally,
    out: &mut Findings,
) -> Result<(), Fault> {
    for file in snapshot.payout_files().await? {
        check_file(&file, out);
    }
    for stored in snapshot.statements().await? {
        let row = format!("statements {}", stored.id);
        out.same(Damage::StatementCount, &row, stored.lines, stored.counted);
    }
    let mut after = i64::MIN;
    while let Some((line, entries)) = snapshot.statement_line_after(after).await? {
        after = line.id;
        let row = format!("statement_lines {}", line.id);
        let mut check = Check { line: &line, entries: &entries, row: &row, out };
        check.fate();
        for number in [line.parking, line.resolving].into_iter().flatten() {
            tally.explain(number, &row, out);
        }
    }
    Ok(())
}

fn check_file(file: &StoredFile, out: &mut Findings) {
    let row = format!("payout_files {}", file.id);
    let digest = file_digest(&file.content);
    out.holds(Damage::FileOther, &row, file.digest == digest.as_bytes().as_slice());
    let sums = |payments: i64, total: i64| format!("{payments} payments, {total}");
    let (is, must) = (sums(file.payments, file.total), sums(file.counted, file.sum));
    out.same(Damage::FileSum, &row, must, is);
}

/// One line of the bank's.
struct Check<'a> {
    line: &'a StoredLine,
    entries: &'a BTreeMap<i64, StoredEntry>,
    row: &'a str,
    out: &'a mut Findings,
}

impl Check<'_> {
    fn fate(&mut self) {
        let line = self.line;
        let how = line.matched.as_deref().and_then(Match::from_name);
        let Ok(currency) = line.currency.parse() else {
            return self.out.note(Damage::Unreadable, self.row, "a currency", &line.currency);
        };
        let parking =
            line.parked.as_ref().and_then(|_| parking_entry(line.id, line.amount, currency));
        self.entry(parking, line.parking);
        let was_resolved = line.parked.is_some();
        let resolving = how
            .filter(|_| was_resolved)
            .and_then(|how| resolving_entry(how, line.id, line.amount, currency));
        self.entry(resolving, line.resolving);
        match how {
            None if line.parked.is_some() && line.matched.is_none() => {}
            None => self.out.note(Damage::LineFate, self.row, "matched or parked", "neither"),
            Some(Match::Bill) => self.bill(),
            Some(Match::Payout) => self.payout(),
            Some(Match::Transfer) => self.transfer(),
            Some(Match::Returned) => self.returned(),
            Some(Match::Charge) => {
                self.out.holds(Damage::LineFate, self.row, was_resolved);
            }
            Some(Match::Against) => self.against(),
        }
    }

    /// An entry that must be there, or must not.
    fn entry(&mut self, expected: Option<Entry>, found: Option<i64>) {
        match (expected, found) {
            (Some(entry), Some(number)) => {
                check_entry(self.entries.get(&number), number, &entry, self.row, self.out);
            }
            (None, None) => {}
            (Some(_), None) => self.out.note(Damage::LineFate, self.row, "an entry", "none"),
            (None, Some(number)) => {
                let found = format!("journal {number}");
                self.out.note(Damage::LineFate, self.row, "no entry", found);
            }
        }
    }

    fn bill(&mut self) {
        let line = self.line;
        let found = (line.bill_amount, line.bill_currency.as_deref());
        self.same(Damage::LineBill, line.amount, found);
        if line.part == 0 && line.bill_payment.is_none() {
            self.out.note(Damage::LineBill, self.row, "a bill that is paid", "none");
        }
    }

    fn payout(&mut self) {
        let line = self.line;
        let amount = line.payout_amount.map(i64::saturating_neg);
        self.same(Damage::LinePayout, line.amount, (amount, line.payout_currency.as_deref()));
    }

    fn transfer(&mut self) {
        let line = self.line;
        let amount = line.sent_amount.map(i64::saturating_neg);
        self.same(Damage::LinePayout, line.amount, (amount, line.bill_currency.as_deref()));
    }

    /// A payout that came back, or a transfer.
    fn returned(&mut self) {
        let line = self.line;
        let found = match (line.payout, line.returned) {
            (None, _) => (line.sent_amount, line.bill_currency.as_deref()),
            (Some(_), Some(_)) => (line.payout_amount, line.payout_currency.as_deref()),
            (Some(_), None) => (None, None),
        };
        self.same(Damage::LineAgainst, line.amount, found);
    }

    fn against(&mut self) {
        let line = self.line;
        let found = (line.other_amount, line.other_currency.as_deref());
        self.same(Damage::LineAgainst, line.amount.saturating_neg(), found);
        // What was sent back by another bank undoes a line that was never parked.
        if line.parked.is_some() {
            let back = line.other_against.unwrap_or_default();
            self.out.same(Damage::LineAgainst, self.row, line.id, back);
        }
    }

    fn same(&mut self, damage: Damage, minor: i64, found: (Option<i64>, Option<&str>)) {
        let expected = format!("{minor} {}", self.line.currency);
        let found = match found {
            (Some(minor), Some(currency)) => format!("{minor} {currency}"),
            _ => "none".into(),
        };
        self.out.same(damage, self.row, expected, found);
    }
}
