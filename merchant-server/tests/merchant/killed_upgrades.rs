//! An upgrade that dies anywhere (TRUST.md F21) is done by the next start. An old program on a
//! newer database refuses, and says why.

use merchant_server::store::{Fault, Store};

async fn start(url: String) {
    Store::open(&url).await.unwrap().close().await;
}

#[tokio::test]
async fn an_upgrade_that_is_killed_anywhere_is_done_by_the_next_start() {
    let kills = 60;
    let steps = killed_upgrades::are_done_by(start, &sqlx::migrate!(), kills).await;
    println!("  {kills} kills in {steps} steps");
    assert!(steps > 300, "every statement takes some steps: {steps}");
}

#[tokio::test]
async fn an_old_program_refuses_a_newer_database() {
    let (_folder, url) = killed_upgrades::newer(start, 9001).await;
    let fault = Store::open(&url).await.err().unwrap();
    assert!(matches!(fault, Fault::NewerSchema(9001)), "{fault}");
    assert!(fault.to_string().contains("newer version"), "{fault}");
}
