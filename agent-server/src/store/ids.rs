//! Primary keys in the order of time: milliseconds, process, counter; never the same twice, also
//! when the clock goes back, the server was started again, or several of them use one database.

use std::sync::atomic::{AtomicI64, Ordering};

use shared_protocol::Timestamp;
use sqlx::Row as _;

use super::{Fault, writer::Connection};

/// Makes primary keys.
pub(super) struct Ids {
    /// How often the database had been opened before, which is what tells processes apart.
    opening: i64,
    /// (milliseconds << COUNTER_BITS) + counter of the last one.
    last: AtomicI64,
}

impl Ids {
    /// Goes on after this key, in this opening of the database.
    pub(super) fn after(newest: i64, opening: i64) -> Self {
        let next =
            if newest > 0 { (newest >> KEY_BITS).saturating_add(1) << COUNTER_BITS } else { 0 };
        Self { opening, last: AtomicI64::new(next.saturating_sub(1)) }
    }

    /// The next one.
    pub(super) fn next(&self, now: Timestamp) -> i64 {
        let of_now = first(now) >> PROCESS_BITS;
        let next = |last: i64| last.saturating_add(1).max(of_now);
        let before =
            self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        let next = before.map_or(of_now, next);
        let (millis, counter) = (next >> COUNTER_BITS, next & ((1 << COUNTER_BITS) - 1));
        let process = self.opening & ((1 << PROCESS_BITS) - 1);
        (millis << KEY_BITS) | (process << COUNTER_BITS) | counter
    }

    /// This process among those that ever opened this database.
    pub(super) fn process(&self) -> i64 {
        self.opening
    }
}

/// Counts that the database is opened once more, and goes on after its newest key.
pub(super) async fn begin(connection: &mut Connection) -> Result<Ids, Fault> {
    let row = sqlx::query("UPDATE openings SET count = count + 1 RETURNING count")
        .fetch_one(&mut *connection)
        .await?;
    let mut newest = 0;
    for sql in NEWEST {
        let row = sqlx::query(sql).fetch_one(&mut *connection).await?;
        newest = newest.max(row.try_get(0)?);
    }
    Ok(Ids::after(newest, row.try_get(0)?))
}

/// The smallest key of this moment.
pub(super) fn first(moment: Timestamp) -> i64 {
    moment.as_millis().max(0).saturating_mul(1 << KEY_BITS)
}

/// Below the milliseconds: which process, and which of its keys of this millisecond. When these run
/// out, the next millisecond's are taken.
const KEY_BITS: u32 = PROCESS_BITS + COUNTER_BITS;
/// Two processes share keys only if one was started 1,024 openings after the other; then whatever
/// meets a key that is taken is run again with the next one.
const PROCESS_BITS: u32 = 10;
const COUNTER_BITS: u32 = 10;

const NEWEST: [&str; 20] = [
    "SELECT COALESCE(MAX(id), 0) FROM contracts",
    "SELECT COALESCE(MAX(id), 0) FROM purchases",
    "SELECT COALESCE(MAX(id), 0) FROM questions",
    "SELECT COALESCE(MAX(id), 0) FROM outbox",
    "SELECT COALESCE(MAX(id), 0) FROM mailed_codes",
    "SELECT COALESCE(MAX(id), 0) FROM objections",
    "SELECT COALESCE(MAX(id), 0) FROM passkeys",
    "SELECT COALESCE(MAX(id), 0) FROM payouts",
    "SELECT COALESCE(MAX(id), 0) FROM payout_files",
    "SELECT COALESCE(MAX(id), 0) FROM statements",
    "SELECT COALESCE(MAX(id), 0) FROM statement_lines",
    "SELECT COALESCE(MAX(id), 0) FROM merchant_events",
    "SELECT COALESCE(MAX(id), 0) FROM webhook_attempts",
    "SELECT COALESCE(MAX(id), 0) FROM operators",
    "SELECT COALESCE(MAX(id), 0) FROM operator_passkeys",
    "SELECT COALESCE(MAX(id), 0) FROM proposals",
    "SELECT COALESCE(MAX(id), 0) FROM audits",
    "SELECT COALESCE(MAX(id), 0) FROM merchant_tokens",
    "SELECT COALESCE(MAX(id), 0) FROM operator_tokens",
    "SELECT COALESCE(MAX(id), 0) FROM changes",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_grow_also_when_the_clock_goes_back() {
        let at = Timestamp::from_millis;
        let ids = Ids::after(0, 1025);
        let first = ids.next(at(1000));
        assert_eq!(first, (1000 << KEY_BITS) + (1 << COUNTER_BITS));
        assert_eq!(ids.next(at(1000)), first + 1);
        assert_eq!(ids.next(at(10)), first + 2);
        assert_eq!(ids.next(at(1001)), first + (1 << KEY_BITS));
        let again = Ids::after(first + 2, 0).next(at(10));
        assert_eq!(again, 1001 << KEY_BITS);
        assert!(Ids::after(3, 0).next(at(0)) > 3);
    }

    #[test]
    fn two_processes_never_make_the_same_key() {
        let at = Timestamp::from_millis(1000);
        let (one, other) = (Ids::after(0, 6), Ids::after(0, 7));
        // More than a millisecond has.
        let keys = |ids: &Ids| (0..3000).map(|_| ids.next(at)).collect::<Vec<_>>();
        let (one, other) = (keys(&one), keys(&other));
        assert!(one.is_sorted() && other.is_sorted());
        let all: std::collections::BTreeSet<_> = one.iter().chain(&other).collect();
        assert_eq!(all.len(), 6000);
    }
}
