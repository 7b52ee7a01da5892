//! The words that all parties of Warifu speak: messages, signatures, envelopes, states, problems.
//! Pure: no IO, no clock, no async. What follows is the protocol's front page.
#![doc = include_str!("../PROTOCOL.md")]
#![no_std]

extern crate alloc;

mod answer;
mod card;
mod challenge;
mod claim;
mod codec;
mod contract;
mod date;
mod digest;
mod ed25519;
mod field;
mod grant;
mod half;
mod hand_over;
mod handling;
mod id;
#[cfg(feature = "jws")]
pub mod jws;
mod key_list;
mod locale;
mod mailbox;
mod mark;
mod money;
mod offer;
mod passkey;
mod payee;
mod place;
mod placement;
mod plan;
mod problem;
mod purchase;
mod quote;
mod redemption;
mod relayed;
mod remittance;
mod role;
mod rows;
mod seal;
mod secret;
mod settlement;
mod sign;
mod split;
mod tally;
mod time;

pub use answer::{
    Acceptance, AgentKeys, Channel, Confirmation, OrderCheck, Outcome, PurchaseStatus, Refusal,
};
pub use challenge::{Challenge, ChallengeRequest};
pub use claim::{Claim, Receipt, Refund, ShippingNotice, Void};
pub use codec::{DecodeError, Message, decode, encode};
pub use date::Date;
pub use digest::digest;
pub use field::{Field, FieldProblem, read as read_field};
pub use grant::{Grant, GrantProof, GrantRequest, MyOrder, OrderSubmission, RedeemableGrant};
pub use half::{Address, Contact, Credential, Delivery, Goods, OrderHalf, PaymentHalf};
pub use hand_over::OrderForm;
pub use handling::HandlingNumber;
pub use id::{
    AgentId, Digest, ItemId, MerchantId, Nonce, NotAnId, PurchaseId, Reference, ReferralId, Salt,
};
pub use key_list::{KeyList, ListedKey};
pub use locale::{Locale, Localized, fill};
pub use mailbox::{Deposit, Mailbox, MailboxEntry, MailboxVisit};
pub use mark::{Mark, Relay};
pub use money::{Amount, BasisPoints, Currency};
pub use offer::{DeliveryTerms, Destination, Offer, QuantityLimits, ShippingZone, Total};
pub use passkey::{PasskeyAssertion, PasskeyPart};
pub use payee::Payee;
pub use place::{Region, prefectures};
pub use placement::{Placement, PlacementAgreement, PlacementEnd};
pub use plan::{Plan, PlanClass};
pub use problem::{MerchantView, NextStep, Problem};
pub use purchase::{IllegalEvent, PurchaseEvent, PurchaseState};
pub use quote::{Instalment, PlanInquiry, PlanQuote, PlanQuotes};
pub use redemption::Redemption;
pub use relayed::{
    RELAYED_SIZES, RelayedAnswer, RelayedCall, RelayedReply, RelayedRequest, ReplyOpener,
    ReplySealer,
};
pub use remittance::{Remittance, Standing};
pub use role::{Agent, Merchant, Reader, Role, VisibleTo};
pub use rows::row;
pub use seal::{
    EncappedKey, Envelope, Half, OpeningKey, SIZE_CLASSES, SealContext, Sealed, SealingKey,
};
pub use secret::{ContractNumber, Personal, SecurityCode};
pub use settlement::{Settlement, SettlementEvent, SettlementState};
pub use sign::{
    AtOnce, Signature, Signed, Signer, Statement, Verified, Verifier, VerifyingKey, signing_input,
};
pub use split::{Form, SealedPurchase, Split, Terms, split};
pub use tally::{MatchedOrder, MatchedPayment, SignedTally, Tally, VerifiedTally};
pub use time::{
    CLOCK_TOLERANCE, CONFIRMATION_LIFETIME, GRANT_LIFETIME, ORDER_IDLE, ORDER_IDLE_WARNING, Span,
    Timestamp,
};

/// The protocol's version, first in every label.
pub const VERSION: &str = "warifu/1";
