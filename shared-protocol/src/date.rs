//! A day of the calendar, as it stands on a bill: no time, no zone.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::id::NotAnId;

/// A day that exists (Gregorian calendar, years 1 to 9999); on the wire year, month, day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day of this year, month (1 to 12) and number; `None` if there is none.
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let exists = year >= 1 && year <= 9999 && day >= 1 && day <= days;
        if exists { Some(Self { year, month, day }) } else { None }
    }

    /// 2026
    pub const fn year(self) -> u16 {
        self.year
    }

    /// 1 to 12
    pub const fn month(self) -> u8 {
        self.month
    }

    /// 1 to 31
    pub const fn day(self) -> u8 {
        self.day
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            year: u16,
            month: u8,
            day: u8,
        }
        let Wire { year, month, day } = Wire::deserialize(deserializer)?;
        Self::new(year, month, day).ok_or_else(|| de::Error::custom("not a day of the calendar"))
    }
}

/// `2026-12-28` (ISO 8601)
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
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
