//! One field at a time is another, and whoever may sign it signs it again: which problem that is,
//! for the agent, for the merchant, and for a Grant in the merchant's hand.

use shared_protocol::{
    Amount, Challenge, Digest, Grant, GrantProof, GrantRequest, Nonce, Offer, OrderSubmission,
    PlanClass, Problem, Signed, SignedTally, Span, Tally, jws,
};

use crate::{
    examples,
    labelled::cut,
    party::{Deal, NOW, Party, purchase, yen},
    sides::{agent_matches, merchant_redeems, shopper_seals},
};

use Problem as P;

/// A field's name and what is made of it.
pub type Change<T> = (&'static str, fn(&mut T));
pub type Outcome = Option<Problem>;

pub fn other_digest() -> Digest {
    Digest::new([0xee; 32])
}

fn dollars(minor: u64) -> Amount {
    Amount::new(minor, "USD".parse().unwrap()).unwrap()
}

/// Every field of `T` is changed by a row of its table.
fn covers<T: serde::Serialize>(whole: &T, changed: &[&str]) {
    let fields: std::collections::BTreeSet<String> =
        cut(whole).iter().map(|piece| first_step(&piece.field)).collect();
    for field in &fields {
        let named = changed.iter().any(|name| first_step(name) == *field);
        assert!(named, "no row changes {field}");
    }
}

fn first_step(field: &str) -> String {
    field.split(['.', '[', ' ']).next().unwrap().to_string()
}

/// The usual purchase with a Grant that names this tally.
fn submission(deal: &Deal, tally: &SignedTally, grant: &Grant) -> OrderSubmission {
    let grant = GrantProof::Signed(Signed::sign(grant, &deal.agent));
    let usual = deal.split_and_seal().order_submission(grant);
    OrderSubmission { tally: tally.clone(), ..usual }
}

/// A tally that the shopper's own key signed: field, change, what the agent says, what the merchant
/// says to a Grant for the unchanged tally, what it says if the agent had granted this one.
const TALLY: &[(Change<Tally>, Outcome, Outcome, Outcome)] = &[
    (
        ("purchase", |t| t.purchase = purchase(43)),
        Some(P::EnvelopeInvalid),
        Some(P::EnvelopeInvalid),
        Some(P::EnvelopeInvalid),
    ),
    (
        ("challenge", |t| t.challenge = other_digest()),
        Some(P::ChallengeInvalid),
        Some(P::HalfMismatch),
        None,
    ),
    (
        ("agent", |t| t.agent = "agt_other".parse().unwrap()),
        Some(P::EnvelopeInvalid),
        Some(P::EnvelopeInvalid),
        Some(P::EnvelopeInvalid),
    ),
    (
        ("merchant", |t| t.merchant = "mrc_other".parse().unwrap()),
        Some(P::EnvelopeInvalid),
        Some(P::EnvelopeInvalid),
        Some(P::EnvelopeInvalid),
    ),
    // The agent cannot know the order half; the merchant does.
    (("order", |t| t.order = other_digest()), None, Some(P::HalfMismatch), Some(P::HalfMismatch)),
    // The merchant cannot know the payment half; the agent does.
    (
        ("payment", |t| t.payment = other_digest()),
        Some(P::HalfMismatch),
        Some(P::HalfMismatch),
        None,
    ),
    (
        ("offer", |t| t.offer = other_digest()),
        Some(P::HalfMismatch),
        Some(P::HalfMismatch),
        Some(P::HalfMismatch),
    ),
    (
        ("amount: one yen", |t| t.amount = yen(1)),
        Some(P::AmountMismatch),
        Some(P::AmountMismatch),
        Some(P::AmountMismatch),
    ),
    (
        ("amount: one yen less", |t| t.amount.minor -= 1),
        Some(P::AmountMismatch),
        Some(P::AmountMismatch),
        Some(P::AmountMismatch),
    ),
    (
        ("amount: dollars", |t| t.amount = dollars(t.amount.minor)),
        Some(P::AmountMismatch),
        Some(P::AmountMismatch),
        Some(P::AmountMismatch),
    ),
    // A total of the Offer, but for another destination: only the merchant can tell.
    (
        ("amount: to Okinawa", |t| t.amount = yen(3300 + 1320)),
        None,
        Some(P::AmountMismatch),
        Some(P::AmountMismatch),
    ),
    (
        ("plan_class", |t| t.plan_class = PlanClass::Revolving),
        Some(P::PlanNotAccepted),
        Some(P::PlanNotAccepted),
        Some(P::PlanNotAccepted),
    ),
    (("expires: past", |t| t.expires = NOW), Some(P::TallyExpired), Some(P::HalfMismatch), None),
    (
        ("expires: later", |t| t.expires = NOW.plus(Span::hours(24))),
        None,
        Some(P::HalfMismatch),
        None,
    ),
];

#[test]
fn a_tally_with_one_other_field_is_refused_by_whoever_can_tell() {
    let deal = Deal::new();
    let usual = examples::tallies(&deal).remove(0);
    covers(&usual, &TALLY.iter().map(|row| field(row.0.0)).collect::<Vec<_>>());
    let grant = examples::grant(&deal);
    for ((name, change), by_agent, by_merchant, by_merchant_if_granted) in TALLY {
        let mut tally = usual.clone();
        change(&mut tally);
        assert_ne!(tally, usual, "{name}");
        let tally = SignedTally {
            tally: Signed::sign(&tally, &deal.session),
            session_key: deal.session.key(),
        };
        let request =
            GrantRequest { tally: tally.clone(), ..deal.split_and_seal().grant_request() };
        assert_eq!(agent_matches(&deal, &request, NOW).err(), *by_agent, "agent, {name}");
        let order = submission(&deal, &tally, &grant);
        assert_eq!(merchant_redeems(&deal, &order, NOW).err(), *by_merchant, "merchant, {name}");
        let claimed = tally.tally.claimed().unwrap();
        let consistent = Grant {
            tally: tally.tally.digest(),
            amount: claimed.amount,
            plan_class: claimed.plan_class,
            order: claimed.order,
            offer: claimed.offer,
            purchase: claimed.purchase,
            ..grant.clone()
        };
        let order = submission(&deal, &tally, &consistent);
        let outcome = merchant_redeems(&deal, &order, NOW).err();
        assert_eq!(outcome, *by_merchant_if_granted, "granted, {name}");
    }
}

/// "amount: one yen" is about the field `amount`.
fn field(name: &'static str) -> &'static str {
    name.split(':').next().unwrap()
}

#[test]
fn a_tally_signed_by_another_than_the_key_it_names_is_refused() {
    let deal = Deal::new();
    let usual = examples::tallies(&deal).remove(0);
    let stranger = Party::new((), 33);
    let grant = examples::grant(&deal);
    let forged =
        SignedTally { tally: Signed::sign(&usual, &stranger), session_key: deal.session.key() };
    assert_eq!(forged.verify().err(), Some(P::TallyInvalid));
    let request = GrantRequest { tally: forged.clone(), ..deal.split_and_seal().grant_request() };
    assert_eq!(agent_matches(&deal, &request, NOW).err(), Some(P::TallyInvalid));
    let order = submission(&deal, &forged, &grant);
    assert_eq!(merchant_redeems(&deal, &order, NOW).err(), Some(P::TallyInvalid));
    // Another key that signs for itself: the Grant names the first.
    let own = SignedTally { tally: Signed::sign(&usual, &stranger), session_key: stranger.key() };
    assert!(own.verify().is_ok());
    let order = submission(&deal, &own, &grant);
    assert_eq!(merchant_redeems(&deal, &order, NOW).err(), Some(P::HalfMismatch));
}

/// A Grant that the agent signed with one field changed, and what the merchant says.
const GRANT: &[(Change<Grant>, Outcome)] = &[
    (("agent", |g| g.agent = "agt_other".parse().unwrap()), Some(P::WrongRecipient)),
    (("merchant", |g| g.merchant = "mrc_other".parse().unwrap()), Some(P::WrongRecipient)),
    // The number names the deal and is compared with nothing: consuming it once is the store's.
    (("handling_number", |g| g.handling_number = "0000-0000-0000".parse().unwrap()), None),
    (("purchase", |g| g.purchase = purchase(43)), Some(P::HalfMismatch)),
    (("order", |g| g.order = other_digest()), Some(P::HalfMismatch)),
    (("offer", |g| g.offer = other_digest()), Some(P::HalfMismatch)),
    (("tally", |g| g.tally = other_digest()), Some(P::HalfMismatch)),
    (("amount: one yen", |g| g.amount = yen(1)), Some(P::AmountMismatch)),
    (("amount: more", |g| g.amount.minor += 1), Some(P::AmountMismatch)),
    (("amount: dollars", |g| g.amount = dollars(g.amount.minor)), Some(P::AmountMismatch)),
    (("plan_class", |g| g.plan_class = PlanClass::Bonus), Some(P::AmountMismatch)),
    (("session_key", |g| g.session_key = Party::new((), 33).key()), Some(P::HalfMismatch)),
    // Told to the merchant, compared with nothing.
    (("provisional", |g| g.provisional = false), None),
    (("issued: to come", |g| g.issued = NOW.plus(Span::secs(61))), Some(P::GrantExpired)),
    (("issued: long ago", |g| g.issued = NOW.minus(Span::hours(1))), None),
    (("expires: past", |g| g.expires = NOW.minus(Span::secs(60))), Some(P::GrantExpired)),
    (("expires: later", |g| g.expires = NOW.plus(Span::hours(1))), None),
];

#[test]
fn a_grant_with_one_other_field_is_not_redeemed_in_either_form() {
    let deal = Deal::new();
    let usual = examples::grant(&deal);
    covers(&usual, &GRANT.iter().map(|row| field(row.0.0)).collect::<Vec<_>>());
    for ((name, change), expected) in GRANT {
        let mut grant = usual.clone();
        change(&mut grant);
        assert_ne!(grant, usual, "{name}");
        let signed = GrantProof::Signed(Signed::sign(&grant, &deal.agent));
        let jws = GrantProof::Jws(jws::sign(&grant, &deal.agent));
        for proof in [signed, jws] {
            let order = deal.split_and_seal().order_submission(proof);
            assert_eq!(merchant_redeems(&deal, &order, NOW).err(), *expected, "{name}");
        }
        let stranger = Party::new((), 33);
        let signed = |by: &Party<()>| GrantProof::Signed(Signed::sign(&grant, by));
        let forged = [
            signed(&stranger),
            signed(&deal.session),
            GrantProof::Signed(Signed::sign(&grant, &deal.merchant)),
            GrantProof::Jws(jws::sign(&grant, &stranger)),
            GrantProof::Jws(jws::sign(&grant, &deal.merchant)),
        ];
        for proof in forged {
            let order = deal.split_and_seal().order_submission(proof);
            let outcome = merchant_redeems(&deal, &order, NOW).err();
            assert_eq!(outcome, Some(P::GrantInvalid), "forged, {name}");
        }
    }
}

/// An Offer with one other field, signed again by its merchant.
const OFFER: &[Change<Offer>] = &[
    ("item", |o| o.item = "TEAPOT-02".parse().unwrap()),
    ("name", |o| o.name.ja.push('x')),
    ("description", |o| o.description.en.push('x')),
    ("specification", |o| o.specification.ja.clear()),
    ("how_to_use", |o| o.how_to_use.en.push('x')),
    ("image", |o| o.image = None),
    ("quantity: min", |o| o.quantity.min = 0),
    ("quantity: max", |o| o.quantity.max = 6),
    ("unit_price: less", |o| o.unit_price.minor -= 1),
    ("unit_price: dollars", |o| o.unit_price = dollars(o.unit_price.minor)),
    ("tax_rate", |o| o.tax_rate.0 = 800),
    ("delivery", |o| o.delivery = shared_protocol::DeliveryTerms::Intangible),
    ("payment_terms", |o| o.payment_terms.ja.push('x')),
    ("plans", |o| o.plans.push(PlanClass::Bonus)),
    ("delivery_time", |o| o.delivery_time.ja.push('x')),
    ("application_period", |o| o.application_period.ja.push('x')),
    ("withdrawal_terms", |o| o.withdrawal_terms.ja.push('x')),
    ("issued", |o| o.issued = o.issued.plus(Span::millis(1))),
    ("expires", |o| o.expires = o.expires.plus(Span::millis(1))),
    ("merchant", |o| o.merchant = "mrc_other".parse().unwrap()),
];

#[test]
fn an_offer_with_one_other_field_is_not_the_one_that_was_taken_up() {
    let deal = Deal::new();
    let usual = deal.signed_offer.claimed().unwrap();
    covers(&usual, &OFFER.iter().map(|row| field(row.0)).collect::<Vec<_>>());
    let request = deal.split_and_seal().grant_request();
    let matched = agent_matches(&deal, &request, NOW).unwrap();
    let sealed = deal.split_and_seal();
    let order = sealed.order_check().order.open(&sealed.context, &deal.merchant.opening).unwrap();
    for (name, change) in OFFER {
        let mut offer = usual.clone();
        change(&mut offer);
        let signed = Signed::sign(&offer, &deal.merchant);
        let verified = signed.verify(&deal.merchant.key()).unwrap();
        let checked = matched.check_offer(&verified, 1, NOW);
        assert_eq!(checked, Err(P::OfferInvalid), "agent, {name}");
        let tally = request.tally.verify().unwrap();
        let expected = if *name == "merchant" { P::WrongRecipient } else { P::HalfMismatch };
        let outcome = tally.match_order(&order, &verified, &deal.merchant.id);
        assert_eq!(outcome.err(), Some(expected), "merchant, {name}");
        let forged = Signed::sign(&offer, &deal.agent);
        assert_eq!(forged.verify(&deal.merchant.key()).err(), Some(P::OfferInvalid), "{name}");
        let kept =
            Signed::<Offer>::from_parts(signed.bytes().to_vec(), *deal.signed_offer.signature());
        assert_eq!(kept.verify(&deal.merchant.key()).err(), Some(P::OfferInvalid), "{name}");
    }
}

#[test]
fn the_agent_refuses_an_offer_that_lacks_what_the_law_wants() {
    let lacks: [Change<Offer>; 12] = [
        ("no name", |o| o.name.ja.clear()),
        ("no payment terms", |o| o.payment_terms.en.clear()),
        ("blank delivery time", |o| o.delivery_time.ja = " \u{3000}".into()),
        ("no application period", |o| o.application_period.ja.clear()),
        ("no withdrawal terms", |o| o.withdrawal_terms.en.clear()),
        ("no plans", |o| o.plans.clear()),
        ("none at least", |o| o.quantity.min = 0),
        ("more at least than at most", |o| o.quantity.min = 6),
        ("a price beyond counting", |o| o.unit_price = yen(Amount::MINOR_MAX)),
        ("expired when issued", |o| o.expires = o.issued),
        ("fees in dollars", |o| o.delivery = zones(dollars(550), None)),
        ("free from so many dollars", |o| o.delivery = zones(yen(550), Some(dollars(100)))),
    ];
    for (name, change) in lacks {
        let mut deal = Deal::new();
        let mut offer = deal.signed_offer.claimed().unwrap();
        assert_eq!(offer.check_complete(), Ok(()));
        change(&mut offer);
        assert_eq!(offer.check_complete(), Err(P::OfferInvalid), "{name}");
        deal.signed_offer = Signed::sign(&offer, &deal.merchant);
        let sealed = shopper_seals(&deal, crate::party::form(), &mut crate::party::Seeded(1));
        if let Ok(sealed) = sealed {
            let outcome = agent_matches(&deal, &sealed.grant_request(), NOW);
            assert_eq!(outcome.err(), Some(P::OfferInvalid), "{name}");
        }
    }
}

fn zones(fee: Amount, free_from: Option<Amount>) -> shared_protocol::DeliveryTerms {
    let zone = shared_protocol::ShippingZone { regions: vec!["JP".parse().unwrap()], fee };
    shared_protocol::DeliveryTerms::Physical { zones: vec![zone], free_from }
}

/// A Challenge with one other field, signed again by the agent.
const CHALLENGE: &[(Change<Challenge>, Problem)] = &[
    (("agent", |c| c.agent = "agt_other".parse().unwrap()), P::WrongRecipient),
    (
        ("sealing_key", |c| c.sealing_key = Party::new((), 9).opening.sealing_key()),
        P::ChallengeInvalid,
    ),
    (("merchant", |c| c.merchant = "mrc_other".parse().unwrap()), P::ChallengeInvalid),
    (("purchase", |c| c.purchase = purchase(43)), P::ChallengeInvalid),
    (("nonce", |c| c.nonce = Nonce::new([1; 16])), P::ChallengeInvalid),
    (("issued", |c| c.issued = NOW.minus(Span::millis(1))), P::ChallengeInvalid),
    (("expires", |c| c.expires = c.expires.plus(Span::hours(1))), P::ChallengeInvalid),
];

#[test]
fn a_challenge_with_one_other_field_is_not_the_one_that_was_answered() {
    let deal = Deal::new();
    let usual = deal.signed_challenge.claimed().unwrap();
    covers(&usual, &CHALLENGE.iter().map(|row| row.0.0).collect::<Vec<_>>());
    let request = deal.split_and_seal().grant_request();
    for ((name, change), expected) in CHALLENGE {
        let mut challenge = usual.clone();
        change(&mut challenge);
        assert_ne!(challenge, usual);
        let with = |challenge| GrantRequest { challenge, ..request.clone() };
        let again = with(Signed::sign(&challenge, &deal.agent));
        assert_eq!(agent_matches(&deal, &again, NOW).err(), Some(*expected), "{name}");
        let forged = with(Signed::sign(&challenge, &deal.merchant));
        assert_eq!(agent_matches(&deal, &forged, NOW).err(), Some(P::ChallengeInvalid), "{name}");
    }
}
