//! The mailbox: orders for a seller who has no server wait at the agent, sealed to the seller, who
//! fetches them with its own key (¶79–80). The agent can open none of them.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Digest, HandlingNumber, MerchantId, OrderSubmission, PurchaseId, PurchaseState,
    codec::messages, problem::Problem, role::Role, sign::Statement, time::Timestamp,
};

/// Agent-signed: the order lies in the seller's mailbox, and until when the seller can take it. It
/// stands where a merchant's own server would say its Acceptance (62).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// Who keeps it.
    pub agent: AgentId,
    /// For whom.
    pub merchant: MerchantId,
    /// The purchase.
    pub purchase: PurchaseId,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// The digest of the signed Grant.
    pub grant: Digest,
    /// When the Grant lapses, and the order with it.
    pub deadline: Timestamp,
    /// When it was put in.
    pub deposited: Timestamp,
}

/// Merchant-signed: show me my mailbox. Each visit is later than the one before, so that none can
/// be made again by whoever has seen it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxVisit {
    /// Whose mailbox.
    pub merchant: MerchantId,
    /// Where it is.
    pub agent: AgentId,
    /// Only this one; it counts as read from then on.
    pub purchase: Option<PurchaseId>,
    /// Only what was put in after the entry of this number; 0: from the first.
    pub after: u64,
    /// When.
    pub visited: Timestamp,
}

/// What lies in a mailbox, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// So many at a time; ask again after the last of them.
    pub entries: Vec<MailboxEntry>,
}

/// One order that waits, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxEntry {
    /// Its number in the mailbox: later entries have higher ones.
    pub number: u64,
    /// How the purchase stands: `Granted` while the seller can still take it.
    pub state: PurchaseState,
    /// When it was put in.
    pub deposited: Timestamp,
    /// As it came from the shopper's browser.
    pub submission: OrderSubmission,
}

messages! {
    Deposit = "deposit", 384;
    MailboxVisit = "mailbox-visit", 256;
    Mailbox = "mailbox", 262_144;
    MailboxEntry = "mailbox-entry", 12_416;
}

impl Statement for Deposit {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Shopper;
    const BROKEN: Problem = Problem::AcceptanceInvalid;
}

impl Statement for MailboxVisit {
    const SPEAKER: Role = Role::Merchant;
    const HEARER: Role = Role::Agent;
    const BROKEN: Problem = Problem::VisitInvalid;
}

impl Mailbox {
    /// So many entries fit into one answer.
    pub const ENTRIES_MAX: usize = 16;
}
