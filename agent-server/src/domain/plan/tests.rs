//! Plans against published tables, the law's calendar, and what must hold for every price.

use std::collections::BTreeSet;

use jiff::{ToSpan as _, civil, civil::Weekday};
use proptest::{prelude::*, sample::select};
use shared_protocol::{Amount, BasisPoints, Currency, Date, Plan, PlanClass, Problem, Timestamp};

use super::{Bill, PlanRules, rate::yearly_rate};

fn yen(minor: u64) -> Amount {
    Amount { minor, currency: Currency::JPY }
}

/// Noon in Tokyo.
fn on(day: &str) -> Timestamp {
    let noon = day.parse::<civil::Date>().unwrap().at(12, 0, 0, 0);
    Timestamp::from_millis(noon.in_tz("Asia/Tokyo").unwrap().timestamp().as_millisecond())
}

fn bill(plan: Plan, price: u64, day: &str) -> Bill {
    PlanRules::sample().bill(plan, yen(price), on(day)).unwrap()
}

fn paid(bill: &Bill) -> Vec<(String, u64)> {
    bill.schedule.iter().map(|paid| (paid.due.to_string(), paid.minor)).collect()
}

fn rows(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
    rows.iter().map(|(due, minor)| ((*due).to_owned(), *minor)).collect()
}

#[test]
fn a_lump_sum_is_due_next_month_and_costs_nothing() {
    let bill = bill(Plan::Single, 3850, "2026-11-25");
    assert_eq!((bill.fee, bill.total, bill.yearly_rate), (yen(0), yen(3850), None));
    // The 27th is a Sunday.
    assert_eq!(paid(&bill), rows(&[("2026-12-28", 3850)]));
}

/// ポケットカード: 10万円, 10 times, 7.00 for each 100.
/// <https://www.pocketcard.co.jp/use/shopping/domestic/outline.html>
#[test]
fn a_published_example_comes_out_to_the_yen() {
    let ten = bill(Plan::Instalments(10), 100_000, "2026-11-25");
    assert_eq!((ten.fee, ten.total), (yen(7000), yen(107_000)));
    assert!(ten.schedule.iter().all(|paid| paid.minor == 10_700));
    assert_eq!(ten.schedule.len(), 10);
}

#[test]
fn what_does_not_divide_evenly_goes_to_the_first_payment() {
    let three = bill(Plan::Instalments(3), 3850, "2026-11-25");
    // 3850 × 2.51 % = 96.6
    assert_eq!((three.fee, three.total), (yen(96), yen(3946)));
    let expected = [("2026-12-28", 1316), ("2027-01-27", 1315), ("2027-02-26", 1315)];
    assert_ne!(paid(&three), rows(&expected), "the 27th of February 2027 is a Saturday");
    let expected = [("2026-12-28", 1316), ("2027-01-27", 1315), ("2027-03-01", 1315)];
    assert_eq!(paid(&three), rows(&expected));
}

#[test]
fn revolving_pays_the_same_part_and_interest_on_what_is_left() {
    let bill = bill(Plan::Revolving, 25_000, "2026-11-25");
    // 15 % a year is 1.25 % a month of 25,000, 15,000, 5,000: 312.5, 187.5, 62.5.
    let expected = [("2026-12-28", 10_312), ("2027-01-27", 10_187), ("2027-03-01", 5_062)];
    assert_eq!(paid(&bill), rows(&expected));
    assert_eq!((bill.fee, bill.total), (yen(561), yen(25_561)));
}

#[test]
fn a_bonus_is_the_first_that_is_far_enough_away() {
    let lump = |day| paid(&bill(Plan::Bonus, 50_000, day));
    assert_eq!(lump("2026-11-25"), rows(&[("2027-07-27", 50_000)]), "December is too soon");
    assert_eq!(lump("2026-10-31"), rows(&[("2026-12-28", 50_000)]));
    assert_eq!(lump("2027-05-31"), rows(&[("2027-07-27", 50_000)]));
    assert_eq!(lump("2027-06-01"), rows(&[("2027-12-27", 50_000)]));
    assert_eq!(bill(Plan::Bonus, 50_000, "2026-11-25").yearly_rate, Some(BasisPoints(0)));
}

