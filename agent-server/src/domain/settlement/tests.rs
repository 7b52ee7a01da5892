//! Claims, voids and refunds in any order: the books always say what the sums say, to the unit.

use proptest::prelude::*;
use shared_protocol::{
    Amount, BasisPoints, Currency, Digest, PurchaseId, Settlement, SettlementEvent as E,
};

use super::{Booking, Terms, book, uphold};
use crate::domain::ledger::{Account, Balances};

fn yen(minor: u64) -> Amount {
    Amount { minor, currency: Currency::JPY }
}

fn terms(amount: u64, plan_fee: u64, fee_rate: u16) -> Terms {
    Terms {
        purchase: PurchaseId::new([4; 16]),
        contract: 7,
        merchant: "mrc_tea".parse().unwrap(),
        amount: yen(amount),
        plan_fee: yen(plan_fee),
        fee_rate: BasisPoints(fee_rate),
    }
}

fn events() -> impl Strategy<Value = Vec<E>> {
    let event = prop_oneof![
        Just(E::Shipped),
        (1..4000_u64).prop_map(|minor| E::Claimed(yen(minor))),
        (1..1000_u64).prop_map(|minor| E::Voided(yen(minor))),
        (1..2000_u64).prop_map(|minor| E::Refunded(yen(minor))),
    ];
    prop::collection::vec(event, 0..25)
}

/// What the books hold, next to what the sums say they must.
fn agrees(terms: &Terms, settlement: Settlement, balances: &Balances, share: i64) {
    let of = |account: Account| balances.of(&account, "JPY");
    let kept = settlement.kept();
    let (fee, plan) = (terms.merchant_fee_of(kept).minor, terms.plan_fee_of(kept).minor);
    assert_eq!(of(Account::Receivable(7)), i128::from(kept.minor + plan));
    assert_eq!(of(Account::Payable(terms.merchant.clone())), -i128::from(kept.minor - fee));
    assert_eq!(of(Account::MerchantFees), -i128::from(fee));
    assert_eq!(of(Account::PlanFees), -i128::from(plan));
    assert_eq!(i128::from(share), i128::from(kept.minor - fee));
    assert_eq!(terms.owed(settlement).minor, kept.minor + plan);
    assert!(balances.totals().values().all(|total| *total == 0));
}

proptest! {
    #[test]
    fn the_books_say_what_the_sums_say(
        events in events(),
        plan_fee in 0..3000_u64,
        fee_rate in 0..=10_000_u16,
        is_upheld in any::<bool>(),
    ) {
        let terms = terms(10_000, plan_fee, fee_rate);
        let mut settlement = Settlement::of(terms.amount);
        let (mut balances, mut share) = (Balances::default(), 0);
        let mut held = terms.amount.minor + plan_fee;
        let because = Digest::new([1; 32]);
        let mut take = |settlement: &mut Settlement, booking: Booking| {
            if let Some(entry) = &booking.entry {
                balances.add(entry);
            }
            share += booking.share;
            held -= booking.released;
            *settlement = booking.settlement;
            agrees(&terms, *settlement, &balances, share);
            assert_eq!(held, terms.held(*settlement, 0));
        };
        for event in events {
            if let Ok(booking) = book(&terms, settlement, 0, event, because) {
                take(&mut settlement, booking);
            }
        }
        if is_upheld && let Ok(booking) = uphold(&terms, settlement, 0, because) {
            take(&mut settlement, booking);
            prop_assert_eq!((settlement.kept().minor, settlement.open().minor), (0, 0));
            prop_assert_eq!(held, 0);
        }
    }

    #[test]
    fn in_parts_or_at_once_it_comes_to_the_same(
        parts in prop::collection::vec(1..700_u64, 1..12),
        plan_fee in 0..3000_u64,
        fee_rate in 0..=10_000_u16,
    ) {
        let whole = parts.iter().sum::<u64>();
        let terms = terms(whole, plan_fee, fee_rate);
        let because = Digest::new([1; 32]);
        let (mut settlement, mut share) = (Settlement::of(terms.amount), 0);
        for part in parts {
            let booking = book(&terms, settlement, 0, E::Claimed(yen(part)), because).unwrap();
            (settlement, share) = (booking.settlement, share + booking.share);
        }
        let fresh = Settlement::of(terms.amount);
        let at_once = book(&terms, fresh, 0, E::Claimed(yen(whole)), because).unwrap();
        prop_assert_eq!((settlement, share), (at_once.settlement, at_once.share));
        prop_assert_eq!(terms.owed(settlement), yen(whole + plan_fee));
    }
}

#[test]
fn what_the_shopper_paid_is_held_no_more_and_freed_only_once() {
    let terms = terms(1000, 100, 300);
    let because = Digest::new([1; 32]);
    let claimed = book(&terms, Settlement::of(yen(1000)), 0, E::Claimed(yen(1000)), because);
    let claimed = claimed.unwrap();
    assert_eq!((claimed.released, claimed.share), (0, 970));
    assert_eq!(terms.held(claimed.settlement, 1100), 0);
    let back = book(&terms, claimed.settlement, 1100, E::Refunded(yen(1000)), because).unwrap();
    assert_eq!((back.released, back.share), (0, -970));
    let half = book(&terms, claimed.settlement, 550, E::Refunded(yen(500)), because).unwrap();
    assert_eq!(half.released, 550);
}

#[test]
fn letting_go_of_all_cancels_and_of_the_rest_does_not() {
    let terms = terms(1000, 100, 300);
    let because = Digest::new([1; 32]);
    let fresh = Settlement::of(yen(1000));
    let all = book(&terms, fresh, 0, E::Voided(yen(1000)), because).unwrap();
    assert!(all.cancels && all.entry.is_none());
    assert_eq!(all.released, 1100);
    let some = book(&terms, fresh, 0, E::Claimed(yen(1)), because).unwrap().settlement;
    let rest = book(&terms, some, 0, E::Voided(yen(999)), because).unwrap();
    assert!(!rest.cancels);
    assert_eq!(rest.released, 1099, "a hundredth of the fee is rounded down");
}
