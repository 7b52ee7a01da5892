//! The drill (TRUST.md F23): a backup is taken while purchases go on, and restored elsewhere. Its
//! books are a beginning of the lost ones, the audit is clean, nothing of the lost time counts.

use agent_server::{
    backup::{BackupFault, restore, take},
    clock::TestClock,
    config::Config,
};
use reqwest::Method;
use shared_protocol::{Problem, Span};

use crate::market::Market;

/// PostgreSQL has its own backups.
async fn on_sqlite() -> Market {
    Market::open_with(|config| config.database_url = None).await
}

/// The same agent elsewhere.
fn elsewhere(market: &Market) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = market.agent.app.config.clone();
    config.data_dir = folder.path().join("agent");
    (folder, config)
}

#[tokio::test]
async fn a_backup_taken_during_purchases_is_a_beginning_of_them() {
    let market = on_sqlite().await;
    let backup = market.folder.path().join("backup");
    for name in ["c-1", "c-2"] {
        market.sale().await.claim(name, 1000).await.unwrap();
    }
    let old = market.order().await.seal();
    let answered = market.ask_grant(&old).await.unwrap();
    let trade = async {
        let mut sales = 0;
        while !backup.join("backup.json").exists() || sales < 3 {
            market.sale().await.claim("c-1", 500).await.unwrap();
            sales += 1;
        }
    };
    let copy = take(&market.agent.app.config, &backup, true, market.now());
    let (about, ()) = tokio::join!(copy, trade);
    assert!(about.unwrap().keys);
    let lost = market.order().await.seal();
    let granted = market.grant(&lost).await.unwrap();
    market.sale().await.claim("c-9", 700).await.unwrap();

    let (_folder, config) = elsewhere(&market);
    market.advance(Span::secs(1));
    let head = restore(&config, &backup, market.now()).await.unwrap();
    let live = market.agent.app.store.journal(0, 1000).await.unwrap();
    assert!(head.number >= 2 && head.number < live.len() as u64);
    let same = live.iter().find(|entry| entry.number as u64 == head.number).unwrap();
    assert_eq!(same.digest, head.digest.as_bytes().as_slice(), "a beginning of the same journal");
    let again = restore(&config, &backup, market.now()).await;
    assert!(matches!(again, Err(BackupFault::There(_))), "nothing is written over");

    let clock = market.clock.clone();
    let restored = agent_server::start(config, clock as std::sync::Arc<TestClock>).await.unwrap();
    let market = Market { agent: restored, ..market };
    market.audit_is_clean().await;
    assert_eq!(market.ask_grant(&old).await.unwrap(), answered, "what is known is answered again");
    // Neither the purchase nor its number is given out anew.
    assert_eq!(market.grant(&lost).await.err(), Some(Problem::ChallengeExpired));
    let word = market.merchant.accept(&granted, market.now());
    let path = format!("/v1/purchases/{}/acceptance", lost.purchase);
    let told = market.ask(Method::PUT, &path, &word).await;
    assert_eq!(told.err(), Some(Problem::PurchaseUnknown));
    market.advance(Span::secs(1));
    market.sale().await.claim("c-1", 500).await.unwrap();
    market.audit_is_clean().await;
}

#[tokio::test]
async fn without_the_keys_a_backup_waits_for_them() {
    let market = on_sqlite().await;
    let backup = market.folder.path().join("backup");
    take(&market.agent.app.config, &backup, false, market.now()).await.unwrap();
    assert!(!backup.join("keys").exists());
    let (_folder, config) = elsewhere(&market);
    let refused = restore(&config, &backup, market.now()).await;
    assert!(matches!(refused, Err(BackupFault::NoKeys(_))));
    assert!(!config.data_dir.join("agent.sqlite").exists());
    let taken_again = take(&market.agent.app.config, &backup, false, market.now()).await;
    assert!(matches!(taken_again, Err(BackupFault::There(_))));
    let other = Config { agent_id: "agt_other".parse().unwrap(), ..config };
    let refused = restore(&other, &backup, market.now()).await;
    assert!(matches!(refused, Err(BackupFault::Other(..))));
}

#[tokio::test]
async fn of_a_postgresql_it_is_said_what_copies_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::demo(folder.path(), folder.path());
    config.database_url = Some("postgres://warifu@db.example/warifu".into());
    let backup = folder.path().join("backup");
    let now = shared_protocol::Timestamp::from_millis(0);
    let fault = take(&config, &backup, true, now).await.unwrap_err();
    assert!(fault.to_string().contains("pg_dump"), "{fault}");
    assert!(!backup.exists());
}
