//! Speaking to the agent outside of any request: delivering what the outbox holds, and asking
//! about orders of which nothing was heard. At least once; the agent is idempotent. And telling the
//! shop's own program.

mod agent;
mod by_hand;
pub mod keys;
mod listen;
mod mailbox;
mod outbox;
mod reconcile;
mod settle;
mod tell;

use std::time::Duration;

use tokio::sync::watch;

pub use agent::{AgentClient, AgentSilence, ToldEvent, ToldEvents};
pub use by_hand::redeem;
pub use listen::{Forwarded, Listener};
pub use mailbox::{catch_up, look};
pub use outbox::deliver;
pub use reconcile::{ask, ask_until};
pub use settle::{Unsaid, settle};
pub use tell::tell;

use crate::app::App;

/// Works until told to stop; a fault is logged and tried again later.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(fault) = deliver(&app).await {
            tracing::error!(%fault, "the outbox could not be worked off");
        }
        if let Err(fault) = ask(&app).await {
            tracing::error!(%fault, "silent orders could not be asked about");
        }
        match tell(&app).await {
            // There may be more of the same orders.
            Ok(true) => continue,
            Ok(false) => {}
            Err(fault) => tracing::error!(%fault, "the shop could not be told"),
        }
        tokio::select! {
            () = app.posted() => {}
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Between two looks at what has become due.
const PAUSE: Duration = Duration::from_millis(500);
