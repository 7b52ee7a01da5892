//! The Mark: the agent's signed word on who the merchant is. The seed's Internet Mark (Cl. 5, ¶63).

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Localized, MerchantId, Payee,
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
    /// Web origins where its widget may appear, exact (RFC 6454 serialization); in the Mark of a
    /// borrowed window those of its placement (¶79).
    pub origins: Vec<String>,
    /// Base URL of its server: where order halves go; empty: it has none, and they wait for it in
    /// its mailbox at the agent.
    pub server: String,
    /// Whose signature its Offers and Acceptances bear.
    pub verifying_key: VerifyingKey,
    /// To which order halves are sealed.
    pub sealing_key: SealingKey,
    /// The agent's relay at its site, if it has one (Fig 1; ¶33).
    pub relay: Option<Relay>,
    /// Where an ordinary form of the shopper's browser hands over order half and Grant, if the shop
    /// runs no server of ours (Fig 2). On one of its origins.
    pub hand_over: Option<String>,
    /// How the agent pays it out: a class that its contract names.
    pub payout_class: String,
    /// Where shoppers' transfers go, if the agent is a bank and the merchant takes them (¶71).
    pub payee: Option<Payee>,
    /// Counts the Marks of this merchant; a higher one replaces a lower.
    pub serial: u64,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until.
    pub valid_until: Timestamp,
}

/// Through whom a shopper's program speaks with the agent, so that the agent does not learn from
/// which network address a purchase is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    /// Its base URL, without a slash at the end.
    pub url: String,
    /// To which what goes through it is sealed: the agent's key, named here so that no relay can
    /// put another in its place (TRUST.md T16).
    pub sealing_key: SealingKey,
    /// Whether the merchant lets shoppers go to the agent directly while the relay is down (F18).
    pub or_direct: bool,
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
