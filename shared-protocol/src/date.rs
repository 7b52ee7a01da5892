//! A day of the calendar, as it stands on a bill: no time, no zone.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::id::NotAnId;

/// A day of the Gregorian calendar from 1970 to 9999; on the wire the days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Date(u32);

impl Date {
    /// The day of this year, month (1 to 12) and number; `None` if there is none.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        if !(1970..=9999).contains(&year) {
            return None;
        }
        let is_leap = days_before(year + 1) - days_before(year) == 366;
        let before: u16 = DAYS.iter().take(usize::from(month.checked_sub(1)?)).sum();
        let leap_day = u16::from(is_leap && month > 2);
        let length = DAYS.get(usize::from(month) - 1)? + u16::from(is_leap && month == 2);
        let exists = (1..=length).contains(&u16::from(day));
        let until = days_before(year) - days_before(1970) + u32::from(before + leap_day);
        exists.then(|| Self(until + u32::from(day) - 1))
    }

    /// The days since 1970-01-01.
    pub const fn days(self) -> u32 {
        self.0
    }

    /// 2026
    pub fn year(self) -> u16 {
        let since = |year: &u16| days_before(*year) - days_before(1970) <= self.0;
        // 366 days a year lead to this year or a little before it.
        let least = 1970 + u16::try_from(self.0 / 366).unwrap_or_default();
        (least..=9999).take_while(since).last().unwrap_or(least)
    }

    /// 1 to 12
    pub fn month(self) -> u8 {
        let has_begun = |month: &u8| Self::new(self.year(), *month, 1).is_some_and(|it| it <= self);
        (1..=12).take_while(has_begun).last().unwrap_or(1)
    }

    /// 1 to 31
    pub fn day(self) -> u8 {
        let first = Self::new(self.year(), self.month(), 1).map_or(0, Self::days);
        u8::try_from(self.0 - first + 1).unwrap_or(1)
    }
}

/// The days of all years before this one, from the year 1 on.
fn days_before(year: u16) -> u32 {
    let years = u32::from(year.saturating_sub(1));
    years * 365 + years / 4 - years / 100 + years / 400
}

const DAYS: [u16; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// 9999-12-31
const LAST: u32 = 2_932_896;

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let days = u32::deserialize(deserializer)?;
        if days <= LAST { Ok(Self(days)) } else { Err(de::Error::custom("after the year 9999")) }
    }
}

/// `2026-12-28` (ISO 8601)
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl FromStr for Date {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let is_shaped = text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
        if text.len() != 10 || !is_shaped {
            return Err(NotAnId);
        }
        let part = |from, to| text.get(from..to).ok_or(NotAnId);
        let year = part(0, 4)?.parse().map_err(|_| NotAnId)?;
        let month = part(5, 7)?.parse().map_err(|_| NotAnId)?;
        let day = part(8, 10)?.parse().map_err(|_| NotAnId)?;
        Self::new(year, month, day).ok_or(NotAnId)
    }
}
