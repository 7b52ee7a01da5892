//! The life of a stand-alone relay in this process. It opens no database and reads no key.

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Relay, RelayConfig};
use crate::http;

/// A relay that runs.
pub struct RunningRelay {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Starts listening.
///
/// # Errors
/// In words for its operator.
pub async fn start_relay(config: RelayConfig) -> anyhow::Result<RunningRelay> {
    let address = config.listen;
    let relay = Relay::new(config.agent, Some(config.shop))?;
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(http::listen(listener, http::relay_site(relay), stopped));
    tracing::info!(%addr, "relaying");
    Ok(RunningRelay { addr, stop, task })
}

impl RunningRelay {
    /// Finishes what is under way, then stops.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It ends by itself, or has failed already.
        let _ = self.task.await;
        tracing::info!("closed");
    }
}
