//! The whole server as one value: all that a request or the driver may use.

use std::{ops::Deref, sync::Arc};

use shared_protocol::Timestamp;
use tokio::sync::Notify;

use crate::{
    bank::Bank,
    clock::Clock,
    codes::Codes,
    config::Config,
    demo::Demo,
    domain::{audit, plan::PlanRules, turn::Turned},
    entropy::Entropy,
    guard::Guard,
    http::overload::Load,
    keys::AgentKeyring,
    mail::Mailer,
    marks::Marks,
    merchants::Merchants,
    offers::Offers,
    outside::Outside,
    store::{Fault, Store, Turn},
    unstored::Unstored,
    widget::Widget,
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
    /// The slow comparison of security codes.
    pub codes: Codes,
    /// What went wrong of late.
    pub guard: Guard,
    /// Merchants at hand.
    pub merchants: Merchants,
    /// In which ways shoppers may pay.
    pub plans: PlanRules,
    /// The way to merchants' banks.
    pub bank: Arc<dyn Bank>,
    /// The agent's word on merchants.
    pub marks: Marks,
    /// The merchants' Offers.
    pub offers: Offers,
    /// The way to other servers.
    pub outside: Outside,
    /// The way to shoppers.
    pub mailer: Mailer,
    /// What the shopper's browser downloads.
    pub widget: Widget,
    /// Whether an audit is running.
    pub audits: audit::Running,
    /// When the database was brought back from a backup last.
    pub restored: Timestamp,
    /// Only in a demo.
    pub demo: Option<Demo>,
    /// Only in a benchmark without storage.
    pub unstored: Option<Unstored>,
    /// How much is under way.
    pub load: Load,
    /// Wakes whoever sends what is due.
    pub(crate) driver: Notify,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// This server.
    pub(crate) fn of(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Carries out a word about a purchase, and sees to it that what follows is sent soon.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn turn(&self, turn: Turn) -> Result<Turned, Fault> {
        let turned = self.store.turn(turn).await?;
        if matches!(turned, Turned::Now(_)) {
            self.wake_driver();
        }
        Ok(turned)
    }

    /// Has the driver look at once for what is due.
    pub fn wake_driver(&self) {
        self.0.driver.notify_one();
    }

    /// Waits until [`App::wake_driver`] is called.
    pub async fn driver_woken(&self) {
        self.0.driver.notified().await;
    }
}
