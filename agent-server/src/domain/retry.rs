//! When a delivery that failed is tried again, and when it is given up. Pure.

use shared_protocol::{Span, Timestamp};

/// When the next attempt is due after `attempts` that failed, the last of them at `now`; `None`
/// once three days are over. Waits double from a second to an hour, with half of each left to
/// chance, so that many do not come back at once. Who asks to be left alone for longer, is.
pub fn next_attempt(
    first: Timestamp,
    attempts: u32,
    asked: Option<Span>,
    now: Timestamp,
    chance: u64,
) -> Option<Timestamp> {
    let doubled = 1000_i64 << attempts.saturating_sub(1).min(12);
    let half = doubled.min(LONGEST_WAIT.as_millis()) / 2;
    let jitter = i64::try_from(chance % half.unsigned_abs()).unwrap_or(0);
    let asked = asked.map_or(0, |asked| asked.as_millis().min(LONGEST_PEACE.as_millis()));
    let at = now.plus(Span::millis((half + jitter).max(asked)));
    (at <= first.plus(GIVEN_UP_AFTER)).then_some(at)
}

const LONGEST_WAIT: Span = Span::hours(1);
/// For how long a `Retry-After` is believed.
const LONGEST_PEACE: Span = Span::hours(24);
const GIVEN_UP_AFTER: Span = Span::hours(72);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    #[test]
    fn waits_double_up_to_an_hour() {
        for (attempts, least, most) in
            [(1, 500, 1000), (2, 1000, 2000), (5, 8000, 16_000), (60, 1_800_000, 3_600_000)]
        {
            for chance in [0, 7, 1_234_567, u64::MAX] {
                let at = next_attempt(NOW, attempts, None, NOW, chance).unwrap();
                let wait = at.since(NOW).as_millis();
                assert!((least..most).contains(&wait), "{attempts}: {wait}");
            }
        }
    }

    #[test]
    fn the_whole_schedule_ends_after_three_days() {
        for chance in [0, 499, u64::MAX] {
            let (mut now, mut attempts) = (NOW, 1);
            while let Some(at) = next_attempt(NOW, attempts, None, now, chance) {
                assert!(at > now);
                (now, attempts) = (at, attempts + 1);
            }
            let lasted = now.since(NOW).as_millis();
            assert!((71 * 3_600_000..=72 * 3_600_000).contains(&lasted), "{lasted}");
            assert!((80..=160).contains(&attempts), "{attempts}");
        }
    }

    #[test]
    fn who_asks_for_peace_gets_it_within_reason() {
        let wait =
            |asked| next_attempt(NOW, 1, Some(asked), NOW, 0).map(|at| at.since(NOW).as_millis());
        assert_eq!(wait(Span::millis(1)), Some(500), "not sooner than the schedule");
        assert_eq!(wait(Span::hours(2)), Some(7_200_000));
        assert_eq!(wait(Span::hours(9000)), Some(86_400_000));
        let late = NOW.plus(Span::hours(60));
        assert_eq!(next_attempt(NOW, 9, Some(Span::hours(13)), late, 0), None);
    }
}
