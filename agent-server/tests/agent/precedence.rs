//! Of several things that are wrong the first in precedence is told: each line of the table
//! spoils one thing more, from the last to the first.

use agent_server::domain::MerchantStatus;
use shared_protocol::{Plan, PlanClass, PlanQuote, Problem, Signed, Span};

use crate::{
    market::{Market, yen},
    merchant::Key,
    shopper::Order,
};

type Spoil = fn(&mut Order, &Market);

/// Within the contract; the code is right until the line that makes it wrong.
const OF_CONTRACT: [(Problem, Spoil); 5] = [
    (Problem::LimitExceeded, |order, _| order.contract = "C900000000003"),
    // A contract that allows the lump sum alone, and has no credit.
    (Problem::PlanNotAccepted, |order, market| {
        order.contract = "C900000000043";
        order.plan = Plan::Revolving;
        order.quote = Some(market.quote_now(order));
    }),
    (Problem::ContractLapsed, |order, _| order.contract = "C900000000002"),
    (Problem::ContractNotRecognised, |order, _| order.code = "1357"),
    (Problem::ContractNotRecognised, |order, _| order.contract = "X000000000000"),
];

/// Before the contract is looked at.
const OF_QUOTE: [(Problem, Spoil); 2] = [
    (Problem::QuoteExpired, |order, market| {
        let quote = market.quote_now(order).claimed().unwrap();
        let late = PlanQuote { expires: market.now(), ..quote };
        order.quote = Some(Signed::sign(&late, &market.agent.app.keys));
    }),
    (Problem::QuoteInvalid, |order, market| {
        let quote = market.quote_now(order).claimed().unwrap();
        let other = PlanQuote { merchant: "mrc_other".parse().unwrap(), ..quote };
        order.quote = Some(Signed::sign(&other, &market.agent.app.keys));
    }),
];

/// Before the quote is.
const OF_OFFER: [(Problem, Spoil); 4] = [
    (Problem::PlanNotAccepted, |order, _| order.plan = Plan::Bonus),
    (Problem::AmountMismatch, |order, _| order.amount = yen(1)),
    (Problem::OfferExpired, |order, market| {
        let mut offer = market.merchant.teapot(market.now());
        offer.expires = market.now();
        order.offer = Signed::sign(&offer, &market.merchant.key);
    }),
    (Problem::OfferInvalid, |order, _| {
        let offer = order.offer.claimed().unwrap();
        order.offer = Signed::sign(&offer, &Key::random());
    }),
];

/// Before the merchant is looked at.
const OF_BINDING: [(Problem, Spoil); 7] = [
    (Problem::CardNumberRefused, |order, _| order.contract = "4111111111111111"),
    (Problem::HalfMismatch, |order, _| order.breaks_half = true),
    (Problem::TallyExpired, |order, market| order.expires = market.now()),
    (Problem::WrongRecipient, |order, _| order.agent = "agt_other".parse().unwrap()),
    (Problem::EnvelopeInvalid, |order, _| order.breaks_envelope = true),
    (Problem::TallyInvalid, |order, _| order.breaks_signature = true),
    (Problem::ChallengeInvalid, |order, _| {
        let challenge = order.challenge.claimed().unwrap();
        order.challenge = Signed::sign(&challenge, &Key::random());
    }),
];

/// One more contract, that allows the lump sum alone and has no credit.
async fn with_poor_contract() -> Market {
    let market = Market::open().await;
    market.add_contract("C900000000043", 0, None).await;
    market.allow_plans("C900000000043", &[PlanClass::Single]).await;
    market
}

#[tokio::test]
async fn the_first_of_several_problems_is_told() {
    let market = with_poor_contract().await;
    let table = OF_CONTRACT.iter().chain(&OF_QUOTE).chain(&OF_OFFER).chain(&OF_BINDING);
    for spoiled in 0..table.clone().count() {
        let mut order = market.order().await;
        let lines: Vec<_> = table.clone().take(spoiled + 1).collect();
        lines.iter().for_each(|(_, spoil)| spoil(&mut order, &market));
        let told = market.grant(&order.seal()).await.unwrap_err();
        assert_eq!(told, lines[spoiled].0, "line {spoiled}");
    }
}

#[tokio::test]
async fn each_problem_alone_is_told() {
    let market = with_poor_contract().await;
    let table = OF_CONTRACT.iter().chain(&OF_QUOTE).chain(&OF_OFFER).chain(&OF_BINDING);
    for (problem, spoil) in table {
        let mut order = market.order().await;
        spoil(&mut order, &market);
        assert_eq!(market.grant(&order.seal()).await.unwrap_err(), *problem);
    }
    assert!(market.grant(&market.order().await.seal()).await.is_ok());
}

#[tokio::test]
async fn a_lapsed_merchant_is_told_before_the_offer_and_the_contract() {
    let market = Market::open().await;
    let mut order = market.order().await;
    for (_, spoil) in OF_CONTRACT.iter().chain(&OF_QUOTE).chain(&OF_OFFER) {
        spoil(&mut order, &market);
    }
    let attempt = order.seal();
    let other = market.order().await.seal();
    market.change_merchant(MerchantStatus::Suspended, None).await;
    assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::MerchantLapsed);
    // Declined for good, also when the merchant is back.
    market.change_merchant(MerchantStatus::Active, None).await;
    assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::MerchantLapsed);
    market.change_merchant(MerchantStatus::Active, Some(market.now())).await;
    assert_eq!(market.grant(&other).await.unwrap_err(), Problem::MerchantLapsed);
}

#[tokio::test]
async fn a_merchant_that_is_not_registered_gets_no_challenge() {
    let market = Market::open().await;
    let asked = shared_protocol::ChallengeRequest {
        merchant: "mrc_nobody".parse().unwrap(),
        purchase: shared_protocol::PurchaseId::new([1; 16]),
    };
    let told = market.ask(reqwest::Method::POST, "/v1/challenges", &asked).await;
    assert_eq!(told.unwrap_err(), Problem::UnknownMerchant);
}

#[tokio::test]
async fn a_challenge_answered_too_late_is_told_so() {
    let market = Market::open().await;
    let order = market.order().await;
    market.advance(Span::minutes(16));
    let late = Order { expires: market.now().plus(Span::minutes(5)), ..order };
    assert_eq!(market.grant(&late.seal()).await.unwrap_err(), Problem::ChallengeExpired);
}

#[tokio::test]
async fn a_merchant_may_keep_the_basket_to_itself() {
    let market = Market::open().await;
    let order = Order { shows_offer: false, ..market.order().await };
    assert!(market.grant(&order.seal()).await.is_ok());
}
