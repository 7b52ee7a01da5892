//! The life of a server in this process, from start to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::{driver, http};

/// A server that runs.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it runs on.
    pub app: App,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Opens everything and starts listening; port 0 takes a free port.
///
/// # Errors
/// In words for the shop's owner.
pub async fn start(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Running> {
    let address = config.listen;
    let app = App::open(config, clock).await?;
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(http::listen(listener, http::site(app.clone()), stopped.clone()));
    tasks.spawn(driver::run(app.clone(), stopped.clone()));
    tasks.spawn(driver::keys::run(app.clone(), stopped));
    tracing::info!(%addr, merchant = %app.shop().merchant, demo = app.demo().is_some(), "open");
    Ok(Running { addr, app, stop, tasks })
}

impl Running {
    /// Finishes what is under way, then stops. What was acknowledged is kept.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        self.app.store().close().await;
        tracing::info!("closed");
    }
}
