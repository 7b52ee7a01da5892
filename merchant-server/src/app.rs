//! Puts the rooms together: one `App` that every handler and driver holds, and a server that runs
//! until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use shared_protocol::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::catalogue::Shelf;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::Demo;
use crate::domain::{Offers, Shop};
use crate::driver::{self, AgentClient};
use crate::entropy::Entropy;
use crate::http::{self, overload::Load};
use crate::keys::Keyring;
use crate::store::Store;

/// Everything that a request needs. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    shop: Shop,
    clock: Arc<dyn Clock>,
    entropy: Entropy,
    store: Store,
    shelf: Shelf,
    offers: Offers,
    agent: AgentClient,
    demo: Option<Demo>,
    posted: Notify,
    load: Load,
}

impl App {
    /// Opens keys, catalogue and database as configured. The demo's parts exist only if
    /// `config.demo` says so.
    ///
    /// # Errors
    /// In words for the shop's owner.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let keys = Keyring::load(&config.keys_dir())?;
        let mut shop = Shop::new(&config, keys)?;
        let shelf = Shelf::open(config.catalogue.relative(), shop.merchant.clone()).await?;
        let store = Store::open(&config.database_url()).await.context("opening the database")?;
        shop.remember(&store).await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
        let agent = AgentClient::new(config.agent.url.clone())?;
        let demo = config.demo.then(Demo::default);
        let (offers, posted, entropy) = (Offers::default(), Notify::new(), Entropy::system());
        let load = Load::new(config.requests_at_once);
        let inner =
            Inner { config, shop, clock, entropy, store, shelf, offers, agent, demo, posted, load };
        Ok(Self(Arc::new(inner)))
    }

    /// What the owner decided.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Who the shop is.
    pub fn shop(&self) -> &Shop {
        &self.0.shop
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The clock itself: the demo moves it.
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// Where randomness comes from.
    pub fn entropy(&self) -> Entropy {
        self.0.entropy.clone()
    }

    /// What is kept.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// What is sold.
    pub fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    /// The Offers that are out.
    pub fn offers(&self) -> &Offers {
        &self.0.offers
    }

    /// How the agent is spoken to.
    pub fn agent(&self) -> &AgentClient {
        &self.0.agent
    }

    /// The demo's part; `None` in every server that was not started as a demo.
    pub fn demo(&self) -> Option<&Demo> {
        self.0.demo.as_ref()
    }

    /// How much is under way.
    pub(crate) fn load(&self) -> &Load {
        &self.0.load
    }

    /// Wakes the driver: something was left for the agent.
    pub fn wake_driver(&self) {
        self.0.posted.notify_one();
    }

    /// Waits until something was left for the agent.
    pub(crate) async fn posted(&self) {
        self.0.posted.notified().await;
    }
}

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
