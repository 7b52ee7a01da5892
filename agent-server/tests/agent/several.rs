//! Several agents on one database: whatever two of them are asked at once is done once, and both
//! say the same (TRUST.md F15); what one of them was doing when it died is done by another.

use std::time::Duration;

use agent_server::{
    Running,
    clock::Clock as _,
    config::Config,
    domain::{errand::Notice, settlement::settle_day},
    store::Store,
};
use futures_util::future::{join, join_all};
use reqwest::Method;
use shared_protocol::{Claim, Message as _, Problem, Signed, Span, encode};

use crate::{
    market::{Market, answer, database_url, yen},
    races::{self, AT_ONCE, rounds},
    shopper::{Attempt, Order},
};

/// A second agent on the market's database: with its keys, its clock and a mailbox of its own.
async fn second(market: &Market) -> Running {
    let folder = market.folder.path();
    let keys = folder.join("second/keys");
    std::fs::create_dir_all(&keys).unwrap();
    for key in std::fs::read_dir(folder.join("agent/keys")).unwrap() {
        let key = key.unwrap();
        // With its rights, which are looked at.
        std::fs::copy(key.path(), keys.join(key.file_name())).unwrap();
    }
    let mut config = Config::demo(&folder.join("second"), &folder.join("widget"));
    config.listen = "127.0.0.1:0".into();
    config.database_url = Some(database_url(folder));
    agent_server::start(config, market.clock.clone()).await.unwrap()
}

/// Asks an agent for a Grant, again where it is told that it may pass later.
async fn ask(market: &Market, agent: &Running, attempt: &Attempt) -> Result<Vec<u8>, Problem> {
    let url = format!("http://{}/v1/purchases/{}/grant", agent.addr, attempt.purchase);
    let request = market.http.request(Method::PUT, url).body(encode(&attempt.request));
    let request = request.header("content-type", "application/vnd.warifu.grant-request");
    answer(request.send().await.unwrap()).await
}

#[tokio::test]
async fn the_same_purchase_at_two_agents_at_once_is_one() {
    let market = races::market().await;
    let other = second(&market).await;
    for round in 1..=rounds() {
        let attempt = races::order(&market).await.seal();
        let agents = [&market.agent, &other].into_iter().cycle().take(AT_ONCE);
        let answers = join_all(agents.map(|agent| ask(&market, agent, &attempt))).await;
        let first = answers[0].as_ref().unwrap();
        assert!(answers.iter().all(|answer| answer.as_ref() == Ok(first)));
        assert_eq!(market.reserved("47").await, 3850 * round as u64);
    }
    other.shutdown().await;
}

/// Two purchases under one id: one of them is it, at both agents.
#[tokio::test]
async fn two_purchases_of_one_id_at_two_agents_are_one_and_a_conflict() {
    let market = races::market().await;
    let other = second(&market).await;
    for _ in 0..rounds() {
        let order = races::order(&market).await;
        let one = order.clone().seal();
        let two = Order { quantity: 2, amount: yen(7150), ..order }.seal();
        assert_eq!(one.purchase, two.purchase);
        let trials = (0..AT_ONCE).map(|at| {
            let agent = [&market.agent, &other][at % 2];
            ask(&market, agent, [&one, &two][(at / 2) % 2])
        });
        let answers = join_all(trials).await;
        let won = |of: usize| {
            (0..AT_ONCE).filter(move |at| (at / 2) % 2 == of).all(|at| answers[at].is_ok())
        };
        let lost = |of: usize| {
            let conflict = Err(Problem::PurchaseConflict);
            (0..AT_ONCE).filter(move |at| (at / 2) % 2 == of).all(|at| answers[at] == conflict)
        };
        assert!((won(0) && lost(1)) || (won(1) && lost(0)), "{answers:?}");
    }
    other.shutdown().await;
}

