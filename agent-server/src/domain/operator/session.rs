//! How long an operator stays signed in: shorter than a shopper, as more can be done.

use shared_protocol::{Span, Timestamp};

use crate::domain::session::SessionDigest;

/// A session as the database has it, of an operator who was not removed.
#[derive(Clone, Copy, Debug)]
pub struct OperatorSession {
    /// Of its token.
    pub digest: SessionDigest,
    /// Whose.
    pub operator: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub seen_at: Timestamp,
}

impl OperatorSession {
    /// Whether it still counts.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.seen_at.plus(IDLE) && now < self.created_at.plus(LONGEST)
    }

    /// Whether its use is worth writing down again.
    pub fn is_to_be_noted(&self, now: Timestamp) -> bool {
        now >= self.seen_at.plus(NOTED_EVERY)
    }
}

/// Unused for so long, it ends.
const IDLE: Span = Span::minutes(20);
/// Used or not, it ends.
pub const LONGEST: Span = Span::hours(9);
const NOTED_EVERY: Span = Span::minutes(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_was_not_used_and_at_the_end_of_a_day_at_work() {
        let begun = Timestamp::from_millis(1_795_000_000_000);
        let at = |seen: Span| OperatorSession {
            digest: SessionDigest([1; 32]),
            operator: 1,
            created_at: begun,
            seen_at: begun.plus(seen),
        };
        let unused = at(Span::millis(0));
        assert!(unused.is_alive(begun.plus(Span::millis(IDLE.as_millis() - 1))));
        assert!(!unused.is_alive(begun.plus(IDLE)));
        let used = at(Span::minutes(539));
        assert!(used.is_alive(begun.plus(Span::millis(LONGEST.as_millis() - 1))));
        assert!(!used.is_alive(begun.plus(LONGEST)));
    }
}
