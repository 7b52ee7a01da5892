//! What happens when nothing happens (¶60), within a second of the clock's saying so.

use agent_server::domain::{ConfirmationToken, confirm};
use shared_protocol::{Channel, Outcome, Problem, PurchaseState, Span};

use crate::{market::Market, shopper::id};

#[tokio::test]
async fn silence_counts_as_a_prank_and_both_are_told() {
    let market = Market::open().await;
    let grant = market.accepted().await;
    market.letters(1).await;
    market.advance(Span::hours(71));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Accepted);
    market.advance(Span::hours(2));
    market.wait_for_state(&id(&grant), PurchaseState::Expired).await;
    assert_eq!(market.reserved("01").await, 0);
    let said = market.status(&id(&grant)).await.confirmation.unwrap().claimed().unwrap();
    assert_eq!((said.outcome, said.channel), (Outcome::Expired, Channel::Silence));
    assert_eq!(market.merchant.notices(1).await[0].json()["type"], "purchase.expired");
    assert_eq!(market.letters(2).await.len(), 2);
}

#[tokio::test]
async fn a_late_yes_is_too_late_even_before_the_sweep() {
    let market = Market::open().await;
    let grant = market.accepted().await;
    let token = ConfirmationToken::of(&id(&grant), &market.agent.app.keys).expose();
    let late = market.now().plus(Span::hours(73));
    let told = confirm::decide(&market.agent.app, &token, Outcome::Confirmed, late).await;
    assert_eq!(told.unwrap_err(), Problem::NotConfirmed);
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Expired);
}

#[tokio::test]
async fn an_unredeemed_grant_is_asked_after_and_closed() {
    let market = Market::open().await;
    let grant = market.granted().await;
    market.advance(Span::minutes(10));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Granted);
    market.advance(Span::minutes(2));
    market.wait_for_state(&id(&grant), PurchaseState::Expired).await;
    let notices = market.merchant.notices(1).await;
    assert_eq!(notices[0].json()["type"], "purchase.lapsed");
    assert!(notices[0].json().get("confirmation").is_none());
    assert_eq!(market.reserved("01").await, 0);
    let late = market.merchant.accept(&grant, market.now().minus(Span::minutes(12)));
    let told = market.tell(&grant, "acceptance", &late).await;
    assert_eq!(told.unwrap_err(), Problem::NotConfirmed);
}

/// The tab was closed between the merchant's word and ours (TRUST.md F06).
#[tokio::test]
async fn a_merchant_that_has_the_order_says_so_when_asked() {
    let market = Market::open().await;
    let grant = market.granted().await;
    let word = market.merchant.accept(&grant, market.now());
    *market.merchant.shop.acceptance.lock().unwrap() = Some(word);
    market.advance(Span::minutes(12));
    market.wait_for_state(&id(&grant), PurchaseState::Accepted).await;
    assert_eq!(market.letters(1).await.len(), 1);
    assert_eq!(market.reserved("01").await, 3850);
}

/// Down for three days: nothing can have been shipped without consent, so it is closed.
#[tokio::test]
async fn a_merchant_that_never_answers_does_not_hold_the_credit_for_ever() {
    let market = Market::open().await;
    *market.merchant.shop.status.lock().unwrap() = Some(503);
    let grant = market.granted().await;
    market.advance(Span::minutes(12));
    market.merchant.notices(1).await;
    market.advance(Span::hours(80));
    market.wait_for_state(&id(&grant), PurchaseState::Expired).await;
    assert_eq!(market.reserved("01").await, 0);
    let dead = market.dead().await;
    assert_eq!(dead.last_fault.as_deref(), Some("the merchant answered 503"));
}
