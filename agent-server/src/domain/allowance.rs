//! How often something may go wrong before it is not even tried any more: the generic cell rate
//! algorithm (ITU-T I.371), counting failures only, so that who succeeds is never held up. Pure.

use shared_protocol::{Span, Timestamp};

/// So many at once, and afterwards so many an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    an_hour: u32,
}

/// What has been used of it: the moment when all of it will be there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used(Timestamp);

impl Allowance {
    /// So many an hour; none means that it is always refused.
    pub const fn an_hour(an_hour: u32) -> Self {
        Self { an_hour }
    }

    /// How long to wait before anything may be tried; `None`: now.
    pub fn wait(self, used: Option<Used>, now: Timestamp) -> Option<Span> {
        let Some(each) = self.each() else { return Some(HOUR) };
        let full = each.saturating_mul(i64::from(self.an_hour));
        let ahead = used.map_or(0, |Used(until)| until.since(now).as_millis().max(0));
        let over = ahead.saturating_add(each) - full;
        (over > 0).then(|| Span::millis(over))
    }

    /// After one more went wrong.
    pub fn use_one(self, used: Option<Used>, now: Timestamp) -> Used {
        let from = used.map_or(now, |Used(until)| until.max(now));
        Used(from.plus(Span::millis(self.each().unwrap_or(0))))
    }

    fn each(self) -> Option<i64> {
        (self.an_hour > 0).then(|| (HOUR.as_millis() / i64::from(self.an_hour)).max(1))
    }
}

impl Used {
    /// Whether it is as if nothing had happened.
    pub fn is_over(self, now: Timestamp) -> bool {
        self.0 <= now
    }
}

const HOUR: Span = Span::hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn so_many_at_once_and_then_one_at_a_time() {
        let six = Allowance::an_hour(6);
        let mut used = None;
        for _ in 0..6 {
            assert_eq!(six.wait(used, NOW), None);
            used = Some(six.use_one(used, NOW));
        }
        assert_eq!(six.wait(used, NOW), Some(Span::minutes(10)));
        let later = NOW.plus(Span::minutes(10));
        assert_eq!(six.wait(used, later), None);
        used = Some(six.use_one(used, later));
        assert!(six.wait(used, later).is_some());
        assert!(!used.unwrap().is_over(later));
        assert!(used.unwrap().is_over(later.plus(Span::hours(1))));
    }

    #[test]
    fn any_number_can_be_set() {
        assert_eq!(Allowance::an_hour(0).wait(None, NOW), Some(HOUR));
        let many = Allowance::an_hour(u32::MAX);
        let used = Some(many.use_one(None, NOW));
        assert_eq!(many.wait(used, NOW), None);
    }
}
