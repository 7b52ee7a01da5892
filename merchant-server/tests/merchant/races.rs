//! Twenty at the same time want what one of them can have (TRUST.md T09): a handling number counts
//! once, whoever hands it in, with whatever order. `WARIFU_TEST_EFFORT=20` makes a thousand rounds
//! of each.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use shared_protocol::{Form, Outcome, Problem, PurchaseId, PurchaseState};

use merchant_server::entropy::Entropy;

use crate::market::{Attempt, Market, form};

const AT_ONCE: usize = 20;

fn rounds() -> usize {
    let effort = std::env::var("WARIFU_TEST_EFFORT").ok().and_then(|text| text.parse().ok());
    50 * effort.unwrap_or(1)
}

/// Without an end of the stock.
async fn market() -> Market {
    let sample = crate::market::SAMPLE.replace("stock = 2000\n", "");
    Market::start_with(&sample, |_| {}).await
}

/// Two orders of one purchase, for one teapot and for two.
async fn two(market: &Market) -> [Attempt; 2] {
    let purchase = PurchaseId::random(&mut Entropy::system());
    let offer = market.offer("TEAPOT-01").await;
    let verified = offer.verify(&market.verifying_key()).unwrap();
    [1, 2].map(|quantity| market.seal(Form { quantity, ..form() }, &offer, &verified, purchase))
}

#[tokio::test]
async fn of_two_orders_of_one_purchase_handed_in_at_once_one_is_taken() {
    let market = market().await;
    for round in 1..=rounds() {
        let attempts = two(&market).await;
        let proofs = attempts.each_ref().map(|attempt| market.signed(&market.grant(attempt)));
        let all = (0..AT_ONCE).map(|n| market.submit(&attempts[n % 2], proofs[n % 2].clone()));
        let answers = join_all(all).await;
        let taken: BTreeSet<_> = (0..AT_ONCE).filter(|n| answers[*n].status == 200).collect();
        let won = taken.first().expect("one of them") % 2;
        let is_won = |n: &usize| n % 2 == won;
        assert_eq!(taken, (0..AT_ONCE).filter(is_won).collect(), "round {round}");
        for (n, answer) in answers.iter().enumerate() {
            match n % 2 == won {
                true => assert_eq!(answer.body, answers[won].body),
                false => assert_eq!(answer.problem(), Problem::PurchaseConflict),
            }
        }
        let order = market.order(attempts[0].purchase).await.unwrap();
        assert_eq!(order.deal.unwrap().quantity as usize, won + 1);
    }
    assert_eq!(market.running().app.store().orders(u32::MAX).await.unwrap().len(), rounds());
}

/// An agent at fault gives one number twenty times.
#[tokio::test]
async fn of_twenty_purchases_with_one_handling_number_one_is_taken() {
    let market = market().await;
    for round in 1..=rounds().div_ceil(5) {
        let mut attempts = Vec::new();
        for _ in 0..AT_ONCE {
            attempts.push(market.prepare("TEAPOT-01").await);
        }
        let first = market.grant(&attempts[0]);
        let submit = async |attempt: &Attempt| {
            let mut grant = market.grant(attempt);
            grant.handling_number = first.handling_number;
            market.submit(attempt, market.signed(&grant)).await
        };
        let answers = join_all(attempts.iter().map(submit)).await;
        let taken = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(taken, 1, "round {round}");
        let lost = answers.iter().filter(|answer| answer.status != 200);
        assert!(lost.into_iter().all(|answer| answer.problem() == Problem::GrantUsed));
    }
}

/// The order comes, and the agent's no with it: whichever is first counts, on this side once.
#[tokio::test]
async fn an_order_and_the_agents_no_at_once_have_one_end() {
    let market = market().await;
    for round in 1..=rounds() {
        let attempt = market.prepare("TEAPOT-01").await;
        let grant = market.grant(&attempt);
        let proof = market.signed(&grant);
        let submits = join_all((0..AT_ONCE).map(|_| market.submit(&attempt, proof.clone())));
        let (answers, told) = tokio::join!(submits, market.tell(&grant, Outcome::Cancelled));
        assert_eq!(told.status, 200, "round {round}: {}", told.text());
        let order = market.order(attempt.purchase).await.unwrap();
        assert_eq!(order.state, PurchaseState::Cancelled, "round {round}");
        let taken: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert!(taken.iter().all(|answer| answer.body == taken[0].body));
        let closed = answers.iter().filter(|answer| answer.status != 200);
        assert!(closed.into_iter().all(|answer| answer.problem() == Problem::PurchaseClosed));
        assert_eq!(order.deal.is_some(), !taken.is_empty(), "closed before it came, or taken");
    }
}
