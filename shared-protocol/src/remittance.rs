//! What became of a transfer to the merchant (steps 153, 158, 160, 162): all that the merchant
//! learns of it, and never why.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Amount, Date, MerchantId, PurchaseId, codec::messages, problem::Problem, role::Role,
    sign::Statement, time::Timestamp,
};

/// Agent-signed, as a bank: how the money of a purchase stands. A later one replaces an earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remittance {
    /// Who says so.
    pub agent: AgentId,
    /// Whose money it is.
    pub merchant: MerchantId,
    /// For which purchase.
    pub purchase: PurchaseId,
    /// How much.
    pub amount: Amount,
    /// How it stands.
    pub standing: Standing,
    /// When that was so.
    pub at: Timestamp,
}

/// How the money stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It was sent to the merchant's account (153).
    Received,
    /// It will be sent on this day; goods wait until it was confirmed (162–164).
    Scheduled(Date),
    /// It was not sent and will not be (158, 160).
    NotReceived,
}

impl Standing {
    /// Its name in databases and on screens of programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Scheduled(_) => "scheduled",
            Self::NotReceived => "not-received",
        }
    }
}

messages! { Remittance = "remittance", 192; }

impl Statement for Remittance {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Merchant;
    const BROKEN: Problem = Problem::RemittanceInvalid;
}
