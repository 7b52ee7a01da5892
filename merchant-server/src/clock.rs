//! The only place of this server that reads a clock. Time goes inwards as a `Timestamp`, read once
//! per request; a clock that can be moved exists only where a test or the demo asked for it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use shared_protocol::{Span, Timestamp};

/// Something that knows the time.
pub trait Clock: Send + Sync {
    /// What time it is, in milliseconds since the epoch.
    fn now(&self) -> Timestamp;

    /// Moves this clock forward and says the new time; `None` where it cannot be moved, which is
    /// everywhere but in tests and in the demo.
    fn advance(&self, by: Span) -> Option<Timestamp> {
        let _ = by;
        None
    }
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        system_time()
    }
}

/// A clock for tests and the demo: runs like the machine's, and can be moved forward, never back.
#[derive(Debug, Default)]
pub struct TestClock {
    ahead_millis: AtomicI64,
    stands_at_millis: Option<i64>,
}

impl TestClock {
    /// Begins at the real time and runs.
    pub fn running() -> Self {
        Self::default()
    }

    /// Begins so far ahead of the real time and runs.
    pub fn ahead_by(span: Span) -> Self {
        let clock = Self::running();
        clock.advance(span);
        clock
    }

    /// Begins at `start` and stands still between moves.
    pub fn standing_at(start: Timestamp) -> Self {
        Self { ahead_millis: AtomicI64::new(0), stands_at_millis: Some(start.as_millis()) }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let base = self.stands_at_millis.map_or_else(system_time, Timestamp::from_millis);
        base.plus(Span::millis(self.ahead_millis.load(Ordering::SeqCst)))
    }

    fn advance(&self, by: Span) -> Option<Timestamp> {
        self.ahead_millis.fetch_add(by.as_millis().max(0), Ordering::SeqCst);
        Some(self.now())
    }
}

#[expect(clippy::disallowed_methods, reason = "this file is where time comes in")]
fn system_time() -> Timestamp {
    // A clock set before 1970 is broken; nothing then is fresh, which is the safe side.
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_clock_moves_forward_and_never_back() {
        let clock = TestClock::standing_at(Timestamp::from_millis(1_000));
        assert_eq!(clock.advance(Span::secs(2)), Some(Timestamp::from_millis(3_000)));
        assert_eq!(clock.advance(Span::secs(-2)), Some(Timestamp::from_millis(3_000)));
    }

    #[test]
    fn the_machines_clock_cannot_be_moved() {
        assert_eq!(SystemClock.advance(Span::secs(1)), None);
    }
}
