//! The whole tree of Fig 15, and the hours around weekends, holidays and the year's end.

use shared_protocol::{Currency, Problem, Timestamp};

use super::*;
use crate::domain::plan::PlanRules;

fn at(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_millis(moment.as_millisecond())
}

fn hours() -> Hours {
    rules().hours().unwrap()
}

fn rules() -> Rules {
    Rules {
        opens: "08:30".into(),
        closes: "15:30".into(),
        around_the_clock: vec!["0005".into(), "DE89370400".into()],
    }
}

fn when(rail: Rail, now: &str) -> When {
    hours().when(rail, &PlanRules::sample().calendar, at(now))
}

fn later(day: &str, opens: &str) -> When {
    When::Later(Later { day: day.parse().unwrap(), opens: at(opens) })
}

#[test]
fn beyond_the_listed_years_nobody_knows_when_banks_open() {
    for rail in [Rail::BankingHours, Rail::NextDay] {
        assert_eq!(when(rail, "2029-02-12T10:00:00+09:00"), When::Unknown);
        assert_eq!(when(rail, "2028-12-29T16:00:00+09:00"), When::Unknown, "the next day is");
    }
    assert_eq!(when(Rail::BankingHours, "2028-12-29T10:00:00+09:00"), When::Now);
    assert_eq!(when(Rail::AroundTheClock, "2029-02-12T10:00:00+09:00"), When::Now);
}

/// Each line of the figure: payee, balance, hours, and what comes of it.
#[test]
fn every_branch_of_the_tree_is_its_own() {
    let closed = later("2026-11-25", "2026-11-25T08:30:00+09:00");
    let When::Later(scheduled) = closed else { unreachable!() };
    let (good, wrong, unclear) = (PayeeAnswer::Good, PayeeAnswer::Wrong, PayeeAnswer::Unclear);
    let mut seen = 0;
    for (payee, is_covered, when, expected) in [
        (good, true, When::Now, Fate::Send),
        (good, true, closed, Fate::Schedule(scheduled)),
        (good, true, When::Unknown, Fate::Undetermined),
        (good, false, When::Now, Fate::BalanceShort),
        (good, false, closed, Fate::BalanceShort),
        (good, false, When::Unknown, Fate::BalanceShort),
        (wrong, true, When::Now, Fate::PayeeWrong),
        (wrong, true, closed, Fate::PayeeWrong),
        (wrong, true, When::Unknown, Fate::PayeeWrong),
        (wrong, false, When::Now, Fate::PayeeWrong),
        (wrong, false, closed, Fate::PayeeWrong),
        (wrong, false, When::Unknown, Fate::PayeeWrong),
        // What nobody knows is never taken for a closed bank.
        (unclear, true, When::Now, Fate::Undetermined),
        (unclear, true, closed, Fate::Undetermined),
        (unclear, true, When::Unknown, Fate::Undetermined),
        (unclear, false, When::Now, Fate::BalanceShort),
        (unclear, false, closed, Fate::BalanceShort),
        (unclear, false, When::Unknown, Fate::BalanceShort),
    ] {
        assert_eq!(fate(payee, is_covered, when), expected, "{payee:?} {is_covered} {when:?}");
        seen += 1;
    }
    assert_eq!(seen, 3 * 2 * 3);
    for (fate, problem) in [
        (Fate::Send, None),
        (Fate::Schedule(scheduled), None),
        (Fate::PayeeWrong, Some(Problem::PayeeAccountWrong)),
        (Fate::BalanceShort, Some(Problem::BalanceShort)),
        (Fate::Undetermined, Some(Problem::TransferUndetermined)),
    ] {
        assert_eq!(fate.problem(), problem);
    }
}

