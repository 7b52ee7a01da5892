//! Split, seal, carry, open, join: for any Offer and any form, each side gets its half as it was
//! typed, both see the same amount, and neither's message holds what is the other's.

use std::cell::Cell;

use proptest::prelude::*;
use shared_protocol::{
    Credential, Delivery, GrantProof, Half as _, Offer, OrderHalf, PaymentHalf, Problem, Signed,
    encode, jws,
};

use crate::{
    effort::{did_from_seed, property},
    oracle,
    party::{Deal, NOW, Seeded},
    random::{Typed, complete_offer, typed},
    sides::{agent_matches, merchant_redeems, shopper_seals},
};

#[test]
fn whatever_is_split_is_joined_again_and_nothing_else_is() {
    let cases = (complete_offer(), typed(), any::<u64>());
    let (sold, refused) = (Cell::new(0), Cell::new(0));
    property(150)
        .run(&cases, |(offer, typed, seed)| {
            let mut deal = Deal::new();
            deal.signed_offer = Signed::sign(&offer, &deal.merchant);
            match expected(&offer, &typed) {
                Ok(amount) => {
                    sold.set(sold.get() + 1);
                    joined(&deal, &typed, amount, seed)?;
                }
                Err(problem) => {
                    refused.set(refused.get() + 1);
                    let split = shopper_seals(&deal, typed.form(), &mut Seeded(seed));
                    prop_assert_eq!(split.err(), Some(problem));
                }
            }
            Ok(())
        })
        .unwrap();
    did_from_seed("random purchases split and joined", sold.get());
    did_from_seed("random purchases that no Offer allows", refused.get());
    assert!(sold.get() > 10 && refused.get() > 10);
}

fn expected(offer: &Offer, typed: &Typed) -> Result<u64, Problem> {
    let form = typed.form();
    let total = oracle::total(offer, form.quantity, form.delivery.destination())?;
    if !offer.plans.contains(&form.plan.class()) {
        return Err(Problem::PlanNotAccepted);
    }
    Ok(total.total.minor)
}

fn joined(deal: &Deal, typed: &Typed, amount: u64, seed: u64) -> Result<(), TestCaseError> {
    let sealed = shopper_seals(deal, typed.form(), &mut Seeded(seed))
        .map_err(|problem| TestCaseError::fail(problem.code()))?;
    let request = sealed.grant_request();
    let payment = request.payment.open(&sealed.context, &deal.agent.opening).unwrap();
    prop_assert!(is_as_typed_for_agent(&payment, typed));
    let order = sealed.order_check().order.open(&sealed.context, &deal.merchant.opening).unwrap();
    prop_assert!(is_as_typed_for_merchant(&order, typed));
    prop_assert_ne!(order.salt, payment.salt);

    let matched = agent_matches(deal, &request, NOW).map_err(|p| TestCaseError::fail(p.code()))?;
    prop_assert_eq!(matched.tally().amount.minor, amount);
    let grant = deal.grant(&matched);
    let proofs = [
        GrantProof::Signed(Signed::sign(&grant, &deal.agent)),
        GrantProof::Jws(jws::sign(&grant, &deal.agent)),
    ];
    for proof in proofs {
        let submission = sealed.order_submission(proof);
        let redeemed = merchant_redeems(deal, &submission, NOW);
        prop_assert_eq!(redeemed.map(|grant| grant.amount.minor), Ok(amount));
        let for_merchant = encode(&submission);
        prop_assert!(!holds(&for_merchant, &typed.contract));
    }
    let for_agent = [encode(&request), payment.to_plaintext().to_vec()].concat();
    let offer = String::from_utf8_lossy(deal.signed_offer.bytes()).into_owned();
    for text in typed.for_merchant().into_iter().filter(|t| t.len() >= 8 && !offer.contains(*t)) {
        prop_assert!(!holds(&for_agent, text), "the agent got {text:?}");
    }
    Ok(())
}

fn is_as_typed_for_agent(half: &PaymentHalf, typed: &Typed) -> bool {
    let Credential::Code { contract, code } = &half.credential else { return false };
    contract.expose() == typed.contract
        && code.expose() == typed.code
        && (half.plan, half.quantity, half.locale) == (typed.plan, typed.quantity, typed.locale)
}

