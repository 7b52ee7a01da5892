//! Orders as this shop keeps them.

use shared_protocol::{
    Amount, Contact, Delivery, Digest, HandlingNumber, ItemId, Locale, PlanClass, PurchaseId,
    PurchaseState, Timestamp,
};

/// Names an order inside this server's store; grows with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub i64);

/// A purchase that was decided here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its key.
    pub id: OrderId,
    /// The purchase.
    pub purchase: PurchaseId,
    /// How it stands.
    pub state: PurchaseState,
    /// What was ordered; `None` for a tombstone: it was closed before it came.
    pub deal: Option<Deal>,
    /// The agent's word on the shopper's consent, signed, as it came.
    pub confirmation: Option<Vec<u8>>,
    /// When it was decided.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// What was ordered, and the proofs of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// The number that was consumed.
    pub handling_number: HandlingNumber,
    /// The digest of the bytes that came.
    pub submission: Digest,
    /// The shop's own name for it; `None` if it was refused.
    pub reference: Option<String>,
    /// The Offer taken up.
    pub offer: Digest,
    /// What.
    pub item: ItemId,
    /// How many.
    pub quantity: u32,
    /// What is paid.
    pub amount: Amount,
    /// The kind of plan.
    pub plan_class: PlanClass,
    /// The language of the shop's letters.
    pub locale: Locale,
    /// How the Grant came.
    pub grant_form: GrantForm,
    /// The Grant, as it came.
    pub grant_proof: Vec<u8>,
    /// Its digest.
    pub grant_digest: Digest,
    /// The signed Acceptance, as it was given out.
    pub acceptance: Option<Vec<u8>>,
    /// The signed Refusal, as it was given out.
    pub refusal: Option<Vec<u8>>,
}

/// The two forms in which a Grant comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantForm {
    /// Signed bytes of the protocol.
    Signed,
    /// Compact JWS.
    Jws,
}

/// What is written down when a Grant is taken up.
pub struct NewDeal {
    /// The purchase.
    pub purchase: PurchaseId,
    /// The number that is consumed.
    pub handling_number: HandlingNumber,
    /// The digest of the bytes that came.
    pub submission: Digest,
    /// The Offer taken up.
    pub offer: Digest,
    /// What.
    pub item: ItemId,
    /// How many.
    pub quantity: u32,
    /// What is paid.
    pub amount: Amount,
    /// The kind of plan.
    pub plan_class: PlanClass,
    /// The language of the shop's letters.
    pub locale: Locale,
    /// How the Grant came.
    pub grant_form: GrantForm,
    /// The Grant, as it came.
    pub grant_proof: Vec<u8>,
    /// Its digest.
    pub grant_digest: Digest,
    /// The signed tally, as it came.
    pub tally: Vec<u8>,
}

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderEvent {
    /// What, by the name of its `PurchaseEvent`.
    pub event: String,
    /// How the order stood afterwards.
    pub state: PurchaseState,
    /// When.
    pub happened: Timestamp,
}

/// Who ordered and where it goes. For the shop's own eyes: no `Debug`, not serialized.
pub struct Recipient {
    /// Who.
    pub contact: Contact,
    /// Where.
    pub delivery: Delivery,
}
