//! Guessing numbers and codes (TRUST.md T29): neither what is answered nor how long it takes tells
//! whether a number exists, and after so many wrong codes nothing is tried any more.

use std::time::{Duration, Instant};

use agent_server::{domain::code::CodeCost, guard::Limits};
use reqwest::Method;
use shared_protocol::{Problem, Span};

use crate::{
    market::{Market, answer},
    shopper::{Attempt, Order},
};

/// Slow enough to be seen over the rest of a request, quick enough for a test.
const SLOW: CodeCost = CodeCost { memory_kib: 8_192, passes: 2, lanes: 1 };
const EACH: usize = 100;
const TRIALS: usize = 10;

/// Numbers of contracts that exist, and as many that do not, ten tries for each.
fn number(exists: bool, n: usize) -> String {
    format!("C{}{:011}", if exists { 1 } else { 2 }, n / 10)
}

#[expect(clippy::disallowed_methods, reason = "this measures how long it takes")]
fn instant() -> Instant {
    Instant::now()
}

/// How long wrong codes took for known and for unknown numbers, asked in turns.
async fn probe(cost_of_known: CodeCost, cost_now: CodeCost) -> [Vec<Duration>; 2] {
    let market = Market::open_with(|config| {
        config.code_cost = cost_now;
        config.guessing = Limits { codes_of_network: u32::MAX, ..Limits::default() };
    })
    .await;
    for n in (0..EACH).step_by(10) {
        market.add_contract_at(&number(true, n), 10_000, None, cost_of_known).await;
    }
    let mut took = [Vec::new(), Vec::new()];
    for n in 0..EACH {
        let mut said = Vec::new();
        for (exists, took) in [true, false].into_iter().zip(&mut took) {
            let contract = number(exists, n).leak();
            let attempt = Order { contract, code: "1111", ..market.order().await }.seal();
            let path = format!("/v1/purchases/{}/grant", attempt.purchase);
            let begun = instant();
            let answer = market.send(Method::PUT, &path, &attempt.request).await;
            took.push(begun.elapsed());
            said.push(without_id(answer).await);
        }
        assert_eq!(said[0], said[1], "try {n}");
    }
    took
}

/// Head and body of an answer, but for what names this one request.
async fn without_id(answer: reqwest::Response) -> (u16, Vec<String>, serde_json::Value) {
    let status = answer.status().as_u16();
    let heads = answer
        .headers()
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
    let mut heads: Vec<_> = heads.map(|(name, value)| format!("{name}: {value:?}")).collect();
    heads.sort();
    let mut body: serde_json::Value =
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    body["request_id"].take();
    (status, heads, body)
}

/// Mann and Whitney's U as how often a value of one is below a value of the other, in thousandths:
/// 500 where nothing tells them apart. It does not mind the machine's hiccups.
fn below(a: &[Duration], b: &[Duration]) -> usize {
    let wins = a.iter().flat_map(|a| b.iter().map(move |b| usize::from(a < b))).sum::<usize>();
    wins * 1000 / (a.len() * b.len())
}

/// 100 against 100 differ by chance by 41 thousandths (one sigma): five of them on either side.
fn tells_apart(took: &[Vec<Duration>; 2]) -> bool {
    let below = below(&took[0], &took[1]);
    !(295..=705).contains(&below)
}

#[tokio::test]
async fn time_and_bytes_do_not_tell_whether_a_number_exists() {
    let took = probe(SLOW, SLOW).await;
    assert!(!tells_apart(&took), "known before unknown: {}", below(&took[0], &took[1]));
    let least = took.iter().flatten().min().unwrap();
    assert!(*least > Duration::from_millis(2), "the code was not compared: {least:?}");
}

/// The same trial finds it if nobody's code is quicker to try than somebody's. On a machine that
/// does much else its hiccups can hide that from one trial, not from all.
#[tokio::test]
async fn a_shortcut_for_unknown_numbers_would_be_seen() {
    let mut missed = Vec::new();
    for _ in 0..TRIALS {
        let took = probe(SLOW, CodeCost::LEAST).await;
        if tells_apart(&took) {
            return;
        }
        missed.push(below(&took[0], &took[1]));
    }
    panic!("known before unknown: {missed:?}");
}

async fn wrong(market: &Market, contract: &'static str) -> Attempt {
    Order { contract, code: "1111", ..market.order().await }.seal()
}

#[tokio::test]
async fn a_network_that_guesses_is_not_heard_any_more_for_a_while() {
    let limits = Limits { codes_of_network: 6, ..Limits::default() };
    let market = Market::open_with(|config| config.guessing = limits).await;
    for n in 0..6 {
        let contract = ["C100000000001", "C100000000002", "C900000000004"][n % 3];
        let told = market.grant(&wrong(&market, contract).await).await.unwrap_err();
        assert_eq!(told, Problem::ContractNotRecognised);
    }
    let attempt = wrong(&market, "C100000000009").await;
    let path = format!("/v1/purchases/{}/grant", attempt.purchase);
    let refused = market.send(Method::PUT, &path, &attempt.request).await;
    assert_eq!(refused.headers()["retry-after"], "60");
    assert_eq!(answer(refused).await.unwrap_err(), Problem::TooManyRequests);
    let right = market.order().await.seal();
    assert_eq!(market.grant(&right).await.unwrap_err(), Problem::TooManyRequests);
    market.advance(Span::minutes(10));
    assert!(market.grant(&market.order().await.seal()).await.is_ok(), "one in ten minutes again");
}

/// A rush: whoever types the right code is never counted.
#[tokio::test]
async fn a_rush_is_no_guessing() {
    let limits =
        Limits { codes_of_network: 2, codes_of_merchant: 2, codes: 2, ..Limits::default() };
    let market = Market::open_with(|config| config.guessing = limits).await;
    for _ in 0..20 {
        market.granted().await;
    }
    let attempt = wrong(&market, "C900000000004").await;
    for _ in 0..10 {
        let told = market.grant(&attempt).await.unwrap_err();
        assert_eq!(told, Problem::ContractNotRecognised, "the same again is no other guess");
    }
    market.granted().await;
}