#[test]
fn half_of_a_bonus_plan_falls_on_the_bonuses() {
    let six = bill(Plan::BonusInstalments(6), 100_000, "2026-09-30");
    // 104,420: half of it in December, 52,210; the other half six times 8,701 and 4 over.
    let months = [8_705, 8_701, 8_701 + 52_210, 8_701, 8_701, 8_701];
    assert_eq!(six.schedule.iter().map(|paid| paid.minor).collect::<Vec<_>>(), months);
    let twelve = bill(Plan::BonusInstalments(12), 100_000, "2026-09-30");
    let much = twelve.schedule.iter().filter(|paid| paid.minor > 10_000);
    let due: Vec<_> = much.map(|paid| paid.due.to_string()).collect();
    assert_eq!(due, ["2026-12-28", "2027-07-27"]);
}

/// ポケットカード: what 15.00 % a year cost for each 100 of the price, by count from 2 to 36.
/// <https://www.pocketcard.co.jp/use/shopping/domestic/outline.html>
const FEES_AT_15_PERCENT: [u64; 35] = [
    188, 251, 314, 378, 442, 506, 571, 635, 700, 766, 831, 897, 963, 1029, 1095, 1162, 1229, 1297,
    1364, 1432, 1500, 1568, 1637, 1706, 1775, 1844, 1914, 1983, 2054, 2124, 2195, 2265, 2337, 2408,
    2480,
];

#[test]
fn a_published_table_of_fees_comes_to_the_rate_that_it_names() {
    for (count, fee) in (2_usize..).zip(FEES_AT_15_PERCENT) {
        // Each fee was rounded to a hundredth: half of one less is too little, half more too much.
        let rate = |half_hundredths: u64| {
            let price = 20_000_000 * u64::try_from(count).unwrap();
            yearly_rate(price, &vec![1000 * (20_000 + half_hundredths); count]).unwrap().0
        };
        let (low, high) = (rate(2 * fee - 1), rate(2 * fee + 1));
        assert!((low..=high).contains(&1500), "{count} times: {low} to {high}");
        assert!(high - low <= 9, "{count} times: {low} to {high}");
    }
}

/// ニッセン・クレジットサービス: fee for each 100 and the rate, cut to hundredths of a percent; those for
/// 5 to 12 payments stand there up to four hundredths lower than they are.
/// <https://www.nissenren-nicc.co.jp/bunkatsu_tesuryo/>
const PUBLISHED_RATES: [(usize, u64, u16, u16); 10] = [
    (3, 200, 1196, 0),
    (5, 375, 1484, 4),
    (6, 450, 1523, 4),
    (10, 750, 1602, 2),
    (12, 900, 1620, 2),
    (18, 1350, 1642, 0),
    (24, 1800, 1642, 1),
    (36, 2700, 1624, 0),
    (48, 3600, 1598, 1),
    (60, 4500, 1571, 0),
];

#[test]
fn a_published_table_of_rates_comes_out() {
    for (count, fee, published, higher) in PUBLISHED_RATES {
        let price = 10_000_000 * u64::try_from(count).unwrap();
        let rate = yearly_rate(price, &vec![1000 * (10_000 + fee); count]);
        assert_eq!(rate, Some(BasisPoints(published + higher)), "{count} times");
    }
    // アドオン率 10 %, 10 times: 21.26 % (https://www.cashingspace.net/, アドオン率)
    assert_eq!(yearly_rate(100_000, &[11_000; 10]), Some(BasisPoints(2126)));
    assert_eq!(yearly_rate(100_000, &[50_000; 2]), Some(BasisPoints(0)));
    assert_eq!(yearly_rate(1, &[2]), None, "1200 %");
}

/// The sample's fees are those that ポケットカード publishes for 15.00 %; each was rounded to a
/// hundredth of a yen in 100.
#[test]
fn the_sample_s_fees_come_to_fifteen_percent() {
    for plan in PlanRules::sample().plans(&[PlanClass::Instalments]) {
        let rate = bill(plan, 10_000_000, "2026-11-25").yearly_rate.unwrap().0;
        assert!((1497..=1503).contains(&rate), "{plan}: {rate}");
    }
    let revolving = bill(Plan::Revolving, 600_000, "2026-11-25");
    assert_eq!((revolving.yearly_rate, revolving.schedule.len()), (Some(BasisPoints(1500)), 60));
}

