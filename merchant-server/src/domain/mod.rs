//! What the shop does with orders: check, take or refuse, hear the shopper's consent. Knows the
//! protocol and the store; knows no HTTP and no SQL. Time comes in as an argument.

mod accept;
mod agent_keys;
mod by_hand;
mod check;
pub mod desk;
mod enter;
mod events;
mod failure;
mod fields;
mod mailbox;
mod offers;
mod open;
mod order;
mod parcel;
mod payout;
mod picture;
mod placement;
mod remittance;
mod settlement;
mod status;
pub mod webhook;

use jiff::tz::TimeZone;
use shared_protocol::{AgentKeys, MerchantId, Signed, Span, Statement, Timestamp, Verified};

pub use accept::{accept, refuse};
pub use agent_keys::LearntKeys;
pub use by_hand::Told;
pub use check::check;
pub use enter::enter;
pub use events::{Heard, Notification, NotificationKind, confirm, hear};
pub use failure::Failure;
pub use fields::{WrongField, wrong_fields};
pub use mailbox::{Waiting, peek, visit};
pub use offers::Offers;
pub use order::{Deal, GrantForm, NewDeal, Order, OrderEvent, OrderId, Recipient};
pub use parcel::Parcel;
pub use payout::{Paid, Payout, PayoutLine};
pub use picture::{Picture, Unfit};
pub use placement::{agree, end, propose};
pub use remittance::told;
pub use settlement::{SignedStep, Step, amount_in, believe_receipt, shipment_in, stands};
pub use status::status;
pub use webhook::WebhookSecret;

use crate::config::{Config, ConfigError};
use crate::keys::Keyring;

/// Who the shop is and whom it believes.
pub struct Shop {
    /// Its name in the protocol.
    pub merchant: MerchantId,
    /// Who settles its money, and by which keys it is known.
    pub agent: AgentKeys,
    /// What the agent said of its keys since they were configured.
    pub learnt: LearntKeys,
    /// When the database was brought back from a backup last.
    pub restored: Timestamp,
    /// Secrets by which its webhooks may be signed instead.
    pub webhook_secrets: Vec<WebhookSecret>,
    /// What it signs and opens with.
    pub keys: Keyring,
    /// First letters of order references.
    pub order_prefix: String,
    /// Whose days order references count.
    pub time_zone: TimeZone,
    /// After which silence the agent is asked about an order.
    pub ask_after: Span,
}

impl Shop {
    /// As configured.
    ///
    /// # Errors
    /// [`ConfigError::NoAgentKeys`].
    pub fn new(config: &Config, keys: Keyring) -> Result<Self, ConfigError> {
        Ok(Self {
            merchant: config.merchant_id.clone(),
            agent: config.agent_keys()?,
            learnt: LearntKeys::default(),
            restored: Timestamp::from_millis(0),
            webhook_secrets: config.agent.webhook_secrets.clone(),
            keys,
            order_prefix: config.order_prefix.clone(),
            time_zone: config.time_zone.clone(),
            ask_after: config.ask_after(),
        })
    }

    /// Checks the agent's signature, by any of its keys.
    fn believe<T: Statement>(&self, said: &Signed<T>) -> Result<Verified<T>, Failure> {
        let verified = self.agent_keys().iter().find_map(|key| said.verify(key).ok());
        verified.ok_or(Failure::Problem(T::BROKEN))
    }
}
