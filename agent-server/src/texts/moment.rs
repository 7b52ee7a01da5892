//! Moments as people in Japan read them off a clock, with the weekday. The zone's rules are
//! compiled in, so that a machine without a zone database says the same.

use jiff::{civil, tz::TimeZone};
use shared_protocol::{Date, Locale, Timestamp};

/// "11月25日(水) 23:59" or "Wednesday 25 November, 23:59", in Japan time. Seconds are dropped, so a
/// deadline never reads later than it is.
pub fn minute(moment: Timestamp, locale: Locale) -> String {
    let local = local(moment);
    let day = day(moment, locale);
    match locale {
        Locale::Ja => format!("{day} {}", local.strftime("%H:%M")),
        Locale::En => format!("{day}, {}", local.strftime("%H:%M")),
    }
}

/// "2026-11-25 23:59:59", in Japan time: for tables, in every language.
pub fn stamp(moment: Timestamp) -> String {
    local(moment).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// "11月25日(水)" or "Wednesday 25 November", in Japan time.
pub fn day(moment: Timestamp, locale: Locale) -> String {
    let local = local(moment);
    match locale {
        Locale::Ja => {
            let weekday = WEEKDAYS[usize::from(local.weekday().to_monday_zero_offset() as u8)];
            format!("{}月{}日({weekday})", local.month(), local.day())
        }
        Locale::En => local.strftime("%A %-d %B").to_string(),
    }
}

/// "2026年12月28日(月)" or "Monday 28 December 2026".
pub fn date(day: Date, locale: Locale) -> String {
    let day = civil(day);
    match locale {
        Locale::Ja => {
            let weekday = WEEKDAYS[usize::from(day.weekday().to_monday_zero_offset() as u8)];
            format!("{}年{}月{}日({weekday})", day.year(), day.month(), day.day())
        }
        Locale::En => day.strftime("%A %-d %B %Y").to_string(),
    }
}

/// "28日(月)" or "Mon 28", where the month is known.
pub fn day_of_month(day: Date, locale: Locale) -> String {
    let day = civil(day);
    match locale {
        Locale::Ja => {
            let weekday = WEEKDAYS[usize::from(day.weekday().to_monday_zero_offset() as u8)];
            format!("{}日({weekday})", day.day())
        }
        Locale::En => day.strftime("%a %-d").to_string(),
    }
}

/// "2026年12月" or "December 2026".
pub fn month(day: Date, locale: Locale) -> String {
    match locale {
        Locale::Ja => format!("{}年{}月", day.year(), day.month()),
        Locale::En => civil(day).strftime("%B %Y").to_string(),
    }
}

fn civil(day: Date) -> civil::Date {
    let year = i16::try_from(day.year()).unwrap_or(i16::MAX);
    let small = |number: u8| i8::try_from(number).unwrap_or(1);
    civil::Date::new(year, small(day.month()), small(day.day())).unwrap_or(civil::Date::MAX)
}

fn local(moment: Timestamp) -> jiff::Zoned {
    let moment = jiff::Timestamp::from_millisecond(moment.as_millis());
    let shown = moment.unwrap_or(jiff::Timestamp::MAX);
    shown.to_zoned(TOKYO)
}

const TOKYO: TimeZone = jiff::tz::get!("Asia/Tokyo");

const WEEKDAYS: [&str; 7] = ["月", "火", "水", "木", "金", "土", "日"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_in_japan_time_with_its_weekday() {
        // 2026-11-25T14:59:59.999Z
        let moment = Timestamp::from_millis(1_795_618_799_999);
        assert_eq!(minute(moment, Locale::Ja), "11月25日(水) 23:59");
        assert_eq!(minute(moment, Locale::En), "Wednesday 25 November, 23:59");
        let next = Timestamp::from_millis(1_795_618_800_000);
        assert_eq!(minute(next, Locale::Ja), "11月26日(木) 00:00");
        assert_eq!(day(next, Locale::En), "Thursday 26 November");
        assert_eq!(stamp(moment), "2026-11-25 23:59:59");
    }

    #[test]
    fn a_day_of_the_calendar_is_shown_with_its_weekday() {
        let day = "2026-12-28".parse().unwrap();
        assert_eq!(date(day, Locale::Ja), "2026年12月28日(月)");
        assert_eq!(date(day, Locale::En), "Monday 28 December 2026");
        assert_eq!(day_of_month(day, Locale::Ja), "28日(月)");
        assert_eq!(day_of_month(day, Locale::En), "Mon 28");
        assert_eq!(month(day, Locale::Ja), "2026年12月");
        assert_eq!(month(day, Locale::En), "December 2026");
    }
}