/// The same by Newton's method in floating point.
#[expect(clippy::float_arithmetic, reason = "another way to the same rate")]
fn rate_by_newton(price: u64, months: &[u64]) -> i64 {
    let mut monthly = 0.01;
    for _ in 0..100 {
        let (mut worth, mut slope) = (-(price as f64), 0.0);
        for (at, payment) in months.iter().enumerate() {
            let (n, payment) = (at as f64 + 1.0, *payment as f64);
            worth += payment / (1.0_f64 + monthly).powf(n);
            slope -= n * payment / (1.0_f64 + monthly).powf(n + 1.0);
        }
        monthly -= worth / slope;
    }
    (monthly * 120_000.0).round() as i64
}

/// 国民の祝日に関する法律 2条, 3条, for one year: the third and other Mondays, the equinoxes by the
/// astronomers' formula (1980 to 2099), substitutes, and days between two holidays.
fn holidays_by_law(year: i16) -> BTreeSet<civil::Date> {
    let day = |month, day| civil::date(year, month, day);
    let monday = |month, nth| day(month, 1).nth_weekday_of_month(nth, Weekday::Monday).unwrap();
    // 20.8431 or 23.2488 in 1980, 0.242194 later each year, a day earlier each leap year.
    let equinox = |millionths: i32| {
        let years = i32::from(year - 1980);
        i8::try_from((millionths + 242_194 * years) / 1_000_000 - years / 4).unwrap()
    };
    let named = BTreeSet::from([
        day(1, 1),
        monday(1, 2),
        day(2, 11),
        day(2, 23),
        day(3, equinox(20_843_100)),
        day(4, 29),
        day(5, 3),
        day(5, 4),
        day(5, 5),
        monday(7, 3),
        day(8, 11),
        monday(9, 3),
        day(9, equinox(23_248_800)),
        monday(10, 2),
        day(11, 3),
        day(11, 23),
    ]);
    let mut all = named.clone();
    for sunday in named.iter().filter(|day| day.weekday() == Weekday::Sunday) {
        let mut substitute = sunday.tomorrow().unwrap();
        while named.contains(&substitute) {
            substitute = substitute.tomorrow().unwrap();
        }
        all.insert(substitute);
    }
    for holiday in &named {
        let next = holiday.tomorrow().unwrap();
        if !named.contains(&next) && named.contains(&next.tomorrow().unwrap()) {
            all.insert(next);
        }
    }
    all
}

#[test]
fn the_sample_s_holidays_are_those_of_the_law() {
    let rules = PlanRules::sample();
    let by_law: BTreeSet<_> = (2026..=2028).flat_map(holidays_by_law).collect();
    assert_eq!(rules.calendar.holidays, by_law);
    let known = ["2026-05-06", "2026-09-22", "2027-03-22"];
    for day in known {
        assert!(by_law.contains(&day.parse().unwrap()), "{day}");
    }
}

#[test]
fn a_due_day_that_is_closed_moves_as_the_operator_says() {
    let due = |text: String, day: &str| {
        let rules = PlanRules::read(&text).unwrap();
        rules.bill(Plan::Single, yen(1), on(day)).unwrap().schedule[0].due.to_string()
    };
    let text = |closing: u8, day: u8, roll: &str| {
        SAMPLE
            .replace("closing_day = 31", &format!("closing_day = {closing}"))
            .replace("due_day = 27", &format!("due_day = {day}"))
            .replace("\"next\"", &format!("{roll:?}"))
    };
    // Golden week 2026: Sunday the 3rd to Wednesday the 6th, the last of them a substitute.
    assert_eq!(due(text(31, 3, "next"), "2026-04-10"), "2026-05-07");
    // New year: the 31st to Sunday the 3rd.
    assert_eq!(due(text(31, 31, "next"), "2026-11-10"), "2027-01-04");
    assert_eq!(due(text(31, 31, "previous"), "2026-11-10"), "2026-12-30");
    // Closing on the 15th: from the 16th on it is the next month's bill.
    assert_eq!(due(text(15, 10, "next"), "2026-11-15"), "2026-12-10");
    assert_eq!(due(text(15, 10, "next"), "2026-11-16"), "2027-01-12");
    // A short month ends on its last day.
    assert_eq!(due(text(31, 31, "next"), "2027-01-31"), "2027-03-01");
    assert_eq!(due(text(30, 27, "next"), "2027-02-28"), "2027-03-29");
}

