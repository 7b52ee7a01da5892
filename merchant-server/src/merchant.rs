//! The merchant's side as a part of a shop's own program: its catalogue, its orders, its router.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::app::App;
use crate::catalogue::{Catalogue, Shelf};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, ConfigError};
use crate::driver;
use crate::hooks::{HookError, Hooks, NewOrder, OrderUpdate};

/// A shop that is about to open.
///
/// ```no_run
/// # async fn open() -> anyhow::Result<()> {
/// # use merchant_server::{HookError, NewOrder, OrderUpdate};
/// # async fn save(_: NewOrder) -> Result<(), HookError> { Ok(()) }
/// # async fn note(_: OrderUpdate) -> Result<(), HookError> { Ok(()) }
/// let warifu = merchant_server::Merchant::from_env()?
///     .on_order(|order| async move { save(order).await })
///     .on_update(|update| async move { note(update).await })
///     .open()
///     .await?;
/// let app: axum::Router = axum::Router::new().merge(merchant_server::router(warifu.clone()));
/// # Ok(()) }
/// ```
pub struct Merchant {
    config: Config,
    clock: Arc<dyn Clock>,
    shelf: Option<Shelf>,
    hooks: Hooks,
}

impl Merchant {
    /// As the file that `WARIFU_MERCHANT_CONFIG` names says (`merchant.toml` if it names none), and
    /// `WARIFU_MERCHANT__…` variables over it.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env() -> Result<Self, ConfigError> {
        let file = std::env::var_os("WARIFU_MERCHANT_CONFIG");
        let file = file.map_or_else(|| PathBuf::from("merchant.toml"), PathBuf::from);
        Ok(Self::new(Config::load(&file)?))
    }

    /// As this configuration says.
    pub fn new(config: Config) -> Self {
        let clock = Arc::new(SystemClock);
        Self { config, clock, shelf: None, hooks: Hooks::default() }
    }

    /// What is sold comes from here instead of from the catalogue file. It is asked whenever it
    /// matters, so prices may change at any time: Offers that are out are honoured.
    #[must_use]
    pub fn catalogue<F, C>(mut self, catalogue: F) -> Self
    where
        F: Fn() -> C + Send + Sync + 'static,
        C: Future<Output = Catalogue> + Send + 'static,
    {
        self.shelf = Some(Shelf::live(Box::new(move || Box::pin(catalogue()))));
        self
    }

    /// Tells of each order that was taken: after it was taken, until this says that it has noted
    /// it, so at least once. The purchase id tells a second time from another order: let it be
    /// unique in your own table, and a second time changes nothing.
    #[must_use]
    pub fn on_order<F, N>(mut self, hook: F) -> Self
    where
        F: Fn(NewOrder) -> N + Send + Sync + 'static,
        N: Future<Output = Result<(), HookError>> + Send + 'static,
    {
        self.hooks.on_order(Box::new(move |order| Box::pin(hook(order))));
        self
    }

    /// Tells what becomes of an order, in the order in which it happened, at least once.
    #[must_use]
    pub fn on_update<F, N>(mut self, hook: F) -> Self
    where
        F: Fn(OrderUpdate) -> N + Send + Sync + 'static,
        N: Future<Output = Result<(), HookError>> + Send + 'static,
    {
        self.hooks.on_update(Box::new(move |update| Box::pin(hook(update))));
        self
    }

    /// By this clock instead of the system's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens keys, catalogue and database. [`crate::router`] makes routes of it, [`drive`] does
    /// what is to be done outside of any request.
    ///
    /// # Errors
    /// In words for the shop's owner.
    pub async fn open(self) -> anyhow::Result<App> {
        let Self { config, clock, shelf, hooks } = self;
        let shelf = match shelf {
            Some(shelf) => shelf,
            None => Shelf::open(config.catalogue.relative(), config.merchant_id.clone()).await?,
        };
        App::with(config, clock, shelf, hooks).await
    }
}

/// Tells the agent and the shop's own program what they must be told, until `stop` is ready.
pub async fn drive(app: App, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let keys = driver::keys::run(app.clone(), stopped.clone());
    let work = async { tokio::join!(driver::run(app.clone(), stopped), keys) };
    tokio::pin!(work);
    tokio::select! {
        _ = &mut work => {}
        () = stop => {
            stopping.send_replace(true);
            work.await;
        }
    }
    app.store().close().await;
}
