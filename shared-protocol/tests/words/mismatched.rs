//! Halves, tallies and names that do not fit each other, without the envelopes that would not even
//! have opened: what `match_payment`, `match_order` and `redeem` say by themselves.

use shared_protocol::{
    Address, ContractNumber, Credential, Delivery, Goods, Grant, Locale, MyOrder, Offer, OrderHalf,
    PaymentHalf, Personal, Plan, Problem, Salt, SecurityCode, Signed, SignedTally, Tally, Verified,
};

use crate::{
    examples,
    party::{Deal, NOW, purchase},
    tampered::{Change, Outcome, other_digest},
};

use Problem as P;

/// A tally that the shopper signed again: field, change, what
/// `match_payment` says, what `match_order` says, what `redeem` says to a Grant for this tally.
const BARE_TALLY: &[(Change<Tally>, Outcome, Outcome, Outcome)] = &[
    (
        ("purchase", |t| t.purchase = purchase(43)),
        Some(P::ChallengeInvalid),
        Some(P::HalfMismatch),
        Some(P::HalfMismatch),
    ),
    (
        ("agent", |t| t.agent = "agt_other".parse().unwrap()),
        Some(P::WrongRecipient),
        None,
        Some(P::HalfMismatch),
    ),
    (
        ("merchant", |t| t.merchant = "mrc_other".parse().unwrap()),
        Some(P::ChallengeInvalid),
        Some(P::WrongRecipient),
        Some(P::WrongRecipient),
    ),
    (
        ("offer", |t| t.offer = other_digest()),
        Some(P::HalfMismatch),
        Some(P::HalfMismatch),
        Some(P::HalfMismatch),
    ),
];

#[test]
fn names_in_a_tally_are_compared_even_where_the_halves_are_open() {
    let deal = Deal::new();
    let sealed = deal.split_and_seal();
    let request = sealed.grant_request();
    let payment = request.payment.open(&sealed.context, &deal.agent.opening).unwrap();
    let order = sealed.order_check().order.open(&sealed.context, &deal.merchant.opening).unwrap();
    let challenge = request.challenge.verify(&deal.agent.key()).unwrap();
    for ((name, change), by_payment, by_order, by_redeem) in BARE_TALLY {
        let mut tally = examples::tallies(&deal).remove(0);
        change(&mut tally);
        let tally = Signed::sign(&tally, &deal.session);
        let grant = Grant { tally: tally.digest(), ..examples::grant(&deal) };
        let tally = SignedTally { tally, session_key: deal.session.key() };
        let verified = tally.verify().unwrap();
        let matched = verified.clone().match_payment(&payment, &challenge, &deal.agent.id, NOW);
        assert_eq!(matched.err(), *by_payment, "payment, {name}");
        let matched = verified.match_order(&order, &deal.offer(), &deal.merchant.id);
        assert_eq!(matched.err(), *by_order, "order, {name}");
        let mine = my_order(&deal, &order, &tally);
        let grant = Signed::sign(&grant, &deal.agent).verify(&deal.agent.key()).unwrap();
        assert_eq!(grant.redeem(&mine.of(&deal), NOW).err(), *by_redeem, "redeem, {name}");
    }
}

/// What a merchant holds for one order.
struct Mine<'a> {
    half: &'a OrderHalf,
    tally: &'a SignedTally,
    offer: Verified<Offer>,
}

fn my_order<'a>(deal: &Deal, half: &'a OrderHalf, tally: &'a SignedTally) -> Mine<'a> {
    Mine { half, tally, offer: deal.offer() }
}

impl Mine<'_> {
    fn of<'a>(&'a self, deal: &'a Deal) -> MyOrder<'a> {
        let (merchant, agent) = (&deal.merchant.id, &deal.agent.id);
        MyOrder { merchant, agent, half: self.half, offer: &self.offer, tally: self.tally }
    }
}

