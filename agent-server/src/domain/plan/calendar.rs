//! On which days payments fall due: closing day (締日), due day (支払日), business days.

use std::collections::BTreeSet;

use jiff::{
    ToSpan as _,
    civil::{self, Weekday},
    tz::TimeZone,
};
use shared_protocol::{Date, Timestamp};

/// An operator's calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub(super) zone: TimeZone,
    pub(super) closing_day: i8,
    pub(super) due_day: i8,
    pub(super) roll: Roll,
    pub(super) weekend: Vec<Weekday>,
    /// Month and day, of every year.
    pub(super) every_year: BTreeSet<(i8, i8)>,
    pub(super) holidays: BTreeSet<civil::Date>,
}

/// Where a due day goes that is no business day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roll {
    /// To the next business day.
    Next,
    /// To the one before.
    Previous,
}

/// The month in which something was closed; payments are counted from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingMonth(civil::Date);

impl Calendar {
    /// The month in whose bill a purchase of this moment is.
    pub fn closing_month(&self, bought: Timestamp) -> Option<ClosingMonth> {
        let day = self.local(bought)?;
        let first = day.first_of_month();
        let is_before_closing = day.day() <= self.closing_day.min(day.days_in_month());
        Some(ClosingMonth(if is_before_closing { first } else { month_after(first, 1)? }))
    }

    /// The due day so many months after the closing.
    pub fn due(&self, closing: ClosingMonth, months: u16) -> Option<Date> {
        let month = month_after(closing.0, months)?;
        let day = self.due_day.min(month.days_in_month());
        let mut due = month.with().day(day).build().ok()?;
        for _ in 0..ROLL_DAYS_MAX {
            if self.is_business_day(due) {
                return date(due);
            }
            due = match self.roll {
                Roll::Next => due.tomorrow().ok()?,
                Roll::Previous => due.yesterday().ok()?,
            };
        }
        None
    }

    /// The day that it is at this moment.
    pub fn today(&self, now: Timestamp) -> Option<Date> {
        date(self.local(now)?)
    }

    /// The business day so many business days after the day of this moment.
    pub fn business_day_after(&self, moment: Timestamp, days: u8) -> Option<Date> {
        let (mut day, mut left) = (self.local(moment)?, days);
        for _ in 0..(usize::from(days) + 1) * ROLL_DAYS_MAX.unsigned_abs() as usize {
            if left == 0 && self.is_business_day(day) {
                return date(day);
            }
            day = day.tomorrow().ok()?;
            left = left.saturating_sub(u8::from(self.is_business_day(day)));
        }
        None
    }

    /// The time of day at this moment.
    pub fn time(&self, now: Timestamp) -> Option<civil::Time> {
        Some(self.zoned(now)?.time())
    }

    /// Whether the day of this moment is a business day.
    pub fn is_business_moment(&self, now: Timestamp) -> bool {
        self.local(now).is_some_and(|day| self.is_business_day(day))
    }

    /// The moment at which it is this time of this day.
    pub fn moment(&self, day: Date, time: civil::Time) -> Option<Timestamp> {
        let day: civil::Date = day.to_string().parse().ok()?;
        let moment = day.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
        Some(Timestamp::from_millis(moment.timestamp().as_millisecond()))
    }

    fn local(&self, moment: Timestamp) -> Option<civil::Date> {
        Some(self.zoned(moment)?.date())
    }

    fn zoned(&self, moment: Timestamp) -> Option<jiff::Zoned> {
        let moment = jiff::Timestamp::from_millisecond(moment.as_millis()).ok()?;
        Some(moment.to_zoned(self.zone.clone()))
    }

    /// Whether banks work on this day, as far as the calendar knows.
    pub fn is_business_day(&self, day: civil::Date) -> bool {
        !self.weekend.contains(&day.weekday())
            && !self.every_year.contains(&(day.month(), day.day()))
            && !self.holidays.contains(&day)
    }
}

impl ClosingMonth {
    /// The month of the year, 1 to 12, so many months later.
    pub fn month_of_year(self, months: u16) -> Option<i8> {
        month_after(self.0, months).map(civil::Date::month)
    }
}

fn month_after(first: civil::Date, months: u16) -> Option<civil::Date> {
    first.checked_add(i32::from(months).months()).ok()
}

fn date(day: civil::Date) -> Option<Date> {
    let small = |number: i8| u8::try_from(number).ok();
    Date::new(u16::try_from(day.year()).ok()?, small(day.month())?, small(day.day())?)
}

/// So many days in a row a calendar may be closed; then no day is found.
pub(super) const ROLL_DAYS_MAX: i8 = 14;
