//! Limits hold under concurrency, wrong codes lock, and neither tells whether a number exists.

use futures_util::future::join_all;
use shared_protocol::Problem;

use crate::{
    market::Market,
    shopper::{Attempt, Order},
};

async fn attempts(market: &Market, count: usize, contract: &'static str) -> Vec<Attempt> {
    let order = async |_| Order { contract, ..market.order().await }.seal();
    join_all((0..count).map(order)).await
}

async fn wrong(market: &Market, contract: &'static str) -> Attempt {
    Order { contract, code: "1111", ..market.order().await }.seal()
}

#[tokio::test]
async fn twenty_at_once_against_a_limit_for_three_get_three() {
    let market = Market::open().await;
    market.add_contract("C900000000042", 3 * 3850 + 3849, None).await;
    let attempts = attempts(&market, 20, "C900000000042").await;
    let answers = join_all(attempts.iter().map(|attempt| market.grant(attempt))).await;
    let (granted, declined): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(granted.len(), 3);
    assert!(declined.into_iter().all(|told| told == Err(Problem::LimitExceeded)));
    assert_eq!(market.reserved("42").await, 3 * 3850);
}

#[tokio::test]
async fn five_wrong_codes_lock_also_for_the_right_one() {
    let market = Market::open().await;
    for _ in 0..5 {
        let told = market.grant(&wrong(&market, "C900000000004").await).await;
        assert_eq!(told.unwrap_err(), Problem::ContractNotRecognised);
    }
    for code in ["1111", "2468"] {
        let attempt = Order { contract: "C900000000004", code, ..market.order().await }.seal();
        assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::ContractLocked);
    }
}

#[tokio::test]
async fn the_same_wrong_request_counts_once() {
    let market = Market::open().await;
    let attempt = wrong(&market, "C900000000004").await;
    let answers = join_all((0..20).map(|_| market.grant(&attempt))).await;
    assert!(answers.into_iter().all(|told| told == Err(Problem::ContractNotRecognised)));
    let right = Order { contract: "C900000000004", ..market.order().await }.seal();
    assert!(market.grant(&right).await.is_ok());
}

#[tokio::test]
async fn twenty_guesses_at_once_are_five_guesses() {
    let market = Market::open().await;
    let guesses = join_all((0..20).map(async |_| wrong(&market, "C900000000004").await)).await;
    let answers = join_all(guesses.iter().map(|guess| market.grant(guess))).await;
    let told = |problem| answers.iter().filter(|a| **a == Err(problem)).count();
    assert_eq!(told(Problem::ContractNotRecognised), 5);
    assert_eq!(told(Problem::ContractLocked), 15);
}

#[tokio::test]
async fn the_right_code_forgives_the_wrong_ones_before_it() {
    let market = Market::open().await;
    for _ in 0..3 {
        for _ in 0..4 {
            market.grant(&wrong(&market, "C900000000001").await).await.unwrap_err();
        }
        market.granted().await;
    }
}

#[tokio::test]
async fn an_unknown_number_answers_word_for_word_like_a_known_one() {
    let market = Market::open().await;
    for attempt in 0..7 {
        let mut said = Vec::new();
        for contract in ["C900000000004", "C999999999999"] {
            let attempt = wrong(&market, contract).await;
            let path = format!("/v1/purchases/{}/grant", attempt.purchase);
            let answer = market.send(reqwest::Method::PUT, &path, &attempt.request).await;
            let mut document: serde_json::Value =
                serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            document["request_id"].take();
            said.push(document);
        }
        assert_eq!(said[0], said[1], "try {attempt}");
    }
}
