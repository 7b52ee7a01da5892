//! The placement: seller and host agree in which of the host's pages the seller's window may stand
//! (¶68, ¶79–80). Both sign the same words; the agent vouches for it by the Marks that it gives.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Digest, ItemId, MerchantId,
    codec::messages,
    problem::Problem,
    role::Role,
    sign::{Signature, Signed, Statement, Verified, VerifyingKey},
    time::{CLOCK_TOLERANCE, Timestamp},
};

/// Signed by the seller and, letter for letter the same, by the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Through whom its sales are paid.
    pub agent: AgentId,
    /// Whose goods the window sells.
    pub seller: MerchantId,
    /// Whose pages it stands in.
    pub host: MerchantId,
    /// The origins of those pages, exact (RFC 6454 serialization).
    pub origins: Vec<String>,
    /// Which goods; none named: all of the seller's.
    pub items: Vec<ItemId>,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until.
    pub valid_until: Timestamp,
}

/// A placement with both signatures, as it is handed in to the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementAgreement {
    /// As the seller signed it.
    pub placement: Signed<Placement>,
    /// The host's signature over the same.
    pub host: Signature,
}

/// Signed by the seller or by the host: it is over, whatever was agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementEnd {
    /// Who is told.
    pub agent: AgentId,
    /// Who ends it.
    pub merchant: MerchantId,
    /// The digest of the signed placement.
    pub placement: Digest,
    /// When it was ended.
    pub ended: Timestamp,
}

messages! {
    Placement = "placement", 2048;
    PlacementAgreement = "placement-agreement", 2200;
    PlacementEnd = "placement-end", 256;
}

impl Statement for Placement {
    const SPEAKER: Role = Role::Merchant;
    const HEARER: Role = Role::Agent;
    const BROKEN: Problem = Problem::PlacementInvalid;
}

impl Statement for PlacementEnd {
    const SPEAKER: Role = Role::Merchant;
    const HEARER: Role = Role::Agent;
    const BROKEN: Problem = Problem::PlacementInvalid;
}

impl PlacementAgreement {
    /// Checks that seller and host have both signed it, and that it makes sense.
    ///
    /// # Errors
    /// [`Problem::PlacementInvalid`].
    pub fn verify(
        &self,
        seller: &VerifyingKey,
        host: &VerifyingKey,
    ) -> Result<Verified<Placement>, Problem> {
        let placement = self.placement.verify(seller)?;
        let bytes = self.placement.bytes().to_vec();
        Signed::<Placement>::from_parts(bytes, self.host).verify(host)?;
        let is_sound = placement.seller != placement.host
            && !placement.origins.is_empty()
            && placement.valid_from < placement.valid_until;
        is_sound.then_some(placement).ok_or(Problem::PlacementInvalid)
    }
}

impl Placement {
    /// Whether it lets this item stand in the host's pages.
    pub fn allows(&self, item: &ItemId) -> bool {
        self.items.is_empty() || self.items.contains(item)
    }
}

impl Verified<Placement> {
    /// Checks that a window with this item may stand at `now`.
    ///
    /// # Errors
    /// [`Problem::PlacementUnknown`] for another item, [`Problem::PlacementExpired`].
    pub fn check(&self, item: &ItemId, now: Timestamp) -> Result<(), Problem> {
        if !self.allows(item) {
            return Err(Problem::PlacementUnknown);
        }
        let begun = self.valid_from <= now.plus(CLOCK_TOLERANCE);
        (begun && now < self.valid_until).then_some(()).ok_or(Problem::PlacementExpired)
    }
}
