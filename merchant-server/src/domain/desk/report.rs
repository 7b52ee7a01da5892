//! What a month brought, day by day, or a year, month by month: orders, what was claimed and given
//! back by the shop's own words, and fees and payments by the agent's batches. Pure.

use std::collections::BTreeMap;

use jiff::civil::{self, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp as Moment, ToSpan as _};
use shared_protocol::{Amount, Currency, Timestamp};

use super::super::Payout;

/// Which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A month, day by day; by its first day.
    Month(civil::Date),
    /// A year, month by month; by its first day.
    Year(civil::Date),
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An order was taken.
    Ordered,
    /// The agent booked a claim.
    Claimed,
    /// The agent booked a refund.
    GaveBack,
}

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What.
    pub what: What,
    /// When.
    pub at: Timestamp,
    /// How much.
    pub amount: Amount,
}

/// A day or a month, in one currency. Money in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 2026-11-25 or 2026-11.
    pub label: String,
    /// In which currency.
    pub currency: Currency,
    /// How many orders.
    pub orders: u64,
    /// What they come to.
    pub ordered: u64,
    /// What was claimed.
    pub claimed: u64,
    /// What was given back.
    pub refunded: u64,
    /// What the agent kept of payments of these days; less than nothing: gave back.
    pub fees: i64,
    /// What it paid on them.
    pub paid: u64,
}

impl Period {
    /// From "2026-11" or "2026".
    pub fn read(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        match text.len() {
            7 if is_plain => Some(Self::Month(format!("{text}-01").parse().ok()?)),
            4 if is_plain => Some(Self::Year(format!("{text}-01-01").parse().ok()?)),
            _ => None,
        }
    }

    /// The month of this moment.
    pub fn month_of(now: Timestamp, zone: &TimeZone) -> Self {
        Self::Month(local(now, zone).date().first_of_month())
    }

    /// As it is written.
    pub fn name(self) -> String {
        match self {
            Self::Month(first) => first.strftime("%Y-%m").to_string(),
            Self::Year(first) => first.strftime("%Y").to_string(),
        }
    }

    /// The one before.
    pub fn before(self) -> Self {
        match self {
            Self::Month(first) => Self::Month(first.saturating_sub(1.month())),
            Self::Year(first) => Self::Year(first.saturating_sub(1.year())),
        }
    }

    /// The one after.
    pub fn after(self) -> Self {
        match self {
            Self::Month(first) => Self::Month(first.saturating_add(1.month())),
            Self::Year(first) => Self::Year(first.saturating_add(1.year())),
        }
    }

    /// The year that it is in, or its first month.
    pub fn other_grain(self) -> Self {
        match self {
            Self::Month(first) => Self::Year(first.first_of_year()),
            Self::Year(first) => Self::Month(first),
        }
    }

    /// Its first and its last day.
    pub fn days(self) -> (civil::Date, civil::Date) {
        let (Self::Month(first) | Self::Year(first)) = self;
        let (Self::Month(next) | Self::Year(next)) = self.after();
        (first, next.saturating_sub(1.day()))
    }

    /// From which moment on, and before which.
    pub fn moments(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let begins = |day: civil::Date| {
            let moment = day.to_zoned(zone.clone()).map(|at| at.timestamp().as_millisecond());
            Timestamp::from_millis(moment.unwrap_or_default())
        };
        let (Self::Month(next) | Self::Year(next)) = self.after();
        (begins(self.days().0), begins(next))
    }

    fn label(self, day: civil::Date) -> String {
        match self {
            Self::Month(_) => day.to_string(),
            Self::Year(_) => day.strftime("%Y-%m").to_string(),
        }
    }
}

/// The lines of a period, in order; times without anything have none.
pub fn lines(
    period: Period,
    zone: &TimeZone,
    counted: &[Counted],
    payouts: &[Payout],
) -> Vec<Line> {
    let mut lines = BTreeMap::new();
    for Counted { what, at, amount } in counted {
        let day = local(*at, zone).date();
        let line = line(&mut lines, period.label(day), amount.currency);
        match what {
            What::Ordered => {
                line.orders += 1;
                line.ordered = line.ordered.saturating_add(amount.minor);
            }
            What::Claimed => line.claimed = line.claimed.saturating_add(amount.minor),
            What::GaveBack => line.refunded = line.refunded.saturating_add(amount.minor),
        }
    }
    for payout in payouts {
        let (Ok(day), Ok(currency)) = (payout.pay_on.parse(), payout.currency.parse()) else {
            continue;
        };
        let line = line(&mut lines, period.label(day), currency);
        line.fees = line.fees.saturating_add(payout.fees);
        // What came back is paid by another one.
        let paid = if payout.is_returned() { 0 } else { payout.amount };
        line.paid = line.paid.saturating_add(paid);
    }
    lines.into_values().collect()
}

