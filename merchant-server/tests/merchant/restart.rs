//! A server that stops and starts again on the same folder has forgotten nothing.

use shared_protocol::{Outcome, Problem, PurchaseState};

use crate::market::Market;

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let mut market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let grant = market.grant(&attempt);
    let first = market.submit(&attempt, market.signed(&grant)).await;
    let waiting = market.prepare("TEAPOT-01").await;
    let closed = market.prepare("SENCHA-01").await;
    market.notify("purchase.lapsed", closed.purchase, None).await;

    market.close().await;
    market.open(|_| {}).await;

    let again = market.submit(&attempt, market.signed(&grant)).await;
    assert_eq!(again.body, first.body, "the very same Acceptance");
    let offered_before = market.submit(&waiting, market.signed(&market.grant(&waiting))).await;
    let acceptance = offered_before.acceptance().claimed().unwrap();
    assert_eq!(acceptance.order_reference, "Y-20261118-0002", "counting goes on");
    let late = market.submit(&closed, market.signed(&market.grant(&closed))).await;
    assert_eq!(late.problem(), Problem::PurchaseClosed);
    assert_eq!(market.tell(&grant, Outcome::Confirmed).await.json()["state"], "confirmed");

    market.close().await;
    market.open(|_| {}).await;
    let order = market.order(attempt.purchase).await.unwrap();
    assert_eq!(order.state, PurchaseState::Confirmed);
    assert!(order.confirmation.is_some());
    assert_eq!(market.orders().await.len(), 2);
}

#[tokio::test]
async fn what_was_not_sent_before_the_stop_is_sent_after_the_start() {
    let mut market = Market::start().await;
    market.agent.will_answer(&[503; 2000]);
    market.buy("TEAPOT-01").await;
    market.close().await;
    assert!(market.agent.told().is_empty());
    market.agent.will_answer(&[]);
    merchant_server::clock::Clock::advance(&*market.clock, shared_protocol::Span::hours(1));
    market.open(|_| {}).await;
    assert_eq!(market.agent.told_so_much(1).await[0].0, "acceptance");
}

#[tokio::test]
async fn the_database_flushes_every_commit() {
    let market = Market::start().await;
    let vitals = market.running().app.store().vitals().await.unwrap();
    assert!(vitals.flushes_commits);
    let oldest = merchant_server::store::SQLITE_OLDEST;
    assert!(vitals.version.split('.').count() == 3, "{} against {oldest}", vitals.version);
}
