//! How the money of a confirmed purchase stands: never more than the Grant, never more given back
//! than was claimed, and each state what its sums say.

use std::collections::BTreeSet;

use proptest::prelude::*;
use shared_protocol::{Amount, Problem, Settlement, SettlementEvent as E, SettlementState as S};

use crate::party::yen;

/// What happens by a word of this amount.
pub type Event = fn(Amount) -> E;

/// The words of PROTOCOL.md, and what happens by them.
pub const WORDS: [(&str, Event); 4] = [
    ("shipping-notice", |_| E::Shipped),
    ("claim", E::Claimed),
    ("void", E::Voided),
    ("refund", E::Refunded),
];

const SMALL: u64 = 3;

/// Every settlement of a small Grant.
fn all() -> impl Iterator<Item = Settlement> {
    let sums = (0..=SMALL)
        .flat_map(|a| (0..=SMALL).flat_map(move |b| (0..=SMALL).map(move |c| (a, b, c))));
    sums.filter_map(|(claimed, voided, refunded)| {
        Settlement::with(yen(SMALL), claimed, voided, refunded)
    })
}

/// Into which states an event of any amount may lead.
pub fn leads(state: S, event: Event) -> BTreeSet<S> {
    let here = all().filter(|sums| sums.state() == state);
    let amounts = || (0..=SMALL + 1).map(yen);
    here.flat_map(|sums| amounts().filter_map(move |amount| sums.apply(event(amount)).ok()))
        .map(Settlement::state)
        .collect()
}

#[test]
fn a_word_leads_where_the_story_says() {
    let led = |state, at: usize| leads(state, WORDS[at].1).into_iter().collect::<Vec<_>>();
    assert_eq!(led(S::Unclaimed, 0), [S::Unclaimed]);
    assert_eq!(led(S::Unclaimed, 1), [S::PartClaimed, S::Claimed]);
    assert_eq!(led(S::Unclaimed, 2), [S::Unclaimed, S::Voided]);
    assert_eq!(led(S::Unclaimed, 3), []);
    assert_eq!(led(S::PartClaimed, 1), [S::PartClaimed, S::Claimed]);
    assert_eq!(led(S::PartClaimed, 2), [S::PartClaimed, S::Claimed, S::Refunded]);
    assert_eq!(led(S::PartClaimed, 3), [S::PartClaimed]);
    assert_eq!(led(S::Claimed, 0), [S::Claimed]);
    assert_eq!(led(S::Claimed, 3), [S::Claimed, S::Refunded]);
    for at in 0..WORDS.len() {
        assert!(led(S::Voided, at).is_empty() && led(S::Refunded, at).is_empty());
    }
    assert!(led(S::Claimed, 1).is_empty() && led(S::Claimed, 2).is_empty());
}

#[test]
fn what_cannot_be_has_its_own_problem() {
    let fresh = Settlement::of(yen(100));
    let dollars = Amount::new(1, "USD".parse().unwrap()).unwrap();
    assert_eq!(fresh.apply(E::Claimed(yen(101))), Err(Problem::AmountExceeded));
    assert_eq!(fresh.apply(E::Claimed(yen(0))), Err(Problem::AmountMismatch));
    assert_eq!(fresh.apply(E::Claimed(dollars)), Err(Problem::AmountMismatch));
    assert_eq!(fresh.apply(E::Refunded(yen(1))), Err(Problem::AmountExceeded));
    let claimed = fresh.apply(E::Claimed(yen(100))).unwrap();
    assert_eq!(claimed.apply(E::Voided(yen(1))), Err(Problem::AmountExceeded));
    assert_eq!(claimed.apply(E::Refunded(yen(101))), Err(Problem::AmountExceeded));
    let given_back = claimed.apply(E::Refunded(yen(100))).unwrap();
    assert_eq!(given_back.apply(E::Refunded(yen(1))), Err(Problem::PurchaseClosed));
    let voided = fresh.apply(E::Voided(yen(100))).unwrap();
    assert_eq!(voided.apply(E::Claimed(yen(1))), Err(Problem::PurchaseClosed));
    assert_eq!(voided.apply(E::Shipped), Err(Problem::PurchaseClosed));
    let most = Settlement::of(Amount::new(Amount::MINOR_MAX, yen(1).currency).unwrap());
    let beyond = Amount { minor: u64::MAX, ..yen(0) };
    let some = most.apply(E::Claimed(yen(1))).unwrap();
    assert_eq!(some.apply(E::Claimed(beyond)), Err(Problem::AmountExceeded));
    assert_eq!(some.apply(E::Voided(beyond)), Err(Problem::AmountExceeded));
}

fn events() -> impl Strategy<Value = Vec<E>> {
    let event = (0..WORDS.len(), 0..60_u64).prop_map(|(at, minor)| WORDS[at].1(yen(minor)));
    prop::collection::vec(event, 0..40)
}

proptest! {
    #[test]
    fn whatever_is_said_the_sums_hold(events in events()) {
        let mut sums = Settlement::of(yen(200));
        let (mut claimed, mut voided, mut refunded) = (0, 0, 0);
        for event in events {
            let Ok(next) = sums.apply(event) else { continue };
            match event {
                E::Shipped => prop_assert_eq!(next, sums),
                E::Claimed(amount) => claimed += amount.minor,
                E::Voided(amount) => voided += amount.minor,
                E::Refunded(amount) => refunded += amount.minor,
            }
            sums = next;
            prop_assert!(claimed + voided <= 200 && refunded <= claimed);
            prop_assert_eq!(sums.claimed(), yen(claimed));
            prop_assert_eq!(sums.voided(), yen(voided));
            prop_assert_eq!(sums.refunded(), yen(refunded));
            prop_assert_eq!(sums.kept(), yen(claimed - refunded));
            prop_assert_eq!(sums.open(), yen(200 - claimed - voided));
            let again = Settlement::with(yen(200), claimed, voided, refunded);
            prop_assert_eq!(again, Some(sums));
        }
    }
}
