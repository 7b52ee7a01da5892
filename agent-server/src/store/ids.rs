//! Primary keys in the order of time: (milliseconds << 20) + counter, never the same twice, also
//! when the clock goes back or the server was started again.

use std::sync::atomic::{AtomicI64, Ordering};

use shared_protocol::Timestamp;
use sqlx::Row as _;

use super::{Fault, writer::Connection};

/// Makes primary keys.
pub(super) struct Ids(AtomicI64);

impl Ids {
    /// Goes on after this key.
    pub(super) fn after(newest: i64) -> Self {
        Self(AtomicI64::new(newest))
    }

    /// The next one.
    pub(super) fn next(&self, now: Timestamp) -> i64 {
        let of_now = first(now);
        let next = |last: i64| last.saturating_add(1).max(of_now);
        let before =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        before.map_or(of_now, next)
    }
}

/// The smallest key of this moment.
pub(super) fn first(moment: Timestamp) -> i64 {
    moment.as_millis().max(0).saturating_mul(1 << COUNTER_BITS)
}

/// The newest key in the database; 0 if there is none.
pub(super) async fn newest(connection: &mut Connection) -> Result<i64, Fault> {
    let mut newest = 0;
    for sql in NEWEST {
        let row = sqlx::query(sql).fetch_one(&mut *connection).await?;
        newest = newest.max(row.try_get(0)?);
    }
    Ok(newest)
}

const COUNTER_BITS: u32 = 20;

const NEWEST: [&str; 17] = [
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
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_grow_also_when_the_clock_goes_back() {
        let ids = Ids::after(0);
        let first = ids.next(Timestamp::from_millis(1000));
        assert_eq!(first, 1000 << COUNTER_BITS);
        assert_eq!(ids.next(Timestamp::from_millis(1000)), first + 1);
        assert_eq!(ids.next(Timestamp::from_millis(10)), first + 2);
        assert_eq!(ids.next(Timestamp::from_millis(1001)), 1001 << COUNTER_BITS);
        let again = Ids::after(first + 2);
        assert_eq!(again.next(Timestamp::from_millis(10)), first + 3);
    }
}
