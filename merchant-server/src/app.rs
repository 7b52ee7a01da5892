//! The whole server as one value: all that a request or the driver may use.

use std::sync::Arc;

use anyhow::Context as _;
use shared_protocol::Timestamp;
use tokio::sync::Notify;

use crate::catalogue::Shelf;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::Demo;
use crate::domain::{Offers, Shop};
use crate::driver::AgentClient;
use crate::entropy::Entropy;
use crate::hooks::Hooks;
use crate::http::overload::Load;
use crate::keys::Keyring;
use crate::relay::Relay;
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
    relay: Option<Relay>,
    hooks: Hooks,
    demo: Option<Demo>,
    posted: Notify,
    load: Load,
}

impl App {
    /// Opens keys and database as configured, with the catalogue file as the catalogue. The demo's
    /// parts exist only if `config.demo` says so.
    ///
    /// # Errors
    /// In words for the shop's owner.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let file = config.catalogue.relative();
        let shelf = Shelf::open(file, config.merchant_id.clone()).await?;
        Self::with(config, clock, shelf, Hooks::default()).await
    }

    /// The same with another catalogue, and with somebody who is told of orders.
    pub(crate) async fn with(
        config: Config,
        clock: Arc<dyn Clock>,
        shelf: Shelf,
        hooks: Hooks,
    ) -> anyhow::Result<Self> {
        let keys = Keyring::load(&config.keys_dir())?;
        let mut shop = Shop::new(&config, keys)?;
        let store = Store::open(&config.database_url()).await.context("opening the database")?;
        shop.remember(&store).await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
        let agent = AgentClient::new(config.agent.url.clone())?;
        let relay = config.relay.then(|| Relay::new(config.agent.url.clone(), None)).transpose()?;
        let demo = config.demo.then(Demo::default);
        let (offers, posted, entropy) = (Offers::default(), Notify::new(), Entropy::system());
        let load = Load::new(config.requests_at_once);
        let inner = Inner {
            config,
            shop,
            clock,
            entropy,
            store,
            shelf,
            offers,
            agent,
            relay,
            hooks,
            demo,
            posted,
            load,
        };
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

    /// The relay that this server is as well, if it is one (¶34).
    pub fn relay(&self) -> Option<&Relay> {
        self.0.relay.as_ref()
    }

    /// Who is told of orders.
    pub(crate) fn hooks(&self) -> &Hooks {
        &self.0.hooks
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
