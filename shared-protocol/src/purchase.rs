//! The states of a purchase and the one function that moves between them: live traffic, recovery
//! and simulation all go through it, on every side.

use serde::{Deserialize, Serialize};

/// How a purchase stands. Where its money stands after `Confirmed` (66–71) says
/// [`crate::SettlementState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PurchaseState {
    /// First contact: the product is shown (51).
    Started,
    /// The merchant could fill the order (54–55).
    Checked,
    /// The agent stands for it; the handling number exists (60).
    Granted,
    /// The merchant has taken the order (62–63).
    Accepted,
    /// The shopper consents (65). Goods may be shipped.
    Confirmed,
    /// The agent does not stand for it (58, 59 → 72).
    Declined,
    /// The merchant does not take it (62 → 72).
    Refused,
    /// The shopper calls it off (65), or the merchant lets go of it before it claims.
    Cancelled,
    /// Time ran out: the order button (51), the Grant, or the consent (64, ¶60).
    Expired,
}

/// What happens to a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PurchaseEvent {
    /// The merchant could fill the order (55).
    OrderChecked,
    /// The agent gave its Grant (60).
    GrantIssued,
    /// The agent declined (58, 59).
    GrantDeclined,
    /// The merchant signed its Acceptance (62).
    OrderAccepted,
    /// The merchant signed its Refusal (62).
    OrderRefused,
    /// The shopper said yes (65).
    ShopperConfirmed,
    /// The shopper said no (65).
    ShopperCancelled,
    /// Nobody said anything in time (51, 64).
    TimedOut,
    /// The shopper said yes and takes it back before anything is shipped.
    ShopperWithdrew,
    /// The merchant let go of all of it before it claimed anything.
    MerchantVoided,
    /// The shopper consents, and the bank sends the money on a later day (162).
    TransferScheduled,
    /// The shopper consents, and the merchant has the money (153, 164).
    TransferReceived,
    /// The bank cannot send the money after all (158, 160).
    TransferFailed,
}

/// This event cannot happen in this state; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalEvent {
    /// How the purchase stood.
    pub state: PurchaseState,
    /// What could not happen to it.
    pub event: PurchaseEvent,
}

impl PurchaseState {
    /// The state after `event`.
    ///
    /// # Errors
    /// [`IllegalEvent`] for every pair that the table in PROTOCOL.md leaves empty.
    pub const fn apply(self, event: PurchaseEvent) -> Result<Self, IllegalEvent> {
        use PurchaseEvent as E;
        use PurchaseState as S;
        Ok(match (self, event) {
            (S::Started | S::Checked, E::OrderChecked) => S::Checked,
            (S::Started | S::Checked, E::GrantIssued) => S::Granted,
            (S::Started | S::Checked, E::GrantDeclined) => S::Declined,
            (S::Granted, E::OrderAccepted) => S::Accepted,
            (S::Granted, E::OrderRefused) => S::Refused,
            (S::Accepted, E::TransferScheduled) => S::Accepted,
            (S::Accepted, E::ShopperConfirmed | E::TransferReceived) => S::Confirmed,
            // A bank may send money back that it had taken.
            (S::Accepted | S::Confirmed, E::TransferFailed) => S::Cancelled,
            (S::Granted | S::Accepted, E::ShopperCancelled) => S::Cancelled,
            (S::Confirmed, E::ShopperWithdrew | E::MerchantVoided) => S::Cancelled,
            (S::Started | S::Checked | S::Granted | S::Accepted, E::TimedOut) => S::Expired,
            (state, event) => return Err(IllegalEvent { state, event }),
        })
    }

    /// Whether nothing more can happen in this landing's part of the story.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Started | Self::Checked | Self::Granted | Self::Accepted | Self::Confirmed => {
                false
            }
            Self::Declined | Self::Refused | Self::Cancelled | Self::Expired => true,
        }
    }

    /// Whether credit is held for it.
    pub const fn holds_credit(self) -> bool {
        match self {
            Self::Granted | Self::Accepted | Self::Confirmed => true,
            Self::Started
            | Self::Checked
            | Self::Declined
            | Self::Refused
            | Self::Cancelled
            | Self::Expired => false,
        }
    }

    /// Its name in databases, JSON and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Checked => "checked",
            Self::Granted => "granted",
            Self::Accepted => "accepted",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// All of them, in the order of the story.
    pub const ALL: [Self; 9] = [
        Self::Started,
        Self::Checked,
        Self::Granted,
        Self::Accepted,
        Self::Confirmed,
        Self::Declined,
        Self::Refused,
        Self::Cancelled,
        Self::Expired,
    ];
}

impl PurchaseEvent {
    /// Its name in databases and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderChecked => "order-checked",
            Self::GrantIssued => "grant-issued",
            Self::GrantDeclined => "grant-declined",
            Self::OrderAccepted => "order-accepted",
            Self::OrderRefused => "order-refused",
            Self::ShopperConfirmed => "shopper-confirmed",
            Self::ShopperCancelled => "shopper-cancelled",
            Self::TimedOut => "timed-out",
            Self::ShopperWithdrew => "shopper-withdrew",
            Self::MerchantVoided => "merchant-voided",
            Self::TransferScheduled => "transfer-scheduled",
            Self::TransferReceived => "transfer-received",
            Self::TransferFailed => "transfer-failed",
        }
    }

    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::OrderChecked,
        Self::GrantIssued,
        Self::GrantDeclined,
        Self::OrderAccepted,
        Self::OrderRefused,
        Self::ShopperConfirmed,
        Self::ShopperCancelled,
        Self::TimedOut,
        Self::ShopperWithdrew,
        Self::MerchantVoided,
        Self::TransferScheduled,
        Self::TransferReceived,
        Self::TransferFailed,
    ];
}
