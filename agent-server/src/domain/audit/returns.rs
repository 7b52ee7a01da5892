//! Payouts that came back: each is a line of the bank's, is owed again by its entry, and is in
//! another batch only once somebody has seen to it.

use super::{Audited, Damage, Findings, Tally, books::check_entry, purchase::Share};
use crate::{
    domain::settlement::returned_entry,
    store::{Fault, Snapshot, StoredReturn},
};

/// Checks all of them; what is paid again belongs to the batch that pays it.
pub(super) async fn check(
    snapshot: &mut Snapshot,
    tally: &mut Tally,
    out: &mut Findings,
) -> Result<(), Fault> {
    for (stored, entry) in snapshot.returns().await? {
        let row = format!("payout_returns {}", stored.payout);
        let came_in = |minor: i64, currency: &str| format!("{minor} {currency}");
        let minor = i64::try_from(stored.amount.minor).unwrap_or(i64::MAX);
        let expected = came_in(minor, stored.amount.currency.code());
        let found = stored.line_amount.zip(stored.line_currency.as_deref());
        let found = found.map_or_else(|| "none".into(), |(minor, code)| came_in(minor, code));
        out.same(Damage::Returned, &row, expected, found);
        if stored.again.is_some() && stored.released_at.is_none() {
            out.note(Damage::Returned, &row, "held", "paid again");
        }
        let entered = returned_entry(stored.payout, &stored.merchant, stored.amount);
        if let Some(expected) = entered {
            check_entry(entry.as_ref(), stored.entry, &expected, &row, out);
        }
        tally.explain(stored.entry, &row, out);
        if let Some(again) = stored.again {
            tally.paid_out.entry(again).or_default().push(part(stored, row, again, minor));
        }
    }
    Ok(())
}

fn part(stored: StoredReturn, row: String, payout: i64, share: i64) -> Audited {
    let share = Share { row: row.clone(), payout, share, at: stored.at };
    Audited {
        row,
        merchant: stored.merchant,
        currency: stored.amount.currency,
        held: 0,
        entries: Vec::new(),
        heads: Vec::new(),
        shares: vec![share],
    }
}
