//! In which ways shoppers may pay, as the operator says it in a file, checked once when it is read.
//! `plans.sample.toml` shows each setting.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Format as _, Toml},
};
use jiff::{civil, civil::Weekday, tz::TimeZone};
use serde::Deserialize;
use shared_protocol::{BasisPoints, Currency, Plan, PlanClass, Span};

use super::calendar::{Calendar, ROLL_DAYS_MAX, Roll};

/// All rules.
#[derive(Clone, Debug)]
pub struct PlanRules {
    /// How long a quote holds.
    pub quote_lifetime: Span,
    /// When payments fall due.
    pub calendar: Calendar,
    /// What so many payments cost, by count.
    pub(super) fees: BTreeMap<u8, BasisPoints>,
    pub(super) revolving_rate: Option<BasisPoints>,
    pub(super) bonus: Option<Bonus>,
    pub(super) currencies: BTreeMap<String, CurrencyRules>,
}

/// How bonuses pay.
#[derive(Clone, Debug)]
pub(super) struct Bonus {
    pub(super) months: Vec<i8>,
    pub(super) notice_months: u16,
    pub(super) fee: BasisPoints,
    pub(super) share: BasisPoints,
    pub(super) counts: Vec<u8>,
}

/// From which price on, in minor units.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CurrencyRules {
    pub(super) instalments_from: u64,
    pub(super) bonus_from: u64,
    pub(super) revolving_principal: u64,
}

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanFault {
    /// The file that was named is not there.
    #[error("{0} does not exist (agent-server/plans.sample.toml is an example)")]
    NoFile(PathBuf),
    /// A key is missing, unknown or of the wrong kind.
    #[error(transparent)]
    Key(#[from] Box<figment::Error>),
    /// A setting says what cannot be.
    #[error("{0}: {1}")]
    Setting(&'static str, String),
}

impl PlanRules {
    /// Those in the file that the settings name; in a demo without one the sample's, else the lump
    /// sum alone.
    ///
    /// # Errors
    /// [`PlanFault`].
    pub fn of(file: Option<&Path>, is_demo: bool) -> Result<Self, PlanFault> {
        match (file, is_demo) {
            (Some(file), _) => Self::load(file),
            (None, true) => Ok(Self::sample()),
            (None, false) => Ok(Self::lump_sum_only()),
        }
    }

    /// Those in this file.
    ///
    /// # Errors
    /// [`PlanFault`].
    pub fn load(file: &Path) -> Result<Self, PlanFault> {
        if !file.exists() {
            return Err(PlanFault::NoFile(file.into()));
        }
        Self::checked(Figment::new().merge(Toml::file(file)))
    }

    /// Those in this text.
    ///
    /// # Errors
    /// [`PlanFault`].
    pub fn read(text: &str) -> Result<Self, PlanFault> {
        Self::checked(Figment::new().merge(Toml::string(text)))
    }

    /// The sample's, with which the demo runs.
    ///
    /// # Panics
    /// Never: the sample is part of this program and tested.
    pub fn sample() -> Self {
        Self::read(SAMPLE).expect("the sample is sound")
    }

    /// The lump sum alone, by the sample's calendar: where the operator has said nothing.
    pub fn lump_sum_only() -> Self {
        let currencies = BTreeMap::new();
        let fees = BTreeMap::new();
        Self { fees, revolving_rate: None, bonus: None, currencies, ..Self::sample() }
    }

    /// Every plan that these classes allow, in the order in which they are offered.
    pub fn plans(&self, classes: &[PlanClass]) -> Vec<Plan> {
        let mut plans = Vec::new();
        for class in PlanClass::ALL.into_iter().filter(|class| classes.contains(class)) {
            match (class, &self.bonus) {
                (PlanClass::Single, _) => plans.push(Plan::Single),
                (PlanClass::Instalments, _) => {
                    plans.extend(self.fees.keys().copied().map(Plan::Instalments));
                }
                (PlanClass::Revolving, _) => {
                    plans.extend(self.revolving_rate.map(|_| Plan::Revolving));
                }
                (PlanClass::Bonus, Some(_)) => plans.push(Plan::Bonus),
                (PlanClass::BonusInstalments, Some(bonus)) => {
                    plans.extend(bonus.counts.iter().copied().map(Plan::BonusInstalments));
                }
                (PlanClass::Transfer, _) => plans.push(Plan::Transfer),
                (PlanClass::Bonus | PlanClass::BonusInstalments, None) => {}
            }
        }
        plans
    }

    pub(super) fn currency(&self, currency: Currency) -> Option<&CurrencyRules> {
        self.currencies.get(currency.code())
    }

    fn checked(figment: Figment) -> Result<Self, PlanFault> {
        let said: Said = figment.extract().map_err(Box::new)?;
        let minutes = said.quote_minutes;
        ensure((1..=1440).contains(&minutes), "quote_minutes", || "1 to 1440".into())?;
        let fees = fees(&said.instalments.unwrap_or_default().fees)?;
        let rate = said.revolving.map(|said| said.yearly_rate);
        ensure(rate.is_none_or(|rate| rate <= RATE_MAX), "revolving.yearly_rate", most_rate)?;
        Ok(Self {
            quote_lifetime: Span::minutes(i64::from(minutes)),
            calendar: calendar(&said.calendar)?,
            revolving_rate: rate.map(BasisPoints),
            bonus: said.bonus.map(|said| bonus(said, &fees)).transpose()?,
            fees,
            currencies: currencies(&said.currencies)?,
        })
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    quote_minutes: u32,
    calendar: SaidCalendar,
    instalments: Option<SaidInstalments>,
    revolving: Option<SaidRevolving>,
    bonus: Option<SaidBonus>,
    #[serde(default)]
    currencies: BTreeMap<String, CurrencyRules>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidCalendar {
    time_zone: String,
    closing_day: i8,
    due_day: i8,
    when_closed: String,
    weekend: Vec<String>,
    closed_every_year: Vec<String>,
    holidays: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidInstalments {
    fees: Vec<SaidFee>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidFee {
    count: u8,
    fee: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidRevolving {
    yearly_rate: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidBonus {
    months: Vec<i8>,
    notice_months: u16,
    fee: u16,
    share: u16,
    counts: Vec<u8>,
}

fn ensure(
    sound: bool,
    setting: &'static str,
    why: impl FnOnce() -> String,
) -> Result<(), PlanFault> {
    if sound { Ok(()) } else { Err(PlanFault::Setting(setting, why())) }
}

fn most_rate() -> String {
    format!("at most {RATE_MAX} basis points")
}

fn calendar(said: &SaidCalendar) -> Result<Calendar, PlanFault> {
    let zone = TimeZone::get(&said.time_zone);
    let unknown = |setting, text: &str| PlanFault::Setting(setting, format!("{text:?} is unknown"));
    let day = |number: i8| (1..=31).contains(&number);
    ensure(day(said.closing_day), "calendar.closing_day", || "1 to 31".into())?;
    ensure(day(said.due_day), "calendar.due_day", || "1 to 31".into())?;
    let roll = match said.when_closed.as_str() {
        "next" => Roll::Next,
        "previous" => Roll::Previous,
        other => return Err(unknown("calendar.when_closed", other)),
    };
    // Else a payment could fall due before its closing.
    let is_late = roll == Roll::Next || said.due_day > ROLL_DAYS_MAX;
    let too_early = || format!("above {ROLL_DAYS_MAX}, where when_closed is \"previous\"");
    ensure(is_late, "calendar.due_day", too_early)?;
    let weekend = said.weekend.iter();
    let weekend = weekend.map(|name| weekday(name).ok_or(unknown("calendar.weekend", name)));
    let every_year = said.closed_every_year.iter();
    let every_year = every_year
        .map(|text| month_and_day(text).ok_or_else(|| unknown("calendar.closed_every_year", text)));
    let holidays = said.holidays.iter();
    let holidays = holidays.map(|text| {
        civil::Date::strptime("%Y-%m-%d", text).map_err(|_| unknown("calendar.holidays", text))
    });
    Ok(Calendar {
        zone: zone.map_err(|_| unknown("calendar.time_zone", &said.time_zone))?,
        closing_day: said.closing_day,
        due_day: said.due_day,
        roll,
        weekend: weekend.collect::<Result<_, _>>()?,
        every_year: every_year.collect::<Result<_, _>>()?,
        holidays: holidays.collect::<Result<_, _>>()?,
    })
}

fn weekday(name: &str) -> Option<Weekday> {
    const NAMES: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = NAMES.iter().position(|known| *known == name)?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

/// "12-31", a day of a leap year.
fn month_and_day(text: &str) -> Option<(i8, i8)> {
    let day = civil::Date::strptime("%Y-%m-%d", format!("2028-{text}")).ok()?;
    (text.len() == 5).then_some((day.month(), day.day()))
}

fn fees(said: &[SaidFee]) -> Result<BTreeMap<u8, BasisPoints>, PlanFault> {
    const SETTING: &str = "instalments.fees";
    for row in said {
        let count = row.count;
        ensure((2..=60).contains(&count), SETTING, || format!("count {count} is not 2 to 60"))?;
        ensure(row.fee <= 10_000, SETTING, || format!("count {count}: more than the price"))?;
    }
    for pair in said.windows(2) {
        let rises = pair[0].count < pair[1].count && pair[0].fee <= pair[1].fee;
        let count = pair[1].count;
        ensure(rises, SETTING, || format!("count {count}: counts rise, and fees do not fall"))?;
    }
    Ok(said.iter().map(|row| (row.count, BasisPoints(row.fee))).collect())
}

fn bonus(said: SaidBonus, fees: &BTreeMap<u8, BasisPoints>) -> Result<Bonus, PlanFault> {
    let months: BTreeSet<i8> = said.months.iter().copied().collect();
    let sound = !months.is_empty()
        && months.len() == said.months.len()
        && months.iter().all(|month| (1..=12).contains(month));
    ensure(sound, "bonus.months", || "months of the year, 1 to 12, each once".into())?;
    let notice = said.notice_months;
    ensure((1..=12).contains(&notice), "bonus.notice_months", || "1 to 12".into())?;
    ensure(said.fee <= 10_000, "bonus.fee", || "more than the price".into())?;
    ensure((1..10_000).contains(&said.share), "bonus.share", || "1 to 9999".into())?;
    for count in &said.counts {
        let known = fees.contains_key(count);
        ensure(known, "bonus.counts", || format!("{count} is not in instalments.fees"))?;
    }
    Ok(Bonus {
        months: said.months,
        notice_months: notice,
        fee: BasisPoints(said.fee),
        share: BasisPoints(said.share),
        counts: said.counts.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
    })
}

fn currencies(
    said: &BTreeMap<String, CurrencyRules>,
) -> Result<BTreeMap<String, CurrencyRules>, PlanFault> {
    let mut known = BTreeMap::new();
    for (code, rules) in said {
        let currency: Currency = code.parse().map_err(|_| {
            PlanFault::Setting("currencies", format!("{code} is no currency with a minor unit"))
        })?;
        let nothing = || format!("{code}: revolving_principal is 0");
        ensure(rules.revolving_principal > 0, "currencies", nothing)?;
        known.insert(currency.code().to_owned(), *rules);
    }
    Ok(known)
}

const SAMPLE: &str = include_str!("../../../plans.sample.toml");
/// 100 % a year.
const RATE_MAX: u16 = 10_000;
