//! The drill (TRUST.md F23): a backup is taken while orders come in, and restored elsewhere. No
//! Grant of the lost time is taken a second time.

use merchant_server::backup::{restore, take};
use merchant_server::clock::Clock as _;
use merchant_server::config::Config;
use shared_protocol::{Problem, Span};

use crate::market::Market;

#[tokio::test]
async fn a_backup_taken_during_orders_takes_no_grant_twice() {
    let mut market = Market::start().await;
    let (known, _) = market.buy("TEAPOT-01").await;
    let folder = market.folder.path().join("backup");
    let config = market.running().app.config().clone();
    let orders = async {
        for _ in 0..5 {
            market.buy("SENCHA-01").await;
        }
    };
    let (about, ()) = tokio::join!(take(&config, &folder, true, market.now()), orders);
    about.unwrap();
    let lost = market.prepare("TEAPOT-01").await;
    let proof = market.signed(&market.grant(&lost));
    assert_eq!(market.submit(&lost, proof.clone()).await.status, 200);
    market.close().await;

    market.clock.advance(Span::secs(1)).unwrap();
    let moved = market.config.replace("/data\"", "/restored\"");
    assert_ne!(moved, market.config);
    market.config = moved;
    let config = Config::from_toml(&market.config).unwrap();
    restore(&config, &folder, market.now()).await.unwrap();
    let again = restore(&config, &folder, market.now()).await.unwrap_err().to_string();
    assert!(again.contains("is there already"), "{again}");
    market.open(|_| {}).await;
    assert!(market.order(known.purchase).await.is_some());
    assert!(market.order(lost.purchase).await.is_none());
    assert_eq!(market.submit(&lost, proof).await.problem(), Problem::GrantExpired);
    market.clock.advance(Span::secs(1)).unwrap();
    market.buy("TEAPOT-01").await;
}
