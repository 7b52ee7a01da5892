//! The only place that reads the time. Everything else is told what time it is.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use shared_protocol::{Span, Timestamp};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// This moment.
    fn now(&self) -> Timestamp;

    /// The same clock as one that can be moved, if it is.
    fn as_test(&self) -> Option<&TestClock> {
        None
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The machine's clock and as much as it was moved: for demos and tests, never by itself.
#[derive(Debug, Default)]
pub struct TestClock {
    ahead: AtomicI64,
}

impl TestClock {
    /// Shows the machine's time until it is moved.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows a time so far ahead of the machine's until it is moved.
    pub fn ahead_by(span: Span) -> Self {
        let clock = Self::new();
        clock.advance(span);
        clock
    }

    /// Moves it forward. A negative span moves nothing: time never goes back.
    pub fn advance(&self, span: Span) {
        let _ = self.ahead.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |ahead| {
            Some(ahead.saturating_add(span.as_millis().max(0)))
        });
    }

    /// How far it is ahead of the machine's.
    pub fn ahead(&self) -> Span {
        Span::millis(self.ahead.load(Ordering::SeqCst))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.ahead())
    }

    fn as_test(&self) -> Option<&TestClock> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_clock_moves_forward_only() {
        let clock = TestClock::new();
        let before = clock.now();
        clock.advance(Span::hours(72));
        assert!(clock.now() >= before.plus(Span::hours(72)));
        clock.advance(Span::hours(-1));
        assert_eq!(clock.ahead(), Span::hours(72));
    }
}