#[test]
fn the_day_of_a_purchase_is_read_off_the_operator_s_clock() {
    // 23:59:59.999 and midnight in Tokyo.
    let midnight = on("2026-11-30").as_millis() + 12 * 3_600_000;
    let rules = PlanRules::sample();
    let due = |millis| {
        let bill = rules.bill(Plan::Single, yen(1), Timestamp::from_millis(millis));
        bill.unwrap().schedule[0].due.to_string()
    };
    assert_eq!(due(midnight - 1), "2026-12-28");
    assert_eq!(due(midnight), "2027-01-27");
}

#[test]
fn too_small_a_price_or_an_unknown_plan_is_not_offered() {
    let rules = PlanRules::sample();
    let now = on("2026-11-25");
    let told = |plan, price| rules.bill(plan, price, now).err();
    let refused = Some(Problem::PlanNotAccepted);
    assert_eq!(told(Plan::Instalments(3), yen(2999)), refused);
    assert_eq!(told(Plan::Instalments(3), yen(3000)), None);
    assert_eq!(told(Plan::Instalments(4), yen(50_000)), refused);
    assert_eq!(told(Plan::Bonus, yen(9999)), refused);
    assert_eq!(told(Plan::BonusInstalments(3), yen(50_000)), refused);
    assert_eq!(told(Plan::Revolving, yen(600_001)), refused, "more than 60 months");
    assert_eq!(told(Plan::Single, yen(0)), refused);
    let euros = Amount { minor: 50_000, currency: "EUR".parse().unwrap() };
    assert_eq!(told(Plan::Instalments(3), euros), refused);
    assert_eq!(told(Plan::Single, euros), None);
    let only = PlanRules::lump_sum_only();
    assert_eq!(only.plans(&PlanClass::ALL), [Plan::Single, Plan::Transfer]);
    let transfer = only.bill(Plan::Transfer, yen(3850), on("2026-11-25")).unwrap();
    assert_eq!((transfer.total, transfer.fee, transfer.schedule), (yen(3850), yen(0), vec![]));
    assert!(only.bill(Plan::Revolving, yen(5000), now).is_err());
}

const SAMPLE: &str = include_str!("../../../plans.sample.toml");

/// What is replaced in the sample, by what, and what the fault says.
const WRONG: &[(&str, &str, &str)] = &[
    ("quote_minutes = 30", "quote_minutes = 0", "quote_minutes: 1 to 1440"),
    ("quote_minutes = 30", "quote_hours = 30", "quote_hours"),
    ("Asia/Tokyo", "Asia/Tokio", "calendar.time_zone: \"Asia/Tokio\" is unknown"),
    ("closing_day = 31", "closing_day = 0", "calendar.closing_day: 1 to 31"),
    ("due_day = 27", "due_day = 32", "calendar.due_day: 1 to 31"),
    (
        "when_closed = \"next\"",
        "when_closed = \"later\"",
        "calendar.when_closed: \"later\" is unknown",
    ),
    ("\"saturday\"", "\"Saturday\"", "calendar.weekend: \"Saturday\" is unknown"),
    ("\"12-31\"", "\"12-32\"", "calendar.closed_every_year: \"12-32\" is unknown"),
    ("\"2026-02-23\"", "\"2026-02-30\"", "calendar.holidays: \"2026-02-30\" is unknown"),
    ("count = 3,", "count = 1,", "instalments.fees: count 1 is not 2 to 60"),
    ("count = 36", "count = 61", "instalments.fees: count 61 is not 2 to 60"),
    ("count = 5,", "count = 3,", "instalments.fees: count 3: counts rise"),
    ("fee = 378", "fee = 250", "instalments.fees: count 5: counts rise, and fees do not fall"),
    ("fee = 2480", "fee = 10001", "instalments.fees: count 36: more than the price"),
    ("yearly_rate = 1500", "yearly_rate = 10001", "revolving.yearly_rate: at most 10000"),
    ("months = [7, 12]", "months = []", "bonus.months"),
    ("months = [7, 12]", "months = [7, 13]", "bonus.months"),
    ("months = [7, 12]", "months = [7, 7]", "bonus.months"),
    ("notice_months = 2", "notice_months = 0", "bonus.notice_months: 1 to 12"),
    ("fee = 0", "fee = 10001", "bonus.fee: more than the price"),
    ("share = 5000", "share = 10000", "bonus.share: 1 to 9999"),
    ("counts = [6,", "counts = [7,", "bonus.counts: 7 is not in instalments.fees"),
    ("currencies.KWD", "currencies.XXX", "currencies: XXX is no currency"),
    (
        "revolving_principal = 30000",
        "revolving_principal = 0",
        "currencies: KWD: revolving_principal is 0",
    ),
    ("share = 5000", "", "share"),
];