fn is_as_typed_for_merchant(half: &OrderHalf, typed: &Typed) -> bool {
    let form = typed.form();
    let places_agree = matches!(&half.delivery, Delivery::Intangible) == typed.place.is_none();
    half.contact == form.contact
        && half.delivery == form.delivery
        && places_agree
        && (half.quantity, half.locale) == (typed.quantity, typed.locale)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_same_form_twice_shares_no_byte_that_tells() {
    let deal = Deal::new();
    let seal = |seed| shopper_seals(&deal, crate::party::form(), &mut Seeded(seed)).unwrap();
    let (first, second) = (seal(1).grant_request(), seal(2).grant_request());
    let (one, two) = (first.tally.tally.claimed().unwrap(), second.tally.tally.claimed().unwrap());
    assert_ne!(one.order, two.order, "the salt hides equal addresses");
    assert_ne!(one.payment, two.payment, "the salt hides equal contracts");
    assert_ne!(first.payment, second.payment);
    assert_eq!(first.payment.size(), second.payment.size());
}

#[test]
fn a_split_is_refused_when_mark_offer_and_challenge_are_not_of_one_deal() {
    let wrong = |change: &dyn Fn(&mut Deal)| {
        let mut deal = Deal::new();
        change(&mut deal);
        shopper_seals(&deal, crate::party::form(), &mut Seeded(1)).err()
    };
    assert_eq!(wrong(&|_| ()), None);
    let other_mark = |deal: &mut Deal| {
        let mut mark = deal.signed_mark.claimed().unwrap();
        mark.merchant = "mrc_other".parse().unwrap();
        deal.signed_mark = Signed::sign(&mark, &deal.agent);
    };
    let other_agent_s_mark = |deal: &mut Deal| {
        let mut mark = deal.signed_mark.claimed().unwrap();
        mark.agent = "agt_other".parse().unwrap();
        deal.signed_mark = Signed::sign(&mark, &deal.agent);
    };
    let other_offer = |deal: &mut Deal| {
        let mut offer = deal.signed_offer.claimed().unwrap();
        offer.merchant = "mrc_other".parse().unwrap();
        deal.signed_offer = Signed::sign(&offer, &deal.merchant);
    };
    let other_challenge = |deal: &mut Deal| {
        let mut challenge = deal.signed_challenge.claimed().unwrap();
        challenge.merchant = "mrc_other".parse().unwrap();
        deal.signed_challenge = Signed::sign(&challenge, &deal.agent);
    };
    let changes: [&dyn Fn(&mut Deal); 4] =
        [&other_mark, &other_agent_s_mark, &other_offer, &other_challenge];
    for change in changes {
        assert_eq!(wrong(change), Some(Problem::WrongRecipient));
    }
}

#[test]
fn the_largest_offer_and_the_longest_form_still_fit_their_envelopes() {
    use shared_protocol::{Field, Localized, Message as _};
    let mut deal = Deal::new();
    let mut offer = deal.signed_offer.claimed().unwrap();
    let price = shared_protocol::Amount::MINOR_MAX / 6;
    offer.unit_price.minor = price;
    offer.plans = vec![shared_protocol::PlanClass::Instalments];
    offer.description = Localized::new("", "");
    let bare = encode(&offer).len();
    // Two length bytes more once the text is long.
    offer.description = Localized::new("x".repeat(Offer::LEN_MAX - bare - 1), "");
    assert_eq!(encode(&offer).len(), Offer::LEN_MAX);
    assert_eq!(offer.check_complete(), Ok(()));
    deal.signed_offer = Signed::sign(&offer, &deal.merchant);
    let full = |field: Field| "葛".repeat(field.chars_max());
    let texts =
        [full(Field::ContactName), full(Field::ContactKana), "e".repeat(254), "9".repeat(16)];
    let place = [
        full(Field::DeliveryName),
        "1".repeat(12),
        full(Field::DeliveryLocality),
        full(Field::DeliveryLine1),
        full(Field::DeliveryLine2),
        "9".repeat(16),
    ];
    let typed = Typed {
        quantity: 5,
        contact: texts,
        place: Some((place, "JP-47".parse().unwrap())),
        contract: "C999999999999".into(),
        code: "99999999".into(),
        plan: shared_protocol::Plan::Instalments(60),
        locale: shared_protocol::Locale::Ja,
    };
    joined(&deal, &typed, 5 * price, 3).unwrap();
    offer.description.ja.push('x');
    assert_eq!(offer.check_complete(), Err(Problem::OfferInvalid), "one byte more is too much");
}
