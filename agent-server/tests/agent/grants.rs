//! One Grant per purchase id, and the same answer whenever it is asked again.

use agent_server::{domain::operator::Role, store::Engine};
use futures_util::future::{join, join_all};
use reqwest::{Method, StatusCode};
use shared_protocol::{Localized, Problem, PurchaseState, Signed, Signer as _, Span, encode};

use crate::{
    market::{Market, signed},
    shopper::{Order, id},
};

#[tokio::test]
async fn a_grant_says_what_was_asked_and_is_signed_by_the_agent() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    let grant = market.grant(&attempt).await.unwrap();
    let said = grant.verify(&market.agent.app.keys.verifying_key()).unwrap();
    let tally = attempt.request.tally.verify().unwrap();
    assert_eq!(said.purchase, attempt.purchase);
    assert_eq!((said.order, said.offer, said.amount), (tally.order, tally.offer, tally.amount));
    assert_eq!((said.tally, said.session_key), (tally.digest(), tally.session_key()));
    assert!(said.provisional);
    assert_eq!(said.issued.as_millis() % 1000, 0);
    assert_eq!(said.expires, said.issued.plus(Span::minutes(10)));
    let status = market.status(&attempt.purchase).await;
    assert_eq!((status.state, status.grant), (PurchaseState::Granted, Some(grant)));
    assert_eq!(market.reserved("01").await, 3850);
}

/// PostgreSQL keeps no NUL; SQLite does.
#[tokio::test]
async fn a_text_that_no_database_need_keep_is_the_callers_fault() {
    let market = Market::open().await;
    let mut offer = market.merchant.teapot(market.now());
    offer.name = Localized::new("急\0須", "tea\0pot");
    let offer = Signed::sign(&offer, &market.merchant.key);
    let attempt = Order { offer, ..market.order().await }.seal();
    let other = market.order().await.seal();
    let (answer, beside) = join(market.ask_grant(&attempt), market.ask_grant(&other)).await;
    assert!(beside.is_ok(), "whoever asks at the same time gets what it asked for");
    match market.agent.app.store.engine() {
        Engine::Postgres => assert_eq!(answer.unwrap_err(), Problem::MalformedMessage),
        Engine::Sqlite => assert!(answer.is_ok()),
    }
    let clerk = market.clerk("support", Role::Support).await;
    let searched = clerk.get("/console/purchases?q=%00").await;
    assert_eq!(searched.status, StatusCode::UNPROCESSABLE_ENTITY);
    let searched = clerk.get("/console/purchases?merchant=%00").await;
    assert!(searched.status.as_u16() < 500, "{}", searched.status);
}

/// TRUST.md F03.
#[tokio::test]
async fn fifty_at_once_get_one_grant() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    let answers = join_all((0..50).map(|_| market.ask_grant(&attempt))).await;
    let first = answers[0].clone().unwrap();
    assert!(answers.into_iter().all(|answer| answer.unwrap() == first));
    assert_eq!(market.reserved("01").await, 3850);
}

#[tokio::test]
async fn asked_again_much_later_it_answers_the_same_bytes() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    let first = market.ask_grant(&attempt).await.unwrap();
    market.advance(Span::minutes(30));
    assert_eq!(market.ask_grant(&attempt).await.unwrap(), first);
}

/// TRUST.md F04.
#[tokio::test]
async fn other_bytes_under_the_same_id_are_a_conflict_and_change_nothing() {
    let market = Market::open().await;
    let order = market.order().await;
    let grant = market.ask_grant(&order.seal()).await.unwrap();
    let again = Order { quantity: 2, amount: crate::market::yen(7150), ..order };
    for _ in 0..2 {
        assert_eq!(market.grant(&again.seal()).await.unwrap_err(), Problem::PurchaseConflict);
    }
    let broken = Order { breaks_signature: true, ..again };
    assert_eq!(market.grant(&broken.seal()).await.unwrap_err(), Problem::PurchaseConflict);
    let status = market.status(&id(&signed(&grant))).await;
    assert_eq!(encode(&status.grant.unwrap()), grant);
    assert_eq!(market.reserved("01").await, 3850);
}

#[tokio::test]
async fn a_request_under_another_purchases_id_is_refused() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    let other = market.order().await.seal();
    let path = format!("/v1/purchases/{}/grant", other.purchase);
    let told = market.ask(Method::PUT, &path, &attempt.request).await;
    assert_eq!(told.unwrap_err(), Problem::WrongRecipient);
}

#[tokio::test]
async fn a_declined_purchase_stays_declined_and_says_so_again() {
    let market = Market::open().await;
    let attempt = Order { contract: "C900000000003", ..market.order().await }.seal();
    for _ in 0..3 {
        assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::LimitExceeded);
    }
    let status = market.status(&attempt.purchase).await;
    assert_eq!((status.state, status.grant), (PurchaseState::Declined, None));
    let jws = format!("/v1/purchases/{}/grant.jws", attempt.purchase);
    let answer = market.http.get(market.url(&jws)).send().await.unwrap();
    assert_eq!(crate::market::answer(answer).await.unwrap_err(), Problem::PurchaseUnknown);
}

#[tokio::test]
async fn a_grant_for_another_purchase_cannot_be_had_with_a_used_envelope() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    market.grant(&attempt).await.unwrap();
    let fresh = market.order().await;
    let mut replay = attempt.clone();
    replay.request.challenge = fresh.challenge.clone();
    replay.purchase = fresh.challenge.claimed().unwrap().purchase;
    assert_eq!(market.grant(&replay).await.unwrap_err(), Problem::ChallengeInvalid);
    let unknown: Signed<_> = fresh.challenge;
    let purchase = unknown.claimed().unwrap().purchase;
    let path = market.url(&format!("/v1/purchases/{purchase}"));
    let answer = market.http.get(path).send().await.unwrap();
    assert_eq!(crate::market::answer(answer).await.unwrap_err(), Problem::PurchaseUnknown);
}
