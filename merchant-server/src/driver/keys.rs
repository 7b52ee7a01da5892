//! Takes up the shop's own next keys, and asks the agent for its list: a next key is known before
//! it is used, and one that was revoked is refused within a minute.

use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;

/// Works until told to stop.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let mut looks = 0_u32;
    while !*stop.borrow() {
        match app.shop().keys.refresh() {
            Ok(true) => tracing::info!("the shop's keys were taken up"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the shop's keys could not be taken up"),
        }
        if looks.is_multiple_of(LOOKS_AN_ASK) {
            ask(&app).await;
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Asks once.
pub async fn ask(app: &App) {
    let shop = app.shop();
    let list = match app.agent().key_list(&shop.newest_kid()).await {
        Ok(list) => list,
        Err(silence) => return tracing::debug!(%silence, "the agent was asked for its keys"),
    };
    match shop.learn(app.store(), &list, app.now()).await {
        Ok(true) => tracing::info!(newest = shop.newest_kid(), "the agent's keys have changed"),
        Ok(false) => {}
        Err(failure) => tracing::warn!(%failure, "a list of keys that nobody known signed"),
    }
}

const LOOK: Duration = Duration::from_secs(1);
/// Every twenty seconds.
const LOOKS_AN_ASK: u32 = 20;
