//! The Challenge: the agent's fresh word without which an envelope could be authorised twice
//! (TRUST.md D1).

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, MerchantId, Nonce, PurchaseId,
    codec::messages,
    problem::Problem,
    role::Role,
    seal::SealingKey,
    sign::{Statement, Verified},
    time::Timestamp,
};

/// Asks for a Challenge for one purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeRequest {
    /// At this merchant.
    pub merchant: MerchantId,
    /// For this purchase, named by the client program.
    pub purchase: PurchaseId,
}

/// Good for one purchase at one merchant, through the agent that signed it. Since a purchase id
/// is granted once, so is its Challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Who asks.
    pub agent: AgentId,
    /// To which the payment half is sealed.
    pub sealing_key: SealingKey,
    /// At this merchant.
    pub merchant: MerchantId,
    /// For this purchase.
    pub purchase: PurchaseId,
    /// Unlike any other.
    pub nonce: Nonce,
    /// When it was asked.
    pub issued: Timestamp,
    /// Until when it may be answered.
    pub expires: Timestamp,
}

messages! {
    ChallengeRequest = "challenge-request", 128;
    Challenge = "challenge", 256;
}

impl Statement for Challenge {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Shopper;
    const BROKEN: Problem = Problem::ChallengeInvalid;
}

impl Verified<Challenge> {
    /// Checks that it may still be answered at `now`.
    ///
    /// # Errors
    /// [`Problem::ChallengeExpired`].
    pub fn check_fresh(&self, now: Timestamp) -> Result<(), Problem> {
        (now < self.expires).then_some(()).ok_or(Problem::ChallengeExpired)
    }
}
