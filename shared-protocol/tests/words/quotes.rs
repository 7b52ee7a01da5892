//! The quote of a plan: only one that is sound, of this agent, for this purchase and in time goes
//! into a purchase, and the merchant sees no more of it than the class.

use shared_protocol::{
    Date, DecodeError, Form, Half as _, Plan, PlanClass, PlanQuote, Problem, Signed, Span,
    Timestamp, decode, encode,
};

use crate::{
    examples,
    labelled::varint,
    party::{Deal, NOW, Party, Seeded, form, yen},
    sides::{agent_matches, shopper_seals_as_given},
};

const PLAN: Plan = Plan::Instalments(3);

/// A deal whose Offer accepts every plan.
fn deal() -> Deal {
    let mut deal = Deal::new();
    let mut offer = deal.signed_offer.claimed().unwrap();
    offer.plans = PlanClass::ALL.to_vec();
    deal.signed_offer = Signed::sign(&offer, &deal.merchant);
    deal
}

fn form_with(plan: Plan, quote: Option<Signed<PlanQuote>>) -> Form {
    Form { plan, quote, ..form() }
}

/// What the agent says to a purchase with this quote; `Err(Some)` if no honest program asks.
fn judged(deal: &Deal, quote: Signed<PlanQuote>, now: Timestamp) -> Result<(), Problem> {
    let sealed = shopper_seals_as_given(deal, form_with(PLAN, Some(quote)), &mut Seeded(1))?;
    agent_matches(deal, &sealed.grant_request(), now).map(|_| ())
}

#[test]
fn the_agent_s_own_quote_for_this_purchase_is_good_until_its_end() {
    let deal = deal();
    let mut quote = deal.quote(PLAN, yen(3850));
    quote.expires = NOW.plus(Span::minutes(5));
    let signed = Signed::sign(&quote, &deal.agent);
    for (after, told) in [
        (Span::millis(0), Ok(())),
        (Span::millis(5 * 60_000 - 1), Ok(())),
        (Span::minutes(5), Err(Problem::QuoteExpired)),
        (Span::minutes(6), Err(Problem::QuoteExpired)),
    ] {
        assert_eq!(judged(&deal, signed.clone(), NOW.plus(after)), told);
    }
}

