//! When the day began on which something happens: limits and statements count by the calendar of
//! one place. Pure.

use jiff::tz::TimeZone;
use shared_protocol::{Date, Timestamp};

/// The first moment of the day of `now` in this zone: also on days that are shorter or longer.
pub fn began(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let moment = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default();
    let start = moment.to_zoned(zone.clone()).start_of_day();
    start.map_or(now, |start| Timestamp::from_millis(start.timestamp().as_millisecond()))
}

/// The first moment of a day in this zone.
pub fn start(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    civil(day)?.to_zoned(zone.clone()).ok().map(|start| at(&start))
}

/// The first moment after it.
pub fn end(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    civil(day)?.tomorrow().ok()?.to_zoned(zone.clone()).ok().map(|start| at(&start))
}

fn civil(day: Date) -> Option<jiff::civil::Date> {
    let year = i16::try_from(day.year()).ok()?;
    let (month, number) = (i8::try_from(day.month()).ok()?, i8::try_from(day.day()).ok()?);
    jiff::civil::Date::new(year, month, number).ok()
}

fn at(moment: &jiff::Zoned) -> Timestamp {
    Timestamp::from_millis(moment.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_tokyo_begins_at_fifteen_hours_of_the_day_before_in_utc() {
        const TOKYO: TimeZone = jiff::tz::get!("Asia/Tokyo");
        let millis = |text: &str| {
            Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
        };
        let start = millis("2026-11-24T15:00:00Z");
        assert_eq!(began(start, &TOKYO), start);
        assert_eq!(began(millis("2026-11-25T14:59:59.999Z"), &TOKYO), start);
        assert_eq!(began(millis("2026-11-25T15:00:00Z"), &TOKYO), millis("2026-11-25T15:00:00Z"));
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let longest = millis("2026-10-24T22:00:00Z");
        assert_eq!(began(millis("2026-10-25T22:59:59Z"), &berlin), longest);
    }
}
