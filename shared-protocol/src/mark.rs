//! The Mark: the agent's signed word on who the merchant is. The seed's Internet Mark (Cl. 5, ¶63).

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Localized, MerchantId,
    codec::messages,
    problem::Problem,
    role::Role,
    seal::SealingKey,
    sign::{Statement, Verified, VerifyingKey},
    time::Timestamp,
};

/// What an agent vouches for about a merchant. Short-lived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who vouches.
    pub agent: AgentId,
    /// The agent's name as shoppers know it.
    pub agent_name: Localized,
    /// For whom.
    pub merchant: MerchantId,
    /// The shop's name as shoppers know it.
    pub name: Localized,
    /// Seller's name, address, representative, contact (特定商取引法).
    pub legal_notice: Localized,
    /// Web origins where its widget may appear, exact (RFC 6454 serialization).
    pub origins: Vec<String>,
    /// Base URL of its server: where order halves go.
    pub server: String,
    /// Whose signature its Offers and Acceptances bear.
    pub verifying_key: VerifyingKey,
    /// To which order halves are sealed.
    pub sealing_key: SealingKey,
    /// Base URL of the agent's relay at its site, if it has one (Fig 1).
    pub relay: Option<String>,
    /// Where an ordinary form of the shopper's browser hands over order half and Grant, if the shop
    /// runs no server of ours (Fig 2). On one of its origins.
    pub hand_over: Option<String>,
    /// How the agent pays it out: a class that its contract names.
    pub payout_class: String,
    /// Counts the Marks of this merchant; a higher one replaces a lower.
    pub serial: u64,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until.
    pub valid_until: Timestamp,
}

messages! { Mark = "mark", 8192; }

impl Statement for Mark {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Anyone;
    const BROKEN: Problem = Problem::MarkInvalid;
}

impl Verified<Mark> {
    /// Checks that this Mark is good at `now`.
    ///
    /// # Errors
    /// [`Problem::MarkExpired`].
    pub fn check_valid(&self, now: Timestamp) -> Result<(), Problem> {
        let begun = self.valid_from <= now.plus(crate::CLOCK_TOLERANCE);
        (begun && now < self.valid_until).then_some(()).ok_or(Problem::MarkExpired)
    }

    /// Checks that its merchant registered this web origin, letter for letter.
    ///
    /// # Errors
    /// [`Problem::OriginNotRegistered`].
    pub fn check_origin(&self, origin: &str) -> Result<(), Problem> {
        let registered = self.origins.iter().any(|known| known == origin);
        registered.then_some(()).ok_or(Problem::OriginNotRegistered)
    }
}
