//! The whole server as one value, its routes on one page, and its life from start to shutdown.

use std::{net::SocketAddr, ops::Deref, sync::Arc};

use axum::Router;

use crate::{
    clock::Clock, config::Config, demo::Demo, entropy::Entropy, http, keys::AgentKeyring,
    marks::Marks, offers::Offers, store::Store,
};

/// One agent server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What every request may use.
pub struct Inner {
    /// The operator's settings.
    pub config: Config,
    /// The private keys.
    pub keys: AgentKeyring,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Entropy,
    /// What is kept.
    pub store: Store,
    /// The agent's word on merchants.
    pub marks: Marks,
    /// The merchants' Offers.
    pub offers: Offers,
    /// Only in a demo.
    pub demo: Option<Demo>,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Every route of the server.
pub fn router(app: App) -> Router {
    let demo = app.demo.is_some().then(http::demo::routes).unwrap_or_default();
    Router::new()
        .merge(http::frame::routes())
        .merge(http::assets::routes())
        .merge(http::confirm::routes())
        .merge(http::pages::routes())
        .merge(demo)
        .with_state(app)
}

/// A server that is running in this process.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The server itself.
    pub app: App,
}