#[test]
fn a_wrong_setting_is_named() {
    for (from, to, said) in WRONG {
        let text = SAMPLE.replacen(from, to, 1);
        assert_ne!(text, SAMPLE, "{from}");
        let fault = PlanRules::read(&text).err().map(|fault| fault.to_string());
        assert!(fault.clone().unwrap_or_default().contains(said), "{to}: {fault:?}");
    }
    let early = SAMPLE.replace("due_day = 27", "due_day = 14").replace("\"next\"", "\"previous\"");
    let fault = PlanRules::read(&early).unwrap_err().to_string();
    assert!(fault.contains("calendar.due_day: above 14"), "{fault}");
    let missing = PlanRules::load(std::path::Path::new("nowhere.toml")).unwrap_err().to_string();
    assert!(missing.contains("nowhere.toml does not exist"), "{missing}");
}

fn plans() -> impl Strategy<Value = Plan> {
    let mut plans = PlanRules::sample().plans(&PlanClass::ALL);
    plans.retain(|plan| *plan != Plan::Transfer);
    select(plans)
}

/// Mostly prices as there are, in currencies of 0, 2 and 3 decimals.
fn prices() -> impl Strategy<Value = Amount> {
    let currency = select(vec!["JPY", "USD", "KWD"]).prop_map(|code| code.parse().unwrap());
    let minor = prop_oneof![
        6 => 1..5_000_000_u64,
        2 => 1..20_000_u64,
        1 => 0..=Amount::MINOR_MAX,
        1 => Amount::MINOR_MAX - 1000..=Amount::MINOR_MAX,
    ];
    (minor, currency).prop_map(|(minor, currency)| Amount { minor, currency })
}

/// A moment of 2026, 2027 or the first half of 2028.
fn moments() -> impl Strategy<Value = Timestamp> {
    (1_767_225_600_000_i64..1_846_000_000_000).prop_map(Timestamp::from_millis)
}

fn rules() -> impl Strategy<Value = PlanRules> {
    (1..=31_u8, 1..=31_u8, any::<bool>()).prop_map(|(closing, due, next)| {
        let due = if next { due } else { due.max(15) };
        let roll = if next { "\"next\"" } else { "\"previous\"" };
        let text = SAMPLE
            .replace("closing_day = 31", &format!("closing_day = {closing}"))
            .replace("due_day = 27", &format!("due_day = {due}"))
            .replace("\"next\"", roll);
        PlanRules::read(&text).unwrap()
    })
}

fn civil(day: Date) -> civil::Date {
    day.to_string().parse().unwrap()
}