#[test]
fn exactly_what_is_there_can_be_sent() {
    let deposit = |balance, held| Deposit {
        currency: Currency::JPY,
        balance,
        held,
        rail: Rail::AroundTheClock,
    };
    let yen = |minor| Amount { minor, currency: Currency::JPY };
    assert!(deposit(3850, 0).covers(yen(3850)));
    assert!(!deposit(3849, 0).covers(yen(3850)));
    assert!(deposit(5000, 1150).covers(yen(3850)));
    assert!(!deposit(5000, 1151).covers(yen(3850)));
    assert!(!deposit(5000, 5001).covers(yen(0)));
    let dollars = Amount { minor: 1, currency: "USD".parse().unwrap() };
    assert!(!deposit(5000, 0).covers(dollars));
}

/// 2026-11-20 is a Friday; Monday the 23rd is 勤労感謝の日.
#[test]
fn a_closed_bank_sends_at_its_next_opening() {
    let tuesday = later("2026-11-24", "2026-11-24T08:30:00+09:00");
    for (now, expected) in [
        ("2026-11-20T08:29:59+09:00", later("2026-11-20", "2026-11-20T08:30:00+09:00")),
        ("2026-11-20T08:30:00+09:00", When::Now),
        ("2026-11-20T15:29:59+09:00", When::Now),
        ("2026-11-20T15:30:00+09:00", tuesday),
        ("2026-11-21T10:00:00+09:00", tuesday),
        ("2026-11-22T10:00:00+09:00", tuesday),
        ("2026-11-23T07:00:00+09:00", tuesday),
        ("2026-11-23T10:00:00+09:00", tuesday),
        ("2026-11-23T23:59:59+09:00", tuesday),
        ("2026-11-24T10:00:00+09:00", When::Now),
        // The last business day of the year, and the first of the next.
        ("2026-12-30T16:00:00+09:00", later("2027-01-04", "2027-01-04T08:30:00+09:00")),
        ("2026-12-31T10:00:00+09:00", later("2027-01-04", "2027-01-04T08:30:00+09:00")),
    ] {
        assert_eq!(when(Rail::BankingHours, now), expected, "{now}");
        assert_eq!(when(Rail::AroundTheClock, now), When::Now, "{now}");
    }
}

#[test]
fn next_day_is_the_next_business_day_even_when_the_bank_is_open() {
    let friday = "2026-11-20T10:00:00+09:00";
    let tuesday = later("2026-11-24", "2026-11-24T08:30:00+09:00");
    assert_eq!(when(Rail::NextDay, friday), tuesday);
    assert_eq!(when(Rail::NextDay, "2026-11-19T23:00:00+09:00"), {
        later("2026-11-20", "2026-11-20T08:30:00+09:00")
    });
}

#[test]
fn a_pair_of_accounts_is_as_slow_as_the_slower() {
    for one in Rail::ALL {
        for other in Rail::ALL {
            assert_eq!(one.with(other), other.with(one));
            assert_eq!(one.with(other), one.max(other));
        }
        assert_eq!(Rail::from_name(one.name()), Some(one));
    }
    let rules = rules();
    assert_eq!(rules.rail_to("0005-123-ordinary-7654321"), Rail::AroundTheClock);
    assert_eq!(rules.rail_to("0001-123-ordinary-7654321"), Rail::BankingHours);
    assert_eq!(rules.rail_to("DE89370400440532013000"), Rail::AroundTheClock);
    assert_eq!(rules.rail_to("GB82WEST12345698765432"), Rail::BankingHours);
}

#[test]
fn hours_that_are_none_are_refused() {
    for (opens, closes) in [("15:30", "08:30"), ("08:30", "08:30"), ("8", "15:30"), ("", "")] {
        let rules = Rules { opens: opens.into(), closes: closes.into(), ..rules() };
        assert_eq!(rules.hours(), Err(HoursFault), "{opens} {closes}");
    }
}

#[test]
fn every_state_has_one_name() {
    for state in TransferState::ALL {
        assert_eq!(TransferState::from_name(state.name()), Some(state));
        assert!(!(state.is_held() && state.has_left()));
    }
    assert_eq!(TransferState::from_name("lost"), None);
}
