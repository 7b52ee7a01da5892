//! The agent's relay at the merchant's site (Fig 1; ¶33), alone or in one process with the shop's
//! server (¶34). It has the order half checked, passes on what is sealed to the agent, and brings
//! back what is sealed to the shopper. It holds no key, keeps nothing and logs no body.

mod config;
mod line;
mod start;

use std::sync::Arc;

use shared_protocol::{Problem, PurchaseId};
use tokio::sync::Semaphore;

pub use config::RelayConfig;
pub use start::{RunningRelay, start_relay};

use crate::config::Origin;
use crate::domain::Failure;
use line::Line;

/// A relay. Cheap to clone.
#[derive(Clone)]
pub struct Relay(Arc<Inner>);

struct Inner {
    line: Line,
    agent: Origin,
    shop: Option<Origin>,
    seats: Semaphore,
}

impl Relay {
    /// To this agent; `shop` is the server that checks orders, where that is another process.
    ///
    /// # Errors
    /// If this machine's TLS set-up is unusable.
    pub fn new(agent: Origin, shop: Option<Origin>) -> anyhow::Result<Self> {
        let (line, seats) = (Line::new()?, Semaphore::new(AT_ONCE));
        Ok(Self(Arc::new(Inner { line, agent, shop, seats })))
    }

    /// The agent: also the only web origin that may read what this server answers.
    pub fn agent(&self) -> &Origin {
        &self.0.agent
    }

    /// Passes a sealed request on, and gives the sealed reply.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`], [`Problem::AgentUnavailable`], or why the agent does not open
    /// it. What the agent answers to the shopper is in the reply, and no error here.
    pub(crate) async fn pass_on(&self, request: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let _seat = self.0.seats.try_acquire().map_err(|_| Problem::TooManyRequests)?;
        Ok(self.0.line.relayed(&self.0.agent, request).await?)
    }

    /// Has the shop's server check an order half (54–56).
    ///
    /// # Errors
    /// What the shop says is wrong, [`Problem::TooManyRequests`], [`Problem::MerchantUnavailable`].
    pub(crate) async fn check(&self, purchase: PurchaseId, check: Vec<u8>) -> Result<(), Failure> {
        let _seat = self.0.seats.try_acquire().map_err(|_| Problem::TooManyRequests)?;
        let shop = self.0.shop.as_ref().ok_or(Problem::NotFound)?;
        self.0.line.check(shop, purchase, check).await
    }
}

/// So many requests wait for an answer at the same time; the next is told to come back.
const AT_ONCE: usize = 256;
