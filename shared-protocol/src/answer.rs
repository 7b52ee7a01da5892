//! What the parties say after the Grant: the merchant accepts or refuses (61–62), the shopper's
//! consent is passed on (64–65).

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Amount, Digest, HandlingNumber, MerchantId, PurchaseId,
    codec::messages,
    half::OrderHalf,
    problem::Problem,
    purchase::PurchaseState,
    role::Role,
    seal::{SealContext, Sealed},
    sign::{Signed, Statement},
    time::Timestamp,
};

/// Asks the merchant whether it could fill this order, before any Grant (steps 54–55).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCheck {
    /// What the envelope is bound to.
    pub context: SealContext,
    /// The half that only the merchant opens.
    pub order: Sealed<OrderHalf>,
}

/// Merchant-signed: the order is taken (step 62).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Who accepts.
    pub merchant: MerchantId,
    /// Through whom it will be paid.
    pub agent: AgentId,
    /// The purchase.
    pub purchase: PurchaseId,
    /// The number that was consumed.
    pub handling_number: HandlingNumber,
    /// The digest of the signed Grant.
    pub grant: Digest,
    /// What will be paid.
    pub amount: Amount,
    /// The merchant's own name for the order.
    pub order_reference: String,
    /// When it was taken.
    pub accepted: Timestamp,
}

/// Merchant-signed: the order is not taken, for good (step 62 → 72). The agent frees the credit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Who refuses.
    pub merchant: MerchantId,
    /// To whom.
    pub agent: AgentId,
    /// The purchase.
    pub purchase: PurchaseId,
    /// Why, as one of the numbered problems.
    pub problem: Problem,
    /// When it was refused.
    pub refused: Timestamp,
}

/// Agent-signed: what became of the shopper's consent (steps 64–65, ¶60).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Who says so.
    pub agent: AgentId,
    /// To whom.
    pub merchant: MerchantId,
    /// The purchase.
    pub purchase: PurchaseId,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// Yes, no, or silence.
    pub outcome: Outcome,
    /// How the shopper was reached.
    pub channel: Channel,
    /// When it was decided.
    pub decided: Timestamp,
}

/// What became of a question to the shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The shopper consents: ship.
    Confirmed,
    /// The shopper calls it off.
    Cancelled,
    /// No answer in time: taken for a prank and cancelled (¶60).
    Expired,
}

/// How consent was given (¶56).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channel {
    /// By the link in a mail.
    Mail,
    /// Nobody was reached: the time ran out.
    Silence,
    /// On the agent's own pages, signed in.
    Page,
    /// By the passkey that signed the tally: there was nothing left to ask (¶61).
    Passkey,
    /// No consent at all: the bank could not carry out the transfer (158, 160).
    Bank,
    /// By telephone, fax, post or in person, to a member of the agent's staff.
    Staff,
    /// The agent's policy asks nobody about so little at this merchant (¶61).
    Waived,
}

/// How a purchase stands, as one server tells it to whoever knows its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseStatus {
    /// The purchase.
    pub purchase: PurchaseId,
    /// How it stands.
    pub state: PurchaseState,
    /// The Grant, once given.
    pub grant: Option<Signed<crate::Grant>>,
    /// The merchant's word, once given.
    pub acceptance: Option<Signed<Acceptance>>,
    /// The shopper's word, once given.
    pub confirmation: Option<Signed<Confirmation>>,
    /// How the money stands, where it is paid by transfer.
    pub remittance: Option<Signed<crate::Remittance>>,
}

/// The public keys and name of an agent, as merchants configure them and `/.well-known/warifu`
/// shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentKeys {
    /// Its name in the protocol.
    pub agent: AgentId,
    /// Keys whose signature counts, newest first: more than one while they rotate.
    pub verifying: Vec<crate::VerifyingKey>,
}

messages! {
    OrderCheck = "order-check", 8704;
    Acceptance = "acceptance", 512;
    Refusal = "refusal", 256;
    Confirmation = "confirmation", 256;
    PurchaseStatus = "purchase-status", 2048;
}

impl Statement for Acceptance {
    const SPEAKER: Role = Role::Merchant;
    const HEARER: Role = Role::Agent;
    const BROKEN: Problem = Problem::AcceptanceInvalid;
}

impl Statement for Refusal {
    const SPEAKER: Role = Role::Merchant;
    const HEARER: Role = Role::Agent;
    const BROKEN: Problem = Problem::RefusalInvalid;
}

impl Statement for Confirmation {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Merchant;
    const BROKEN: Problem = Problem::ConfirmationInvalid;
}
