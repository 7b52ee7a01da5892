//! The order button waits only so long (51, ¶59): a warning with a countdown, then the end. Pure:
//! whoever calls says what time it is.

use shared_protocol::{ORDER_IDLE, ORDER_IDLE_WARNING, Span, Timestamp};

/// Counts from the shopper's last touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    limit: Span,
    last: Timestamp,
}

/// How long it has been quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// Not long.
    Fine,
    /// It will end in so many seconds.
    Warned(i64),
    /// It is over.
    Over,
}

impl Idle {
    /// Begins at `now`; `limit_secs` of the page, if it says any.
    pub fn new(limit_secs: Option<i64>, now: Timestamp) -> Self {
        let limit = limit_secs.filter(|secs| *secs > 0).map_or(ORDER_IDLE, Span::secs);
        Self { limit, last: now }
    }

    /// The shopper did something.
    pub fn touch(&mut self, now: Timestamp) {
        self.last = now;
    }

    /// How it stands at `now`.
    pub fn at(&self, now: Timestamp) -> Quiet {
        let left = self.limit.as_millis() - now.since(self.last).as_millis();
        let notice = ORDER_IDLE.as_millis() - ORDER_IDLE_WARNING.as_millis();
        match left {
            ..=0 => Quiet::Over,
            left if left <= notice.min(self.limit.as_millis() / 2) => {
                Quiet::Warned((left + 999) / 1000)
            }
            _ => Quiet::Fine,
        }
    }

    /// The whole time, in minutes.
    pub fn minutes(&self) -> i64 {
        self.limit.as_millis() / 60_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn it_warns_two_minutes_before_the_end_and_counts_down() {
        let idle = Idle::new(None, START);
        let after = |span: Span| idle.at(START.plus(span));
        assert_eq!(after(Span::minutes(12)), Quiet::Fine);
        assert_eq!(after(Span::minutes(13)), Quiet::Warned(120));
        assert_eq!(after(Span::millis(14 * 60_000 + 59_001)), Quiet::Warned(1));
        assert_eq!(after(Span::minutes(15)), Quiet::Over);
    }

    #[test]
    fn any_touch_starts_the_time_anew() {
        let mut idle = Idle::new(None, START);
        idle.touch(START.plus(Span::minutes(14)));
        assert_eq!(idle.at(START.plus(Span::minutes(20))), Quiet::Fine);
        assert_eq!(idle.at(START.plus(Span::minutes(29))), Quiet::Over);
    }

    #[test]
    fn a_short_time_is_warned_of_in_its_second_half() {
        let idle = Idle::new(Some(60), START);
        assert_eq!(idle.at(START.plus(Span::secs(29))), Quiet::Fine);
        assert_eq!(idle.at(START.plus(Span::secs(30))), Quiet::Warned(30));
        assert_eq!(idle.minutes(), 1);
    }
}