#[tokio::test]
async fn a_claim_sent_to_two_agents_at_once_is_booked_once() {
    let market = races::market().await;
    let other = second(&market).await;
    for round in 0..rounds() {
        let sale = races::sale(&market).await;
        let name = format!("C-{round}");
        let claim = sale.claiming(&name, 1000, None);
        let path = format!("/v1/purchases/{}/claims/{name}", sale.id());
        let trials = (0..AT_ONCE).map(|at| {
            let agent = [&market.agent, &other][at % 2];
            let request = market.http.put(format!("http://{}{path}", agent.addr));
            let request = request.header("content-type", Signed::<Claim>::media_type());
            request.body(encode(&claim)).send()
        });
        let mut receipts = Vec::new();
        for said in join_all(trials).await {
            receipts.push(answer(said.unwrap()).await.unwrap());
        }
        receipts.dedup();
        assert_eq!(receipts.len(), 1, "all were told the same");
    }
    let held = market.agent.app.store.balances().await.unwrap();
    let receivable: i64 =
        held.iter().filter(|(name, ..)| name.starts_with("receivable")).map(|held| held.2).sum();
    assert_eq!(receivable, 1000 * rounds() as i64);
    market.audit_is_clean().await;
    other.shutdown().await;
}

#[tokio::test]
async fn a_day_that_two_agents_settle_is_settled_once() {
    let market = Market::open().await;
    let other = second(&market).await;
    for _ in 0..3 {
        market.sale().await.claim("C-1", 2000).await.unwrap();
    }
    market.advance(Span::hours(24 * 40));
    let (one, two) =
        join(settle_day(&market.agent.app, market.now()), settle_day(&other.app, market.now()))
            .await;
    one.unwrap();
    two.unwrap();
    for _ in 0..2400 {
        if !market.agent.app.store.payouts(10).await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let payouts = market.agent.app.store.payouts(10).await.unwrap();
    assert_eq!(payouts.len(), 1);
    assert_eq!(payouts[0].amount.minor, 3 * 1940);
    let contract = market.contract("01").await;
    settle_day(&other.app, market.now()).await.unwrap();
    for _ in 0..2400 {
        if market.agent.app.store.bills_of(contract, 10).await.unwrap().len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(market.agent.app.store.bills_of(contract, 10).await.unwrap().len(), 3);
    market.audit_is_clean().await;
    other.shutdown().await;
}

/// Each letter is in one mailbox of the two, once.
#[tokio::test]
async fn two_agents_send_each_letter_once() {
    let market = Market::open().await;
    let other = second(&market).await;
    for _ in 0..8 {
        market.accepted().await;
    }
    market.delivered(8).await;
    let boxes =
        [&market.agent, &other].map(|agent| agent.app.demo.as_ref().unwrap().mailbox.clone());
    let letters: usize = boxes.iter().map(|mailbox| mailbox.newest_first().len()).sum();
    assert_eq!(letters, 8);
    other.shutdown().await;
}

#[tokio::test]
async fn what_a_dead_agent_held_is_taken_up_when_its_lease_is_over() {
    let market = Market::open().await;
    let other = second(&market).await;
    let (store, now) = (&market.agent.app.store, market.now());
    let until = |seconds| now.plus(Span::secs(seconds));
    assert!(store.hold("this", now, until(60)).await.unwrap());
    assert!(store.hold("this", now, until(60)).await.unwrap(), "it is kept");
    assert!(!other.app.store.hold("this", now, until(60)).await.unwrap());
    assert!(other.app.store.hold("another", now, until(60)).await.unwrap());
    assert!(other.app.store.hold("this", until(60), until(120)).await.unwrap());
    assert!(!store.hold("this", until(60), until(120)).await.unwrap(), "it is another's by now");
    other.shutdown().await;
}

/// As a process that died in the middle of a delivery leaves it.
#[tokio::test]
async fn what_a_dead_agent_was_sending_is_sent_by_another() {
    let market = Market::open().await;
    market.accepted().await;
    let Market { agent, clock, merchant, http, folder } = market;
    agent.shutdown().await;
    let dead = Store::open(&database_url(folder.path())).await.unwrap();
    let now = clock.now();
    let event = dead.trigger(None, Notice::Confirmed, now).await.unwrap().unwrap();
    let taken = dead.lease(now, now.plus(Span::secs(15)), 9).await.unwrap();
    assert!(taken.iter().any(|parcel| parcel.id == event));
    dead.close().await;
    let market = Market::over(folder, clock, merchant, http).await;
    let other = second(&market).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    let store = &market.agent.app.store;
    assert_eq!(store.event(event).await.unwrap().unwrap().attempts, 1, "it is held still");
    market.advance(Span::secs(16));
    for _ in 0..2400 {
        if store.event(event).await.unwrap().unwrap().attempts > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(store.event(event).await.unwrap().unwrap().attempts, 2);
    other.shutdown().await;
}
