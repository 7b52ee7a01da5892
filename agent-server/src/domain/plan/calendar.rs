//! On which days payments fall due and banks work: closing day (締日), due day (支払日), business
//! days. One calendar for bills, payouts, files for the bank and transfers; only euros go by the
//! days of the euro system, whose closing days never change.

use std::collections::BTreeSet;

use jiff::{
    ToSpan as _,
    civil::{self, Weekday},
    tz::TimeZone,
};
use shared_protocol::{Currency, Date, Timestamp};

use super::euro::is_target_day;

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

    /// The due day so many months after the closing. In years whose holidays are not listed yet it
    /// is as far as the rest of the calendar knows: a plan may be longer than the list.
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

    /// The business day so many business days after the day of this moment; `None` where the
    /// holidays of then are not listed.
    pub fn business_day_after(&self, moment: Timestamp, days: u8) -> Option<Date> {
        self.after(self.local(moment)?, days, |day| self.works(day))
    }

    /// The same by the banks through which this currency goes.
    pub fn bank_day_after(&self, moment: Timestamp, days: u8, currency: Currency) -> Option<Date> {
        self.after(self.local(moment)?, days, |day| self.is_open(day, currency))
    }

    /// The first day from this one on, and from that of the moment on, on which a bank pays in this
    /// currency.
    pub fn bank_day_from(&self, day: Date, now: Timestamp, currency: Currency) -> Option<Date> {
        let from = civil_date(day)?.max(self.local(now)?);
        self.after(from, 0, |day| self.is_open(day, currency))
    }

    /// Whether banks pay on this day in this currency; `None` where its holidays are not listed.
    pub fn is_bank_day(&self, day: Date, currency: Currency) -> Option<bool> {
        self.is_open(civil_date(day)?, currency)
    }

    /// The last day of the last year whose holidays are listed; `None` where none are.
    pub fn known_until(&self) -> Option<Date> {
        let last = self.holidays.last()?;
        Date::new(u16::try_from(last.year()).ok()?, 12, 31)
    }

    /// Whether the holidays of this moment's year are listed.
    pub fn knows(&self, moment: Timestamp) -> bool {
        self.local(moment).is_some_and(|day| self.works(day).is_some())
    }

    fn after(
        &self,
        from: civil::Date,
        days: u8,
        is_open: impl Fn(civil::Date) -> Option<bool>,
    ) -> Option<Date> {
        let (mut day, mut left) = (from, days);
        for _ in 0..(usize::from(days) + 1) * ROLL_DAYS_MAX.unsigned_abs() as usize {
            if left == 0 && is_open(day)? {
                return date(day);
            }
            day = day.tomorrow().ok()?;
            left = left.saturating_sub(u8::from(is_open(day)?));
        }
        None
    }

    fn is_open(&self, day: civil::Date, currency: Currency) -> Option<bool> {
        if currency.code() == "EUR" { Some(is_target_day(day)) } else { self.works(day) }
    }

    /// Whether it is a business day, if that is known.
    fn works(&self, day: civil::Date) -> Option<bool> {
        let is_listed = self.holidays.last().is_none_or(|last| day.year() <= last.year());
        is_listed.then(|| self.is_business_day(day))
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
        let day = civil_date(day)?;
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

fn civil_date(day: Date) -> Option<civil::Date> {
    day.to_string().parse().ok()
}

fn date(day: civil::Date) -> Option<Date> {
    let small = |number: i8| u8::try_from(number).ok();
    Date::new(u16::try_from(day.year()).ok()?, small(day.month())?, small(day.day())?)
}

/// So many days in a row a calendar may be closed; then no day is found.
pub(super) const ROLL_DAYS_MAX: i8 = 14;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::PlanRules;

    /// Noon in Tokyo.
    fn on(day: &str) -> Timestamp {
        let noon = day.parse::<civil::Date>().unwrap().at(12, 0, 0, 0);
        Timestamp::from_millis(noon.in_tz("Asia/Tokyo").unwrap().timestamp().as_millisecond())
    }

    /// Banks rest from 31 December to 3 January (銀行法施行令 5条), and on holidays; nobody pays out of
    /// the years whose holidays are listed.
    #[test]
    fn payouts_skip_weekends_holidays_and_the_years_end_and_stop_where_the_list_does() {
        let calendar = PlanRules::sample().calendar;
        let yen = Currency::JPY;
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (from, days, paid) in [
            ("2026-11-20", 1, Some("2026-11-24")),
            ("2026-12-29", 1, Some("2026-12-30")),
            ("2026-12-30", 1, Some("2027-01-04")),
            ("2026-12-30", 2, Some("2027-01-05")),
            ("2027-01-02", 0, Some("2027-01-04")),
            ("2027-12-31", 0, Some("2028-01-04")),
            ("2028-12-29", 0, Some("2028-12-29")),
            ("2028-12-29", 1, None),
            ("2028-12-31", 0, None),
            ("2029-03-01", 1, None),
        ] {
            let at = on(from);
            let paid = paid.map(day);
            assert_eq!(calendar.business_day_after(at, days), paid, "{from} {days}");
            assert_eq!(calendar.bank_day_after(at, days, yen), paid, "{from} {days}");
        }
        assert_eq!(calendar.known_until(), Some(day("2028-12-31")));
        assert_eq!(calendar.is_bank_day(day("2029-02-11"), yen), None, "perhaps");
        assert_eq!(calendar.is_bank_day(day("2028-02-11"), yen), Some(false));
        assert_eq!(calendar.is_bank_day(day("2028-02-14"), yen), Some(true));
        let now = on("2026-12-31");
        assert_eq!(calendar.bank_day_from(day("2026-12-28"), now, yen), Some(day("2027-01-04")));
        assert_eq!(calendar.bank_day_from(day("2027-01-06"), now, yen), Some(day("2027-01-06")));
        // Where an operator lists none, the rest of the calendar is all there is to know.
        let rules = PlanRules::sample();
        let without = Calendar { holidays: BTreeSet::new(), ..rules.calendar };
        assert_eq!(without.known_until(), None);
        assert!(without.business_day_after(on("2040-03-01"), 1).is_some());
    }

    #[test]
    fn euros_are_paid_on_the_days_of_the_euro_system() {
        let calendar = PlanRules::sample().calendar;
        let euros: Currency = "EUR".parse().unwrap();
        for (from, days, paid) in [
            // 29 April is a holiday in Japan alone, 31 December a bank holiday there.
            ("2027-04-28", 1, "2027-04-29"),
            ("2026-12-30", 1, "2026-12-31"),
            ("2026-12-31", 1, "2027-01-04"),
            // Good Friday and Easter Monday.
            ("2027-03-25", 1, "2027-03-30"),
            ("2029-12-24", 1, "2029-12-27"),
        ] {
            let at = on(from);
            let paid: Option<Date> = paid.parse().ok();
            assert_eq!(calendar.bank_day_after(at, days, euros), paid, "{from} {days}");
        }
    }
}
