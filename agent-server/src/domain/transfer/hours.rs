//! When transfers are sent: business days and hours, and pairs of banks that reach each other at
//! any hour. The calendar is that of the plans: weekends, Japanese holidays; beyond the years that
//! it lists nobody knows. Pure.

use jiff::civil::Time;
use serde::Deserialize;
use shared_protocol::{Date, Timestamp};

use crate::domain::plan::Calendar;

/// When an account, or a pair of them, sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rail {
    /// At any hour (モアタイムシステム, SEPA Instant).
    AroundTheClock,
    /// On business days between opening and closing.
    BankingHours,
    /// At the opening of the next business day.
    NextDay,
}

impl Rail {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AroundTheClock, Self::BankingHours, Self::NextDay];

    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AroundTheClock => "around-the-clock",
            Self::BankingHours => "banking-hours",
            Self::NextDay => "next-day",
        }
    }

    /// The rail of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rail| rail.name() == name)
    }

    /// That of a pair: as slow as the slower.
    pub fn with(self, other: Self) -> Self {
        self.max(other)
    }
}

/// When a transfer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// Then.
    Later(Later),
    /// The calendar ends before.
    Unknown,
}

/// The opening of a business day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later {
    /// The day.
    pub day: Date,
    /// The moment.
    pub opens: Timestamp,
}

/// Business hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    opens: Time,
    closes: Time,
}

/// What an operator says of transfers, in `[transfers]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// When business begins, by the calendar's zone.
    pub opens: String,
    /// When it ends.
    pub closes: String,
    /// Banks that are reached at any hour, by how their accounts begin: 金融機関コード (`0005`), or
    /// an IBAN's country and bank (`DE`, `DE89370400`).
    #[serde(default)]
    pub around_the_clock: Vec<String>,
}

/// Why hours are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("opens and closes are as 08:30, opens first")]
pub struct HoursFault;

impl Rules {
    /// The hours.
    ///
    /// # Errors
    /// [`HoursFault`].
    pub fn hours(&self) -> Result<Hours, HoursFault> {
        let time = |text: &str| Time::strptime("%H:%M", text).map_err(|_| HoursFault);
        let (opens, closes) = (time(&self.opens)?, time(&self.closes)?);
        if opens < closes { Ok(Hours { opens, closes }) } else { Err(HoursFault) }
    }

    /// The rail to this account.
    pub fn rail_to(&self, account: &str) -> Rail {
        let is_reached = self.around_the_clock.iter().any(|bank| account.starts_with(bank));
        if is_reached { Rail::AroundTheClock } else { Rail::BankingHours }
    }
}

impl Hours {
    /// When a transfer that is ordered at `now` is sent.
    pub fn when(&self, rail: Rail, calendar: &Calendar, now: Timestamp) -> When {
        let is_open = || {
            calendar.time(now).is_some_and(|time| (self.opens..self.closes).contains(&time))
                && calendar.is_business_moment(now)
        };
        if rail != Rail::AroundTheClock && !calendar.knows(now) {
            return When::Unknown;
        }
        let is_before = calendar.time(now).is_some_and(|time| time < self.opens);
        let days = match rail {
            Rail::AroundTheClock => return When::Now,
            Rail::BankingHours if is_open() => return When::Now,
            Rail::BankingHours => u8::from(!is_before && calendar.is_business_moment(now)),
            Rail::NextDay => 1,
        };
        let later = calendar.business_day_after(now, days).and_then(|day| {
            let opens = calendar.moment(day, self.opens)?;
            Some(Later { day, opens })
        });
        later.map_or(When::Unknown, When::Later)
    }
}