#[test]
fn whoever_is_not_meant_is_told_so() {
    let deal = Deal::new();
    let sealed = deal.split_and_seal();
    let request = sealed.grant_request();
    let payment = request.payment.open(&sealed.context, &deal.agent.opening).unwrap();
    let order = sealed.order_check().order.open(&sealed.context, &deal.merchant.opening).unwrap();
    let challenge = request.challenge.verify(&deal.agent.key()).unwrap();
    let tally = request.tally.verify().unwrap();
    let other_agent = "agt_other".parse().unwrap();
    let other_merchant = "mrc_other".parse().unwrap();
    let matched = tally.clone().match_payment(&payment, &challenge, &other_agent, NOW);
    assert_eq!(matched.err(), Some(P::WrongRecipient));
    let matched = tally.match_order(&order, &deal.offer(), &other_merchant);
    assert_eq!(matched.err(), Some(P::WrongRecipient));
    let grant = Signed::sign(&examples::grant(&deal), &deal.agent);
    let grant = grant.verify(&deal.agent.key()).unwrap();
    let mine = my_order(&deal, &order, &request.tally);
    let as_other_merchant = MyOrder { merchant: &other_merchant, ..mine.of(&deal) };
    assert_eq!(grant.clone().redeem(&as_other_merchant, NOW).err(), Some(P::WrongRecipient));
    let of_other_agent = MyOrder { agent: &other_agent, ..mine.of(&deal) };
    assert_eq!(grant.clone().redeem(&of_other_agent, NOW).err(), Some(P::WrongRecipient));
    assert!(grant.redeem(&mine.of(&deal), NOW).is_ok());
}

#[test]
fn a_half_with_one_other_field_is_not_the_one_that_was_signed() {
    let deal = Deal::new();
    let sealed = deal.split_and_seal();
    let request = sealed.grant_request();
    let payment = request.payment.open(&sealed.context, &deal.agent.opening).unwrap();
    let order = sealed.order_check().order.open(&sealed.context, &deal.merchant.opening).unwrap();
    let challenge = request.challenge.verify(&deal.agent.key()).unwrap();
    let orders: [fn(&mut OrderHalf); 12] = [
        |h| h.purchase = purchase(43),
        |h| h.offer = other_digest(),
        |h| h.quantity = 2,
        |h| h.contact.name = Personal::new("x"),
        |h| h.contact.kana = Personal::new("x"),
        |h| h.contact.email = Personal::new("x"),
        |h| h.contact.phone = Personal::new("x"),
        |h| h.delivery = Delivery::Intangible,
        |h| place(h).line1 = Personal::new("x"),
        |h| place(h).region = "JP-14".parse().unwrap(),
        |h| h.locale = Locale::En,
        |h| h.salt = Salt::new([1; 32]),
    ];
    for change in orders {
        let mut other = order.clone();
        change(&mut other);
        let tally = request.tally.verify().unwrap();
        let matched = tally.match_order(&other, &deal.offer(), &deal.merchant.id);
        assert_eq!(matched.err(), Some(P::HalfMismatch));
    }
    let payments: [fn(&mut PaymentHalf); 9] = [
        |h| h.purchase = purchase(43),
        |h| h.goods = Goods::Digest(h.goods.digest()),
        |h| h.quantity = 2,
        |h| h.credential = by_code("C900000000002", "2468"),
        |h| h.credential = by_code("C900000000001", "2469"),
        |h| h.credential = Credential::Passkey,
        |h| h.plan = Plan::Revolving,
        |h| h.locale = Locale::En,
        |h| h.salt = Salt::new([1; 32]),
    ];
    for change in payments {
        let mut other = payment.clone();
        change(&mut other);
        let tally = request.tally.verify().unwrap();
        let matched = tally.match_payment(&other, &challenge, &deal.agent.id, NOW);
        assert_eq!(matched.err(), Some(P::HalfMismatch));
    }
}

fn place(half: &mut OrderHalf) -> &mut Address {
    match &mut half.delivery {
        Delivery::Physical(place) => place,
        Delivery::Intangible => panic!("the usual order is carried"),
    }
}