fn local(moment: Timestamp) -> civil::Date {
    let moment = jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap();
    moment.in_tz("Asia/Tokyo").unwrap().date()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_is_billed_adds_up(
        rules in rules(), plan in plans(), price in prices(), now in moments(),
    ) {
        let Ok(bill) = rules.bill(plan, price, now) else { return Ok(()) };
        let sum: u128 = bill.schedule.iter().map(|paid| u128::from(paid.minor)).sum();
        prop_assert_eq!(sum, u128::from(price.minor) + u128::from(bill.fee.minor));
        prop_assert_eq!(u128::from(bill.total.minor), sum);
        prop_assert!(bill.total.minor <= Amount::MINOR_MAX);
        let currencies = [bill.fee.currency, bill.total.currency];
        prop_assert_eq!(currencies, [price.currency; 2]);
        prop_assert!(bill.schedule.iter().all(|paid| paid.minor > 0));
        prop_assert!(bill.schedule.windows(2).all(|pair| pair[0].due < pair[1].due));
        for paid in &bill.schedule {
            let day = civil(paid.due);
            prop_assert!(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
            let is_holiday = (2026..=2028).contains(&day.year())
                && holidays_by_law(day.year()).contains(&day);
            prop_assert!(!is_holiday, "{day}");
            let year_s_end = (day.month(), day.day()) == (12, 31);
            let year_s_beginning = day.month() == 1 && day.day() <= 3;
            prop_assert!(!year_s_end && !year_s_beginning, "{day}");
        }
        let first = civil(bill.schedule[0].due);
        prop_assert!(first > local(now) || plan == Plan::Bonus, "due after it was bought");
        prop_assert!(first <= local(now).checked_add(14.months()).unwrap());
        let count = bill.schedule.len();
        match plan {
            Plan::Single | Plan::Transfer => {
                prop_assert_eq!((bill.fee.minor, count, bill.yearly_rate), (0, 1, None));
            }
            Plan::Bonus => prop_assert_eq!(count, 1),
            Plan::Instalments(n) | Plan::BonusInstalments(n) => {
                prop_assert_eq!(count, usize::from(n));
            }
            Plan::Revolving => prop_assert!(count <= 60),
        }
    }

    #[test]
    fn more_payments_never_cost_less_and_the_first_is_the_largest(
        price in prices(), now in moments(),
    ) {
        let rules = PlanRules::sample();
        let bills: Vec<_> = rules
            .plans(&[PlanClass::Instalments])
            .into_iter()
            .filter_map(|plan| rules.bill(plan, price, now).ok())
            .collect();
        for pair in bills.windows(2) {
            prop_assert!(pair[0].fee.minor <= pair[1].fee.minor);
            prop_assert!(pair[0].schedule[1].minor >= pair[1].schedule[1].minor);
        }
        for bill in &bills {
            let (first, rest) = bill.schedule.split_first().unwrap();
            let count = u64::try_from(bill.schedule.len()).unwrap();
            prop_assert!(rest.iter().all(|paid| paid.minor == rest[0].minor));
            prop_assert!((0..count).contains(&(first.minor - rest[0].minor)));
        }
    }

    #[test]
    fn beyond_what_an_amount_may_be_nothing_is_billed(
        plan in plans(), minor in Amount::MINOR_MAX + 1..=u64::MAX, now in moments(),
    ) {
        let told = PlanRules::sample().bill(plan, yen(minor), now);
        prop_assert_eq!(told.err(), Some(Problem::PlanNotAccepted));
    }

    #[test]
    fn a_fee_that_leaves_what_an_amount_may_be_is_refused(minor in 0..1_000_000_u64) {
        let rules = PlanRules::sample();
        let price = yen(Amount::MINOR_MAX - minor);
        let told = rules.bill(Plan::Instalments(36), price, on("2026-11-25"));
        prop_assert_eq!(told.err(), Some(Problem::PlanNotAccepted));
        let lump = rules.bill(Plan::Single, price, on("2026-11-25")).unwrap();
        prop_assert_eq!(lump.total, price);
    }

    #[test]
    fn rates_agree_with_floating_point(plan in plans(), price in 10_000..600_000_u64) {
        let Ok(bill) = PlanRules::sample().bill(plan, yen(price), on("2026-09-30")) else {
            return Ok(());
        };
        let Some(BasisPoints(rate)) = bill.yearly_rate.filter(|rate| rate.0 > 0) else {
            return Ok(());
        };
        // From September on payments are due month by month.
        let months: Vec<u64> = bill.schedule.iter().map(|paid| paid.minor).collect();
        let newton = rate_by_newton(price, &months);
        prop_assert!((i64::from(rate) - newton).abs() <= 1, "{rate} {newton}");
    }
}