/// A field's name and what is made of it.
type Change = (&'static str, fn(&mut PlanQuote));

const WRONG: &[Change] = &[
    ("agent", |q| q.agent = "agt_other".parse().unwrap()),
    ("merchant", |q| q.merchant = "mrc_other".parse().unwrap()),
    ("amount", |q| q.amount = yen(3849)),
    ("amount and total", |q| (q.amount, q.total) = (yen(3849), yen(3926))),
    ("plan", |q| q.plan = Plan::Instalments(5)),
    ("plan: bonus", |q| q.plan = Plan::BonusInstalments(3)),
    ("fee", |q| q.fee = yen(0)),
    ("total", |q| q.total = yen(3850)),
    ("total in dollars", |q| q.total.currency = "USD".parse().unwrap()),
    ("schedule: none", |q| q.schedule.clear()),
    ("schedule: one less", |q| q.schedule.truncate(2)),
    ("schedule: a yen less", |q| q.schedule[1].minor -= 1),
    ("schedule: nothing due", |q| {
        q.schedule[0].minor += q.schedule[1].minor;
        q.schedule[1].minor = 0;
    }),
    ("schedule: the same day", |q| q.schedule[1].due = q.schedule[0].due),
    ("schedule: backwards", |q| {
        let first = q.schedule[0].due;
        q.schedule[0].due = q.schedule[2].due;
        q.schedule[2].due = first;
    }),
    ("schedule: more than there is", |q| q.schedule[0].minor = 9_007_199_254_740_991),
];

#[test]
fn a_quote_for_anything_else_is_refused_by_program_and_agent() {
    let deal = deal();
    let usual = deal.quote(PLAN, yen(3850));
    assert_eq!(judged(&deal, Signed::sign(&usual, &deal.agent), NOW), Ok(()));
    let sealed = shopper_seals_as_given(
        &deal,
        form_with(PLAN, Some(Signed::sign(&usual, &deal.agent))),
        &mut Seeded(1),
    );
    let request = sealed.unwrap().grant_request();
    let matched = agent_matches(&deal, &request, NOW).unwrap();
    for (what, change) in WRONG {
        let mut quote = usual.clone();
        change(&mut quote);
        let signed = Signed::sign(&quote, &deal.agent);
        let verified = signed.verify(&deal.agent.key()).unwrap();
        assert_eq!(judged(&deal, signed, NOW), Err(Problem::QuoteInvalid), "{what}");
        let told = matched.check_quote(PLAN, Some(&verified), NOW);
        assert_eq!(told, Err(Problem::QuoteInvalid), "{what}");
    }
}

#[test]
fn a_quote_that_somebody_else_signed_is_refused() {
    let deal = deal();
    let quote = deal.quote(PLAN, yen(3850));
    for signed in [Signed::sign(&quote, &Party::new((), 77)), Signed::sign(&quote, &deal.merchant)]
    {
        assert_eq!(judged(&deal, signed, NOW), Err(Problem::QuoteInvalid));
    }
}

#[test]
fn every_plan_but_the_lump_sum_needs_a_quote() {
    let deal = deal();
    let plans =
        [PLAN, Plan::Revolving, Plan::Bonus, Plan::BonusInstalments(6), Plan::Instalments(60)];
    for plan in plans {
        let split = shopper_seals_as_given(&deal, form_with(plan, None), &mut Seeded(1));
        assert_eq!(split.err(), Some(Problem::QuoteInvalid), "{plan}");
    }
    let sealed = shopper_seals_as_given(&deal, form(), &mut Seeded(1)).unwrap();
    let matched = agent_matches(&deal, &sealed.grant_request(), NOW).unwrap();
    assert_eq!(matched.check_quote(Plan::Single, None, NOW), Ok(()));
    assert_eq!(matched.check_quote(PLAN, None, NOW), Err(Problem::QuoteInvalid));
}

#[test]
fn the_merchant_s_messages_hold_nothing_of_the_quote_but_the_class() {
    let deal = deal();
    let signed = Signed::sign(&deal.quote(PLAN, yen(3850)), &deal.agent);
    let form = form_with(PLAN, Some(signed.clone()));
    let sealed = shopper_seals_as_given(&deal, form, &mut Seeded(1)).unwrap();
    let request = sealed.grant_request();
    assert_eq!(request.tally.verify().unwrap().plan_class, PlanClass::Instalments);
    let half = request.payment.open(&sealed.context, &deal.agent.opening).unwrap();
    assert_eq!(half.quote.as_ref(), Some(&signed));
    let holds = |bytes: &[u8]| bytes.windows(24).any(|seen| seen == &signed.bytes()[24..48]);
    assert!(holds(&half.to_plaintext()));
    let order = sealed.order_check().order.open(&sealed.context, &deal.merchant.opening).unwrap();
    assert!(!holds(&order.to_plaintext()) && !holds(&encode(&sealed.order_check())));
}

#[test]
fn plans_are_read_only_as_they_are_written() {
    let mut plans = vec![Plan::Single, Plan::Revolving, Plan::Bonus, Plan::Transfer];
    plans.extend((2..=60).map(Plan::Instalments));
    plans.extend((2..=60).map(Plan::BonusInstalments));
    for plan in plans {
        assert_eq!(plan.to_string().parse(), Ok(plan));
        assert_eq!(PlanClass::from_name(plan.class().name()), Some(plan.class()));
    }
    let nonsense = [
        "",
        "Single",
        "times",
        "times-",
        "times-0",
        "times-1",
        "times-61",
        "times-3 ",
        "times--3",
        "bonus-times-1",
        "bonus-",
        "revolving-3",
    ];
    for text in nonsense {
        assert!(text.parse::<Plan>().is_err(), "{text}");
    }
    assert_eq!(PlanClass::from_name("times-3"), None);
}

#[test]
fn only_days_that_exist_are_dates() {
    let dates = ["2026-01-31", "2028-02-29", "2000-02-29", "1970-01-01", "9999-12-31"];
    for text in dates {
        assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
    }
    let nonsense = [
        "2026-02-29",
        "2100-02-29",
        "2026-00-10",
        "2026-13-01",
        "2026-04-31",
        "2026-01-00",
        "1969-12-31",
        "0000-01-01",
        "2026-1-01",
        "2026/01/01",
        "+026-01-01",
        "2026-01-011",
        "",
    ];
    for text in nonsense {
        assert!(text.parse::<Date>().is_err(), "{text}");
    }
    assert_eq!(Date::new(u16::MAX, u8::MAX, u8::MAX), None);
}

/// Every day of four centuries, in the order in which calendars have them.
#[test]
fn each_day_is_one_more_than_the_day_before() {
    let mut expected = 0;
    for year in 1970..2370 {
        for month in 1..=12 {
            for day in (1..=31).filter_map(|day| Date::new(year, month, day)) {
                assert_eq!(day.days(), expected, "{day}");
                assert_eq!((day.year(), day.month()), (year, month));
                expected += 1;
            }
        }
    }
    assert_eq!(expected, 146_097, "the days of 400 years");
    // date -d 2026-12-28 +%s is 1798416000 in UTC.
    assert_eq!("2026-12-28".parse::<Date>().unwrap().days(), 1_798_416_000 / 86_400);
}

#[test]
fn a_day_after_the_last_is_not_read() {
    let quote = examples::quotes(&Deal::new()).remove(1);
    let mut bytes = encode(&quote);
    let days = varint(u64::from(quote.schedule[0].due.days()));
    let last = varint(u64::from(Date::new(9999, 12, 31).unwrap().days()));
    let at = bytes.windows(days.len()).position(|seen| seen == days).unwrap();
    bytes.splice(at..at + days.len(), last.clone());
    assert!(decode::<PlanQuote>(&bytes).is_ok());
    bytes[at] += 1;
    assert_eq!(decode::<PlanQuote>(&bytes), Err(DecodeError::Malformed));
}
