//! A number read out to the shop, by telephone or on paper (prior art (5), ¶18–22): the shop hands
//! it in with its own signature, and gets the Grant that it stands for.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Amount, HandlingNumber, MerchantId, Reference, codec::messages, problem::Problem,
    role::Role, sign::Statement, time::Timestamp,
};

/// Merchant-signed: a shopper has told this number for this amount. Answered with the Grant, which
/// the merchant accepts as any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Who was told it.
    pub merchant: MerchantId,
    /// Who gave it out.
    pub agent: AgentId,
    /// The merchant's own name for this; under the same name it is handed in once.
    pub redemption: Reference,
    /// The number.
    pub handling_number: HandlingNumber,
    /// What the shop asks for.
    pub amount: Amount,
    /// When it was handed in.
    pub redeemed: Timestamp,
}

messages! { Redemption = "redemption", 256; }

impl Statement for Redemption {
    const SPEAKER: Role = Role::Merchant;
    const HEARER: Role = Role::Agent;
    const BROKEN: Problem = Problem::SettlementInvalid;
}
