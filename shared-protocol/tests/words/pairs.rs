//! Halves, tallies and Grants of different purchases never go together (TRUST.md T15, T20).

use shared_protocol::{
    Grant, GrantRequest, MyOrder, OrderHalf, PaymentHalf, Personal, Problem, PurchaseId, Signed,
    SignedTally, Verified,
};

use crate::{
    effort::{did, times},
    party::{Deal, NOW, Seeded, form},
    sides::{agent_matches, for_purchase, shopper_seals},
};

/// One purchase, opened by both sides.
struct Opened {
    deal: Deal,
    request: GrantRequest,
    tally: SignedTally,
    order: OrderHalf,
    payment: PaymentHalf,
    grant: Verified<Grant>,
}

fn opened(n: u32) -> Opened {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    let deal = for_purchase(Deal::new(), PurchaseId::new(id));
    let mut form = form();
    form.contact.name = Personal::new(format!("客 {n}"));
    let sealed = shopper_seals(&deal, form, &mut Seeded(u64::from(n))).unwrap();
    let request = sealed.grant_request();
    let order = sealed.order_check().order.open(&sealed.context, &deal.merchant.opening).unwrap();
    let payment = request.payment.open(&sealed.context, &deal.agent.opening).unwrap();
    let matched = agent_matches(&deal, &request, NOW).unwrap();
    let grant = Signed::sign(&deal.grant(&matched), &deal.agent).verify(&deal.agent.key()).unwrap();
    Opened { tally: request.tally.clone(), deal, request, order, payment, grant }
}

#[test]
fn halves_of_two_purchases_are_refused_in_every_pairing() {
    let purchases: Vec<Opened> = (0..times(24)).map(opened).collect();
    for (i, one) in purchases.iter().enumerate() {
        let tally = one.tally.verify().unwrap();
        let challenge = one.request.challenge.verify(&one.deal.agent.key()).unwrap();
        for (j, other) in purchases.iter().enumerate() {
            let expected = (i != j).then_some(Problem::HalfMismatch);
            let agent = &one.deal.agent.id;
            let matched = tally.clone().match_payment(&other.payment, &challenge, agent, NOW);
            assert_eq!(matched.err(), expected, "payment half of {j} with tally of {i}");
            let (offer, merchant) = (one.deal.offer(), &one.deal.merchant.id);
            let matched = tally.clone().match_order(&other.order, &offer, merchant);
            assert_eq!(matched.err(), expected, "order half of {j} with tally of {i}");
        }
    }
    did("pairings of halves and tallies", purchases.len() * purchases.len());
}

#[test]
fn a_challenge_of_one_purchase_does_not_answer_for_another() {
    let purchases: Vec<Opened> = (0..6).map(opened).collect();
    for (i, one) in purchases.iter().enumerate() {
        for (j, other) in purchases.iter().enumerate() {
            let request =
                GrantRequest { challenge: other.request.challenge.clone(), ..one.request.clone() };
            let expected = (i != j).then_some(Problem::ChallengeInvalid);
            assert_eq!(agent_matches(&one.deal, &request, NOW).err(), expected, "{i} {j}");
        }
    }
}

#[test]
fn an_envelope_of_one_purchase_does_not_open_in_another() {
    let purchases: Vec<Opened> = (0..6).map(opened).collect();
    for (i, one) in purchases.iter().enumerate() {
        for (j, other) in purchases.iter().enumerate() {
            let request =
                GrantRequest { payment: other.request.payment.clone(), ..one.request.clone() };
            let expected = (i != j).then_some(Problem::EnvelopeInvalid);
            assert_eq!(agent_matches(&one.deal, &request, NOW).err(), expected, "{i} {j}");
        }
    }
}

#[test]
fn grant_tally_and_half_are_redeemed_only_when_all_three_are_of_one_purchase() {
    let purchases: Vec<Opened> = (0..5).map(opened).collect();
    let (mut tried, mut redeemed) = (0, 0);
    for (i, grant) in purchases.iter().enumerate() {
        for (j, tally) in purchases.iter().enumerate() {
            for (k, half) in purchases.iter().enumerate() {
                let offer = grant.deal.offer();
                let order = MyOrder {
                    merchant: &grant.deal.merchant.id,
                    agent: &grant.deal.agent.id,
                    half: &half.order,
                    offer: &offer,
                    tally: &tally.tally,
                };
                let outcome = grant.grant.clone().redeem(&order, NOW);
                let expected = (i != j || j != k).then_some(Problem::HalfMismatch);
                assert_eq!(outcome.err(), expected, "grant {i}, tally {j}, half {k}");
                tried += 1;
                redeemed += usize::from(expected.is_none());
            }
        }
    }
    assert_eq!((tried, redeemed), (125, 5));
}

#[test]
fn a_swap_of_every_text_between_two_halves_changes_the_digest() {
    let (one, other) = (opened(1), opened(2));
    assert_ne!(one.order.digest(), other.order.digest());
    let mut swapped = other.order.clone();
    swapped.purchase = one.order.purchase;
    swapped.salt = one.order.salt;
    assert_ne!(one.order.digest(), swapped.digest(), "the name is still the other's");
    swapped.contact.name = one.order.contact.name.clone();
    assert_eq!(one.order.digest(), swapped.digest(), "now all of it is the same");
}
