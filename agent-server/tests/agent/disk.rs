//! The disk is full, or somebody else holds the database (TRUST.md F12, F10): new purchases are
//! refused with 503, what only reads goes on, nothing is entered by half, and all is well again
//! once there is room.
#![expect(clippy::print_stdout, reason = "who may not mount a disk is told that nothing is shown")]

use std::{fs, io::Write as _, path::Path, process::Command, str::FromStr as _, time::Duration};

use postgres_cluster::{Cluster, Disk};
use reqwest::header::RETRY_AFTER;
use shared_protocol::{Grant, Problem, Signed};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use crate::{market::Market, shopper::Attempt};

/// A small file system in memory; gone when it is dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this user may not mount one: then nothing is shown here.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"]);
        let done = mount.arg(folder.path()).output().ok()?;
        done.status.success().then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it but for so many bytes.
    fn fill_but(&self, free: u64) {
        let mut ballast = fs::File::create(self.path().join("ballast")).unwrap();
        while ballast.write_all(&[0; 16 << 10]).is_ok() {}
        let size = ballast.metadata().unwrap().len();
        ballast.set_len(size - free).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.path().join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

impl Market {
    /// Asks for a Grant that is refused because nothing can be kept now.
    async fn is_refused_for_now(&self, attempt: &Attempt) {
        let path = format!("/v1/purchases/{}/grant", attempt.purchase);
        let answer = self.send(reqwest::Method::PUT, &path, &attempt.request).await;
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key(RETRY_AFTER));
        assert_eq!(crate::market::answer(answer).await.err(), Some(Problem::Unavailable));
    }

    /// What was granted, and the first attempt that was not.
    async fn sell_until_refused(&self) -> (Vec<(Attempt, Signed<Grant>)>, Attempt) {
        let mut granted = Vec::new();
        while granted.len() < 1000 {
            let attempt = self.order().await.seal();
            match self.grant(&attempt).await {
                Ok(grant) => granted.push((attempt, grant)),
                Err(problem) => {
                    assert_eq!(problem, Problem::Unavailable);
                    return (granted, attempt);
                }
            }
        }
        panic!("the disk is never full");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_purchases_and_loses_none() {
    let Some(disk) = SmallDisk::mount(16) else { return not_shown() };
    let market = Market::open_with(|config| {
        config.data_dir = disk.path().join("agent");
        config.database_url = None;
    })
    .await;
    fills_up_and_goes_on(market, &disk).await;
}

#[tokio::test]
async fn a_postgresql_whose_disk_is_full_refuses_purchases_and_loses_none() {
    let Some(disk) = SmallDisk::mount(64) else { return not_shown() };
    let cluster = Cluster::start(Disk::NotWaitedFor);
    let database = cluster.fresh_in(&disk.path().join("tables"));
    let market = Market::open_with(|config| config.database_url = Some(database)).await;
    fills_up_and_goes_on(market, &disk).await;
}

fn not_shown() {
    println!("  not shown: this user may not mount a small disk");
}

/// Sells until the disk is full, and again once there is room.
async fn fills_up_and_goes_on(market: Market, disk: &SmallDisk) {
    let sale = market.sale().await;
    disk.fill_but(128 << 10);
    let (granted, refused) = market.sell_until_refused().await;
    market.is_refused_for_now(&refused).await;
    // Whoever only asks is answered.
    assert_eq!(market.status(&sale.id()).await.purchase, sale.id());
    let known = market.agent.app.store.purchase(&refused.purchase).await.unwrap();
    assert!(known.is_none(), "not even half of it was entered");
    market.audit_is_clean().await;

    disk.make_room();
    market.grant(&refused).await.unwrap();
    for (attempt, grant) in &granted {
        assert_eq!(market.grant(attempt).await.unwrap(), *grant, "what was promised is kept");
    }
    market.audit_is_clean().await;
    println!("  {} purchases before the disk was full", granted.len());
    market.agent.shutdown().await;
}

#[tokio::test]
async fn a_database_that_somebody_holds_is_waited_for_and_then_refused() {
    let market = Market::open_with(|config| config.database_url = None).await;
    // Every transaction that is before it in the queue waits for the lock as well.
    let patient = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
    let market = Market { http: patient, ..market };
    let sale = market.sale().await;
    let url = market.agent.app.config.database();
    let options = SqliteConnectOptions::from_str(&url).unwrap();
    let mut holder = options.connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    let attempt = market.order().await.seal();
    market.is_refused_for_now(&attempt).await;
    assert_eq!(market.status(&sale.id()).await.purchase, sale.id());
    sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
    market.grant(&attempt).await.unwrap();
    market.audit_is_clean().await;
}
