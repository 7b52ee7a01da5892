//! PostgreSQL is killed in the middle of trade and started again: what was acknowledged is there,
//! nothing is there twice, and trade goes on by itself (TRUST.md F10).

use std::time::Duration;

use futures_util::future::join_all;
use postgres_cluster::{Cluster, Disk};
use shared_protocol::Problem;

use crate::{
    market::Market,
    shopper::{Attempt, Order},
};

const CONTRACT: &str = "C777700000017";
const SHOPPERS: usize = 8;
const EACH: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_under_load_loses_nothing_that_was_acknowledged() {
    if postgres_cluster::wanted().is_none() {
        return;
    }
    let cluster = Cluster::start(Disk::WaitedFor);
    let url = cluster.fresh();
    let market = Market::open_with(|config| config.database_url = Some(url)).await;
    market.add_contract(CONTRACT, 900_000_000, None).await;
    let mut attempts = Vec::new();
    for _ in 0..SHOPPERS * EACH {
        attempts.push(Order { contract: CONTRACT, ..market.order().await }.seal());
    }
    let shoppers = attempts.chunks(EACH).map(|own| buy_all(&market, own));
    let kill = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        tokio::task::block_in_place(|| cluster.kill_and_restart());
        back_again(&market).await;
    };
    let (granted, ()) = tokio::join!(join_all(shoppers), kill);
    let granted = granted.concat();
    for (attempt, grant) in attempts.iter().zip(&granted) {
        assert_eq!(&market.ask_grant(attempt).await.unwrap(), grant);
    }
    assert_eq!(market.reserved("17").await, 3850 * (SHOPPERS * EACH) as u64);
}

/// Buys these, each until it is granted: what is not reachable may pass later.
async fn buy_all(market: &Market, attempts: &[Attempt]) -> Vec<Vec<u8>> {
    let mut granted = Vec::new();
    for attempt in attempts {
        loop {
            match market.ask_grant(attempt).await {
                Ok(grant) => break granted.push(grant),
                Err(problem) => assert_eq!(problem, Problem::Unavailable),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    granted
}

/// Waits until the agent reads and writes again.
async fn back_again(market: &Market) {
    let store = &market.agent.app.store;
    for _ in 0..6000 {
        if store.try_write().await.is_ok() && store.check().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not come back");
}
