//! The audit: recomputes from what was signed what every row of the books must say, and names each
//! row that says something else, with what was expected and what was found. It believes no column
//! that a signature or the journal's chain can contradict.

mod books;
mod files;
mod finding;
mod money;
mod operators;
mod promise;
mod purchase;
mod returns;
mod running;
mod story;
mod transfers;

pub use books::{Chain, check_payout};
pub use finding::{Damage, Finding, Findings};
pub use purchase::{Audited, check_purchase};
pub use running::Running;

use std::collections::{BTreeMap, BTreeSet};

use shared_protocol::Digest;

use crate::{
    clock::Clock,
    domain::key_history::KeyHistory,
    store::{AuditRun, Fault, PurchaseBooks, Snapshot, Store},
};

/// What an audit says.
#[derive(Clone, Debug)]
pub struct Report {
    /// What is wrong.
    pub findings: Findings,
    /// Purchases that were looked at.
    pub purchases: u64,
    /// Entries of the journal that were looked at.
    pub entries: u64,
    /// The digest of the newest entry, to be held against merchants' receipts.
    pub head: Digest,
}

/// Audits everything, as it stands at one moment, while the server may be running. `keys` are
/// the agent's own, with which it signed its Grants and Confirmations.
///
/// # Errors
/// [`Fault`] if the database cannot be read at all.
pub async fn audit(store: &Store, keys: impl Into<KeyHistory>) -> Result<Report, Fault> {
    let own = keys.into();
    let mut snapshot = store.snapshot().await?;
    let mut tally = Tally::default();
    let mut out = Findings::default();
    let keys = snapshot.merchant_keys().await?;
    let (mut after, mut purchases) = (None, 0);
    while let Some(row) = snapshot.next_purchase(after).await? {
        purchases += 1;
        after = Some(row);
        match snapshot.purchase_books(row, &keys).await {
            Ok(books) => tally.add(&books, check_purchase(&books, &own, &mut out), &mut out),
            Err(fault) => unreadable(&mut out, &format!("purchases {row}"), fault)?,
        }
    }
    for orphan in snapshot.orphans().await? {
        out.note(Damage::Orphan, &orphan, "a row that it belongs to", "none");
    }
    contracts(&mut snapshot, &tally, &mut out).await?;
    transfers::check(&mut snapshot, &own, &mut tally, &mut out).await?;
    returns::check(&mut snapshot, &mut tally, &mut out).await?;
    payouts(&mut snapshot, &mut tally, &mut out).await?;
    files::check(&mut snapshot, &mut tally, &mut out).await?;
    operators::check(store, &mut out).await?;
    let mut chain = Chain::default();
    while let Some(entry) = snapshot.entry_after(chain.last()).await? {
        chain.add(&entry, &tally.explained, &mut out);
    }
    let (entries, head) = chain.end(&tally.heads, &mut out);
    Ok(Report { findings: out, purchases, entries, head })
}

/// The same, and notes what it said for the console.
///
/// # Errors
/// [`Fault`].
pub async fn audit_and_note(
    store: &Store,
    keys: impl Into<KeyHistory>,
    clock: &dyn Clock,
) -> Result<Report, Fault> {
    let began_at = clock.now();
    let report = audit(store, keys).await?;
    let line = |finding: &Finding| {
        let Finding { damage, row, expected, found } = finding;
        format!("{row}: {} (must be {expected}, is {found})", damage.says())
    };
    let named: Vec<_> = report.findings.iter().take(NAMED).map(line).collect();
    let run = AuditRun {
        began_at,
        ended_at: clock.now(),
        purchases: report.purchases,
        entries: report.entries,
        findings: u64::try_from(report.findings.iter().count()).unwrap_or(u64::MAX),
        named: named.join("\n"),
        head: report.head,
    };
    store.note_audit(run).await?;
    Ok(report)
}

/// So many findings are kept with what an audit said; the command line names all.
const NAMED: usize = 100;

/// What purchases come to, taken together.
#[derive(Default)]
struct Tally {
    held: BTreeMap<i64, i128>,
    explained: BTreeSet<i64>,
    paid_out: BTreeMap<i64, Vec<Audited>>,
    heads: Vec<(i64, String)>,
}

impl Tally {
    fn add(&mut self, books: &PurchaseBooks, audited: Audited, out: &mut Findings) {
        if let Some(contract) = books.purchase.contract {
            *self.held.entry(contract).or_default() += i128::from(audited.held);
        }
        for entry in &audited.entries {
            self.explain(*entry, &audited.row, out);
        }
        for (head, row) in &audited.heads {
            self.heads.push((*head, row.clone()));
        }
        let batches: BTreeSet<i64> = audited.shares.iter().map(|share| share.payout).collect();
        for payout in batches {
            self.paid_out.entry(payout).or_default().push(audited.clone());
        }
    }

    fn explain(&mut self, entry: i64, row: &str, out: &mut Findings) {
        if !self.explained.insert(entry) {
            let found = format!("journal {entry}, which is another row's");
            out.note(Damage::EntryShared, row, "an entry of its own", found);
        }
    }
}

async fn contracts(
    snapshot: &mut Snapshot,
    tally: &Tally,
    out: &mut Findings,
) -> Result<(), Fault> {
    for (contract, reserved) in snapshot.reserved().await? {
        let held = tally.held.get(&contract).copied().unwrap_or_default();
        out.same(Damage::Reserved, &format!("contracts {contract}"), held, i128::from(reserved));
    }
    Ok(())
}

async fn payouts(
    snapshot: &mut Snapshot,
    tally: &mut Tally,
    out: &mut Findings,
) -> Result<(), Fault> {
    for id in snapshot.payouts().await? {
        let row = format!("payouts {id}");
        let parts = tally.paid_out.remove(&id).unwrap_or_default();
        match snapshot.payout(id).await {
            Ok((stored, entry)) => {
                check_payout(&stored, entry.as_ref(), &parts, out);
                tally.explain(stored.entry, &row, out);
            }
            Err(fault) => unreadable(out, &row, fault)?,
        }
    }
    for (payout, parts) in &tally.paid_out {
        for part in parts {
            out.note(Damage::PayoutMissing, &part.row, format!("payouts {payout}"), "none");
        }
    }
    Ok(())
}

/// A damaged row is a finding; a database that cannot be read is not.
fn unreadable(out: &mut Findings, row: &str, fault: Fault) -> Result<(), Fault> {
    match fault {
        Fault::Damaged(column) => {
            out.note(Damage::Unreadable, row, "what this program writes", column);
            Ok(())
        }
        Fault::Database(sqlx::Error::ColumnDecode { index, .. }) => {
            out.note(Damage::Unreadable, row, "what this program writes", index);
            Ok(())
        }
        Fault::Database(sqlx::Error::Decode(_)) => {
            out.note(Damage::Unreadable, row, "what this program writes", "no text");
            Ok(())
        }
        other => Err(other),
    }
}
