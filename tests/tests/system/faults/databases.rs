//! A database that is held, that dies, and whose disk fails (TRUST.md F10, F13), under load: who is
//! refused is told when to ask again, and whatever was acknowledged stays.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use anyhow::ensure;
use futures_util::future::try_join_all;
use postgres_cluster::{Cluster, Disk};
use shared_protocol::{Grant, Problem, Signed};
use sqlx::{Connection as _, SqliteConnection};
use whole_system::{
    Result, Shop,
    client::{Attempt, Client, good_form},
    shop::Start,
};

use super::{Strace, owed};

/// TRUST.md F10: somebody else holds the file for ten seconds, longer than anybody waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_held_for_ten_seconds_loses_nothing_that_was_acknowledged() -> Result {
    let shop = Shop::start_on(Start::Demo, None).await?;
    let client = shop.client().await?;
    let shoppers = Shoppers::before(&client).await?;
    let mut holder = SqliteConnection::connect(&shop.database("agent-server").url()).await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await?;
    let (granted, ()) = tokio::try_join!(shoppers.buy_all(), async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        sqlx::query("ROLLBACK").execute(&mut holder).await?;
        shoppers.trouble_is_over();
        Ok(())
    })?;
    ensure!(shoppers.refused.load(Ordering::Relaxed) > 0, "nobody was told");
    shoppers.have(&granted).await?;
    owed(&shop).map(drop)
}

/// TRUST.md F10: PostgreSQL is killed and started again, three times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_is_killed_under_load_loses_nothing_that_was_acknowledged() -> Result {
    let cluster = Cluster::start(Disk::WaitedFor);
    let shop = Shop::start_on(Start::Demo, Some(&cluster.fresh())).await?;
    let client = shop.client().await?;
    let shoppers = Shoppers::before(&client).await?;
    let (granted, ()) = tokio::try_join!(shoppers.buy_all(), async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            tokio::task::block_in_place(|| cluster.kill_and_restart());
        }
        shoppers.trouble_is_over();
        Ok(())
    })?;
    shoppers.have(&granted).await?;
    owed(&shop).map(drop)
}

/// TRUST.md F13: the disk says that it did not keep what it was given. Nobody knows what it has, so
/// that the agent acknowledges nothing, asks for no other flush, and ends; started again, it has
/// what it had acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_whose_disk_fails_ends_at_once_and_starts_again_cleanly() -> Result {
    let mut shop = Shop::start_on(Start::Demo, None).await?;
    let client = shop.client().await?;
    let kept = client.prepare("SENCHA-01", good_form()).await?;
    let grant = client.grant(&kept).await?.expect("a good contract");
    let lost = client.prepare("SENCHA-01", good_form()).await?;
    let strace = Strace::inject(&shop.agent, "fdatasync,fsync", "error=EIO")?;
    let said = client.grant(&lost).await;
    ensure!(!said.is_ok_and(|said| said.is_ok()), "acknowledged");
    let status = shop.agent.ended().await?;
    ensure!(!status.success(), "whoever started it is to start it again: {status}");
    let calls = strace.said();
    let flushes = calls.iter().filter(|line| line.contains("sync(")).count();
    ensure!(flushes == 1, "{calls:#?}");
    drop(strace);
    shop.agent.start().await?;
    ensure!(client.grant(&kept).await?.as_ref() == Ok(&grant), "it is as it was");
    client.grant(&lost).await?.expect("asked again");
    owed(&shop).map(drop)
}

/// Some who buy at the same time, each some things one after the other.
struct Shoppers<'a> {
    client: &'a Client,
    attempts: Vec<Vec<Attempt>>,
    refused: AtomicUsize,
    is_over: AtomicBool,
}

impl<'a> Shoppers<'a> {
    async fn before(client: &'a Client) -> Result<Self> {
        let mut attempts = Vec::new();
        for _ in 0..SHOPPERS {
            let mut own = Vec::new();
            for _ in 0..EACH {
                own.push(client.prepare("SENCHA-01", good_form()).await?);
            }
            attempts.push(own);
        }
        Ok(Self { client, attempts, refused: AtomicUsize::new(0), is_over: AtomicBool::new(false) })
    }

    async fn buy_all(&self) -> Result<Vec<Vec<Signed<Grant>>>> {
        try_join_all(self.attempts.iter().map(|own| self.buy(own))).await
    }

    /// Each until it is granted. Who is refused is told to come back (`refusal` sees to it), and
    /// does a second later: not often once the trouble is over.
    async fn buy(&self, attempts: &[Attempt]) -> Result<Vec<Signed<Grant>>> {
        let (mut granted, mut refused_since) = (Vec::new(), 0);
        for attempt in attempts {
            loop {
                let is_over = self.is_over.load(Ordering::SeqCst);
                match self.client.grant(attempt).await? {
                    Ok(grant) => break granted.push(grant),
                    Err(refused) => ensure!(refused.problem == Problem::Unavailable, "{refused:?}"),
                }
                self.refused.fetch_add(1, Ordering::Relaxed);
                refused_since += usize::from(is_over);
                ensure!(refused_since < 5, "the trouble is over");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Ok(granted)
    }

    fn trouble_is_over(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// What was granted is what they get when they ask again.
    async fn have(&self, granted: &[Vec<Signed<Grant>>]) -> Result {
        let all = self.attempts.iter().flatten().zip(granted.iter().flatten());
        for (attempt, grant) in all {
            ensure!(self.client.grant(attempt).await?.as_ref() == Ok(grant), "another one");
        }
        Ok(())
    }
}

const SHOPPERS: usize = 8;
const EACH: usize = 6;
