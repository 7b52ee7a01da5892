//! Placements (¶79–80): a seller proposes in which of a host's pages its window may stand, the host
//! signs the same, either ends it.

use shared_protocol::{
    Digest, ItemId, MerchantId, Placement, PlacementAgreement, PlacementEnd, Problem, Signed,
    Timestamp, signing_input,
};

use super::Shop;
use shared_protocol::Signer as _;

/// Signs a placement as its seller.
pub fn propose(
    shop: &Shop,
    host: MerchantId,
    (origins, items): (Vec<String>, Vec<ItemId>),
    (valid_from, valid_until): (Timestamp, Timestamp),
) -> Signed<Placement> {
    let placement = Placement {
        agent: shop.agent.agent.clone(),
        seller: shop.merchant.clone(),
        host,
        origins,
        items,
        valid_from,
        valid_until,
    };
    Signed::sign(&placement, &shop.keys)
}

/// Signs the same as its host. Whether the seller's signature holds says the agent, who knows the
/// seller's key.
///
/// # Errors
/// [`Problem::WrongRecipient`] if this shop is not its host, or the agent is another.
pub fn agree(shop: &Shop, placement: Signed<Placement>) -> Result<PlacementAgreement, Problem> {
    let said = placement.claimed()?;
    if said.host != shop.merchant || said.agent != shop.agent.agent {
        return Err(Problem::WrongRecipient);
    }
    let host = shop.keys.sign(&signing_input::<Placement>(placement.bytes()));
    Ok(PlacementAgreement { placement, host })
}

/// Signs the end of a placement, as its seller or its host.
pub fn end(shop: &Shop, placement: Digest, ended: Timestamp) -> Signed<PlacementEnd> {
    let (merchant, agent) = (shop.merchant.clone(), shop.agent.agent.clone());
    Signed::sign(&PlacementEnd { agent, merchant, placement, ended }, &shop.keys)
}
