//! What merchant and agent say to each other once a purchase is confirmed (66–71): it was shipped,
//! it is claimed, let go or given back, whole or in part; and the agent's receipt for each. No
//! word here says where the goods went, nor by whom: a parcel's number would lead to an address.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Amount, Digest, HandlingNumber, MerchantId, PurchaseId, Reference, codec::messages,
    problem::Problem, role::Role, settlement::SettlementState, sign::Statement, time::Timestamp,
};

/// Merchant-signed: goods are on their way, or the service was rendered (67).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingNotice {
    /// Who ships.
    pub merchant: MerchantId,
    /// Who is told.
    pub agent: AgentId,
    /// Of this purchase.
    pub purchase: PurchaseId,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// The merchant's own name for this shipment.
    pub shipment: Reference,
    /// When it went.
    pub shipped: Timestamp,
}

/// Merchant-signed: this much of the Grant is to be paid (66).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who claims.
    pub merchant: MerchantId,
    /// Of whom.
    pub agent: AgentId,
    /// For this purchase.
    pub purchase: PurchaseId,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// The merchant's own name for this claim.
    pub claim: Reference,
    /// How much.
    pub amount: Amount,
    /// For which shipment, if it is for one.
    pub shipment: Option<Reference>,
    /// When it was claimed.
    pub claimed: Timestamp,
}

/// Merchant-signed: this much of the Grant will never be claimed. The agent frees the credit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// Who lets go.
    pub merchant: MerchantId,
    /// Who is told.
    pub agent: AgentId,
    /// Of this purchase.
    pub purchase: PurchaseId,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// The merchant's own name for this.
    pub void: Reference,
    /// How much.
    pub amount: Amount,
    /// When it was let go.
    pub voided: Timestamp,
}

/// Merchant-signed: this much of what was claimed goes back to the shopper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Who gives back.
    pub merchant: MerchantId,
    /// Through whom.
    pub agent: AgentId,
    /// For this purchase.
    pub purchase: PurchaseId,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// The merchant's own name for this refund.
    pub refund: Reference,
    /// How much.
    pub amount: Amount,
    /// When it was given back.
    pub refunded: Timestamp,
}

/// Agent-signed: a word of the merchant's was booked, and how the purchase stood after it. Asked
/// again, the same is said again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Who booked it.
    pub agent: AgentId,
    /// For whom.
    pub merchant: MerchantId,
    /// The purchase.
    pub purchase: PurchaseId,
    /// The digest of the merchant's signed word.
    pub word: Digest,
    /// How the purchase stood after it.
    pub standing: SettlementState,
    /// What the Grant is good for.
    pub granted: Amount,
    /// What had been claimed of it.
    pub claimed: Amount,
    /// What had been let go.
    pub voided: Amount,
    /// What had been given back of the claims.
    pub refunded: Amount,
    /// The newest entry of the agent's journal then, counted from 1; 0: none.
    pub entry: u64,
    /// Its digest, which covers all entries before it: none of them can be changed unnoticed by
    /// whoever keeps this receipt.
    pub journal: Digest,
    /// When it was booked.
    pub booked: Timestamp,
}

messages! {
    ShippingNotice = "shipping-notice", 256;
    Claim = "claim", 384;
    Void = "void", 256;
    Refund = "refund", 256;
    Receipt = "receipt", 384;
}

macro_rules! said_by_merchant {
    ($($type:ty),*) => {$(
        impl Statement for $type {
            const SPEAKER: Role = Role::Merchant;
            const HEARER: Role = Role::Agent;
            const BROKEN: Problem = Problem::SettlementInvalid;
        }
    )*};
}
said_by_merchant!(ShippingNotice, Claim, Void, Refund);

impl Statement for Receipt {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Merchant;
    const BROKEN: Problem = Problem::SettlementInvalid;
}
