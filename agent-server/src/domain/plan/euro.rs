//! The days on which euros are settled between banks: those of T2, before called TARGET2 (ECB,
//! long-term calendar of closing days). They are the same every year, so nothing has to be listed.

use jiff::{
    ToSpan as _,
    civil::{Date, Weekday},
};

/// Whether it is a business day of the euro system: no weekend, New Year's Day, Good Friday, Easter
/// Monday, 1 May, 25 or 26 December.
pub fn is_target_day(day: Date) -> bool {
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_fixed = matches!((day.month(), day.day()), (1, 1) | (5, 1) | (12, 25 | 26));
    let is_easter = easter(day.year()).is_some_and(|sunday| {
        let beside = |days: i32| sunday.checked_add(days.days()).ok();
        beside(-2) == Some(day) || beside(1) == Some(day)
    });
    !(is_weekend || is_fixed || is_easter)
}

/// Easter Sunday by the Gregorian calendar (J.-M. Oudin's rule; Explanatory Supplement to the
/// Astronomical Almanac, 1992, p. 582).
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let century = year / 100;
    let golden = year % 19;
    let k = (century - 17) / 25;
    let mut moon = century - century / 4 - (century - k) / 3 + 19 * golden + 15;
    moon %= 30;
    moon -= (moon / 28) * (1 - (moon / 28) * (29 / (moon + 1)) * ((21 - golden) / 11));
    let weekday = (year + year / 4 + moon + 2 - century + century / 4) % 7;
    let days = moon - weekday;
    let month = 3 + (days + 40) / 44;
    let day = days + 28 - 31 * (month / 4);
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_is_when_it_was_and_will_be() {
        for (year, month, day) in [
            (1999, 4, 4),
            (2000, 4, 23),
            (2008, 3, 23),
            (2011, 4, 24),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2028, 4, 16),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Date::new(year, month, day).ok());
        }
    }

    #[test]
    fn euros_rest_on_six_days_and_weekends() {
        let closed = |text: &str| !is_target_day(text.parse().unwrap());
        for day in ["2027-01-01", "2027-03-26", "2027-03-29", "2028-05-01", "2028-12-25"] {
            assert!(closed(day), "{day}");
        }
        assert!(closed("2028-12-26") && closed("2028-12-30"));
        for day in ["2027-01-04", "2027-04-29", "2026-12-24", "2026-12-31", "2027-02-11"] {
            assert!(!closed(day), "{day}");
        }
    }
}