/// A shopper who signs a tally that contradicts the half it names by digest.
#[test]
fn a_tally_that_contradicts_its_own_halves_is_refused() {
    let deal = Deal::new();
    let sealed = deal.split_and_seal();
    let request = sealed.grant_request();
    let challenge = request.challenge.verify(&deal.agent.key()).unwrap();
    let payment = request.payment.open(&sealed.context, &deal.agent.opening).unwrap();
    let order = sealed.order_check().order.open(&sealed.context, &deal.merchant.opening).unwrap();
    let usual = examples::tallies(&deal).remove(0);
    let verified = |tally: Tally| {
        let tally = Signed::sign(&tally, &deal.session);
        SignedTally { tally, session_key: deal.session.key() }.verify().unwrap()
    };
    let other = PaymentHalf { purchase: purchase(43), ..payment.clone() };
    let tally = verified(Tally { payment: other.digest(), ..usual.clone() });
    let matched = tally.match_payment(&other, &challenge, &deal.agent.id, NOW);
    assert_eq!(matched.err(), Some(P::HalfMismatch), "another purchase's payment half");
    let other = PaymentHalf { goods: Goods::Digest(other_digest()), ..payment.clone() };
    let tally = verified(Tally { payment: other.digest(), ..usual.clone() });
    let matched = tally.match_payment(&other, &challenge, &deal.agent.id, NOW);
    assert_eq!(matched.err(), Some(P::HalfMismatch), "another Offer's payment half");
    let other = PaymentHalf { plan: Plan::Bonus, ..payment };
    let tally = verified(Tally { payment: other.digest(), ..usual.clone() });
    let matched = tally.match_payment(&other, &challenge, &deal.agent.id, NOW);
    assert_eq!(matched.err(), Some(P::PlanNotAccepted), "another plan than the class says");

    let merchant = &deal.merchant.id;
    let other = OrderHalf { purchase: purchase(43), ..order.clone() };
    let tally = verified(Tally { order: other.digest(), ..usual.clone() });
    let matched = tally.match_order(&other, &deal.offer(), merchant);
    assert_eq!(matched.err(), Some(P::HalfMismatch), "another purchase's order half");
    let other = OrderHalf { offer: other_digest(), ..order.clone() };
    let tally = verified(Tally { order: other.digest(), ..usual.clone() });
    let matched = tally.match_order(&other, &deal.offer(), merchant);
    assert_eq!(matched.err(), Some(P::HalfMismatch), "another Offer's order half");
    let other = OrderHalf { offer: other_digest(), ..order.clone() };
    let tally = verified(Tally { order: other.digest(), offer: other_digest(), ..usual.clone() });
    let matched = tally.match_order(&other, &deal.offer(), merchant);
    assert_eq!(matched.err(), Some(P::HalfMismatch), "tally and half agree, the Offer is another");
    let other = OrderHalf { quantity: 2, ..order };
    let tally = verified(Tally { order: other.digest(), ..usual });
    let matched = tally.match_order(&other, &deal.offer(), merchant);
    assert_eq!(matched.err(), Some(P::AmountMismatch), "two for the price of one");
}

/// A shopper who takes up one merchant's Offer in a purchase from another.
#[test]
fn the_agent_refuses_another_merchant_s_offer() {
    let deal = Deal::new();
    let sealed = deal.split_and_seal();
    let request = sealed.grant_request();
    let challenge = request.challenge.verify(&deal.agent.key()).unwrap();
    let usual = request.payment.open(&sealed.context, &deal.agent.opening).unwrap();
    let offer =
        Offer { merchant: "mrc_other".parse().unwrap(), ..deal.signed_offer.claimed().unwrap() };
    let offer = Signed::sign(&offer, &deal.merchant);
    let payment = PaymentHalf { goods: Goods::Offer(offer.clone()), ..usual };
    let tally = Tally {
        payment: payment.digest(),
        offer: offer.digest(),
        ..examples::tallies(&deal).remove(0)
    };
    let tally = Signed::sign(&tally, &deal.session);
    let tally = SignedTally { tally, session_key: deal.session.key() }.verify().unwrap();
    let matched = tally.match_payment(&payment, &challenge, &deal.agent.id, NOW).unwrap();
    let offer = offer.verify(&deal.merchant.key()).unwrap();
    assert_eq!(matched.check_offer(&offer, 1, NOW), Err(P::OfferInvalid));
}

fn by_code(contract: &str, code: &str) -> Credential {
    let (contract, code) = (ContractNumber::new(contract), SecurityCode::new(code));
    Credential::Code { contract, code }
}