fn line(lines: &mut Lines, label: String, currency: Currency) -> &mut Line {
    let key = (label.clone(), currency.code().to_owned());
    lines.entry(key).or_insert_with(|| Line::empty(label, currency))
}

type Lines = BTreeMap<(String, String), Line>;

impl Line {
    fn empty(label: String, currency: Currency) -> Self {
        let (orders, ordered, claimed, refunded, fees, paid) = (0, 0, 0, 0, 0, 0);
        Self { label, currency, orders, ordered, claimed, refunded, fees, paid }
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> DateTime {
    let moment = Moment::from_millisecond(at.as_millis()).unwrap_or(Moment::UNIX_EPOCH);
    moment.to_zoned(zone.clone()).datetime()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Tokyo").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<Moment>().unwrap().as_millisecond())
    }

    fn yen(minor: u64) -> Amount {
        Amount::new(minor, "JPY".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_day_is_the_shops_own_and_a_month_has_all_of_its_days() {
        let month = Period::read("2026-11").unwrap();
        let (from, until) = month.moments(&zone());
        assert_eq!((from, until), (at("2026-10-31T15:00:00Z"), at("2026-11-30T15:00:00Z")));
        assert_eq!(month.days().1.to_string(), "2026-11-30");
        assert_eq!(
            (month.before().name(), month.after().name()),
            ("2026-10".into(), "2026-12".into())
        );
        assert_eq!(Period::read("2026").unwrap().days().1.to_string(), "2026-12-31");
        assert_eq!(Period::month_of(at("2026-10-31T15:00:00Z"), &zone()), month);
        for wrong in ["", "2026-13", "202611", "2026-1-", "+026-11", "20é6"] {
            assert_eq!(Period::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_happened_is_added_up_by_day_or_by_month_and_by_currency() {
        let dollars = Amount::new(7, "USD".parse().unwrap()).unwrap();
        let counted = |what, moment, amount| Counted { what, at: at(moment), amount };
        let all = [
            counted(What::Ordered, "2026-11-01T15:00:00Z", yen(100)),
            counted(What::Ordered, "2026-11-01T16:00:00Z", yen(50)),
            counted(What::Claimed, "2026-11-02T01:00:00Z", yen(120)),
            counted(What::GaveBack, "2026-11-03T01:00:00Z", yen(20)),
            counted(What::Ordered, "2026-11-02T01:00:00Z", dollars),
        ];
        let payout = Payout {
            id: "1".into(),
            state: "paid".into(),
            returned: None,
            again: None,
            brought: 0,
            currency: "JPY".into(),
            amount: 97,
            cutoff: "2026-11-29T15:00:00Z".into(),
            pay_on: "2026-11-30".into(),
            claimed: 120,
            refunded: 20,
            fees: 3,
            words: 2,
        };
        let by_day =
            lines(Period::read("2026-11").unwrap(), &zone(), &all, std::slice::from_ref(&payout));
        let labels: Vec<_> = by_day.iter().map(|line| (line.label.as_str(), line.orders)).collect();
        let wanted = [("2026-11-02", 2), ("2026-11-02", 1), ("2026-11-03", 0), ("2026-11-30", 0)];
        assert_eq!(labels, wanted);
        assert_eq!((by_day[0].ordered, by_day[0].claimed, by_day[2].refunded), (150, 120, 20));
        let back = Payout { state: "returned".into(), fees: 0, ..payout.clone() };
        let by_month = lines(Period::read("2026").unwrap(), &zone(), &all, &[payout, back]);
        assert_eq!(by_month.len(), 2);
        let yen = &by_month[0];
        assert_eq!((yen.label.as_str(), yen.fees, yen.paid), ("2026-11", 3, 97));
        assert_eq!((yen.ordered, yen.claimed, yen.refunded), (150, 120, 20));
    }
}
