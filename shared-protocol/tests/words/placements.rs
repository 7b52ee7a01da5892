//! A placement holds when seller and host have both signed it, for its items and its time alone.

use shared_protocol::{
    CLOCK_TOLERANCE, ItemId, Placement, PlacementAgreement, Problem, ReferralId, Signed, Span,
    Timestamp,
};

use crate::{
    examples,
    party::{Deal, NOW, Party, purchase},
};

fn agreement(change: impl Fn(&mut Placement)) -> (Deal, Party<()>, PlacementAgreement) {
    let (deal, host) = (Deal::new(), Party::new((), 7));
    let mut placement = examples::placements(&deal).remove(1);
    change(&mut placement);
    let both = PlacementAgreement {
        placement: Signed::sign(&placement, &deal.merchant),
        host: *Signed::sign(&placement, &host).signature(),
    };
    (deal, host, both)
}

#[test]
fn both_must_have_signed_the_very_same() {
    let (deal, host, both) = agreement(|_| {});
    let (seller, host) = (deal.merchant.key(), host.key());
    assert!(both.verify(&seller, &host).is_ok());
    let broken = Some(Problem::PlacementInvalid);
    assert_eq!(both.verify(&host, &seller).err(), broken, "the keys the other way round");
    assert_eq!(both.verify(&seller, &seller).err(), broken, "the seller for the host too");
    let alone = PlacementAgreement { host: *both.placement.signature(), ..both.clone() };
    assert_eq!(alone.verify(&seller, &host).err(), broken, "the seller's own signature twice");
    let (_, _, longer) = agreement(|placement| {
        placement.valid_until = placement.valid_until.plus(Span::hours(1));
    });
    let mixed = PlacementAgreement { host: both.host, ..longer };
    assert_eq!(mixed.verify(&seller, &host).err(), broken, "the host signed another");
}

#[test]
fn one_that_makes_no_sense_is_none_though_both_signed() {
    let senseless: [fn(&mut Placement); 3] = [
        |placement| placement.host = placement.seller.clone(),
        |placement| placement.origins.clear(),
        |placement| placement.valid_until = placement.valid_from,
    ];
    for change in senseless {
        let (deal, host, both) = agreement(change);
        let verified = both.verify(&deal.merchant.key(), &host.key());
        assert_eq!(verified.err(), Some(Problem::PlacementInvalid));
    }
}

#[test]
fn it_counts_for_its_items_and_its_time() {
    let (deal, host, both) = agreement(|_| {});
    let placement = both.verify(&deal.merchant.key(), &host.key()).unwrap();
    let item = |text: &str| text.parse::<ItemId>().unwrap();
    let (teapot, other) = (item("TEAPOT-01"), item("SENCHA-01"));
    assert_eq!(placement.check(&teapot, NOW), Ok(()));
    assert_eq!(placement.check(&other, NOW), Err(Problem::PlacementUnknown));
    let (from, until) = (placement.valid_from, placement.valid_until);
    let at = |now: Timestamp| placement.check(&teapot, now);
    assert_eq!(at(until.minus(Span::millis(1))), Ok(()));
    assert_eq!(at(until), Err(Problem::PlacementExpired));
    assert_eq!(at(from.minus(CLOCK_TOLERANCE)), Ok(()));
    let too_early = from.minus(CLOCK_TOLERANCE).minus(Span::millis(1));
    assert_eq!(at(too_early), Err(Problem::PlacementExpired));
    let (deal, host, both) = agreement(|placement| placement.items.clear());
    let all = both.verify(&deal.merchant.key(), &host.key()).unwrap();
    assert_eq!(all.check(&other, NOW), Ok(()));
}

#[test]
fn a_referral_is_the_same_for_the_same_purchase_and_says_nothing_of_it() {
    let referral = ReferralId::of(&purchase(42));
    assert_eq!(referral, ReferralId::of(&purchase(42)));
    assert_ne!(referral, ReferralId::of(&purchase(43)));
    let (text, purchase) = (referral.to_string(), purchase(42).to_string());
    assert!(text.starts_with("ref_") && text.len() == purchase.len(), "{text}");
    assert_ne!(text[4..], purchase[4..]);
}
