//! Stock: never more sold than there is, and what came to nothing is given back.

use futures_util::future::join_all;
use shared_protocol::{Outcome, Problem, PurchaseState, Refusal, Signed, decode};

use crate::market::{Market, SAMPLE};

fn with_stock(stock: u32) -> String {
    SAMPLE.replace("stock = 2000", &format!("stock = {stock}"))
}

#[tokio::test]
async fn twenty_want_three_and_three_get_one() {
    let market = Market::start_with(&with_stock(3), |_| {}).await;
    let mut ready = Vec::new();
    for _ in 0..20 {
        let attempt = market.prepare("TEAPOT-01").await;
        assert_eq!(market.check(&attempt).await.status, 204, "there were some when it was checked");
        let proof = market.signed(&market.grant(&attempt));
        ready.push((attempt, proof));
    }
    let all = ready.iter().map(|(attempt, proof)| market.submit(attempt, proof.clone()));
    let answers = join_all(all).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(taken, 3);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.problem(), Problem::OrderRefused);
        assert_eq!(answer.json()["cause"], "out_of_stock");
    }
    let told = market.agent.told_so_much(20).await;
    let refusals: Vec<_> = told.iter().filter(|(kind, _)| kind == "refusal").collect();
    assert_eq!(refusals.len(), 17, "the agent frees seventeen credits");
    for (_, bytes) in refusals {
        let refusal: Signed<Refusal> = decode(bytes).unwrap();
        let refusal = refusal.verify(&market.verifying_key()).unwrap();
        assert_eq!(refusal.problem, Problem::OutOfStock);
        let order = market.order(refusal.purchase).await.unwrap();
        assert_eq!(order.state, PurchaseState::Refused);
    }
    let late = market.prepare("TEAPOT-01").await;
    assert_eq!(market.check(&late).await.problem(), Problem::OutOfStock);
}

#[tokio::test]
async fn the_same_refusal_comes_again_even_when_there_is_stock_again() {
    let market = Market::start_with(&with_stock(1), |_| {}).await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let attempt = market.prepare("TEAPOT-01").await;
    let proof = market.signed(&market.grant(&attempt));
    assert_eq!(market.submit(&attempt, proof.clone()).await.problem(), Problem::OrderRefused);
    market.tell(&grant, Outcome::Cancelled).await;
    let again = market.submit(&attempt, proof).await;
    assert_eq!(again.problem(), Problem::OrderRefused, "the credit is free already");
}

#[tokio::test]
async fn what_is_called_off_can_be_sold_again() {
    for outcome in [Outcome::Cancelled, Outcome::Expired] {
        let market = Market::start_with(&with_stock(1), |_| {}).await;
        let (_, grant) = market.buy("TEAPOT-01").await;
        let next = market.prepare("TEAPOT-01").await;
        assert_eq!(market.check(&next).await.problem(), Problem::OutOfStock);
        for _ in 0..3 {
            assert_eq!(market.tell(&grant, outcome).await.status, 200);
        }
        assert_eq!(market.check(&next).await.status, 204);
        market.buy("TEAPOT-01").await;
        let last = market.prepare("TEAPOT-01").await;
        assert_eq!(market.check(&last).await.problem(), Problem::OutOfStock, "given back once");
    }
}

#[tokio::test]
async fn an_item_that_left_the_catalogue_is_not_sold_any_more() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let file = market.folder.path().join("catalogue.toml");
    std::fs::write(&file, SAMPLE.replace("id = \"TEAPOT-01\"", "id = \"TEAPOT-02\"")).unwrap();
    assert_eq!(market.check(&attempt).await.problem(), Problem::UnknownItem);
    let gone = market.get("/warifu/v1/offers/TEAPOT-01").await;
    assert_eq!(gone.problem(), Problem::UnknownItem);
    let answer = market.submit(&attempt, market.signed(&market.grant(&attempt))).await;
    assert_eq!(answer.problem(), Problem::OrderRefused);
    assert_eq!(answer.json()["cause"], "unknown_item");
}
