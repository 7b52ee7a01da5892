//! What an agent and a merchant do with what arrives, from first byte to proof value: the order of
//! checks that PROTOCOL.md prints.

use shared_protocol::{
    Goods, GrantProof, GrantRequest, MatchedPayment, MyOrder, OrderSubmission, Problem,
    RedeemableGrant, Timestamp, Verified, jws,
};

use crate::party::Deal;

/// The agent's side (57–59), as far as the words go.
pub fn agent_matches(
    deal: &Deal,
    request: &GrantRequest,
    now: Timestamp,
) -> Result<MatchedPayment, Problem> {
    let challenge = request.challenge.verify(&deal.agent.key())?;
    let tally = request.tally.verify()?;
    let payment = request.payment.open(&request.context()?, &deal.agent.opening)?;
    let matched = tally.match_payment(&payment, &challenge, &deal.agent.id, now)?;
    if let Goods::Offer(offer) = &payment.goods {
        let offer = offer.verify(&deal.merchant.key())?;
        matched.check_offer(&offer, payment.quantity, now)?;
    }
    Ok(matched)
}

/// The merchant's side (62), as far as the words go.
pub fn merchant_redeems(
    deal: &Deal,
    submission: &OrderSubmission,
    now: Timestamp,
) -> Result<RedeemableGrant, Problem> {
    let grant: Verified<_> = match &submission.grant {
        GrantProof::Signed(signed) => signed.verify(&deal.agent.key())?,
        GrantProof::Jws(text) => jws::verify(text, &[deal.agent.key()])?,
    };
    let half = submission.order.open(&submission.context()?, &deal.merchant.opening)?;
    let order = MyOrder {
        merchant: &deal.merchant.id,
        agent: &deal.agent.id,
        half: &half,
        offer: &deal.offer(),
        tally: &submission.tally,
    };
    grant.redeem(&order, now)
}
