//! The agent's fresh word for one purchase (TRUST.md D1). Nothing is stored: a purchase id is
//! granted once, and its Challenge with it.

use rand_core::CryptoRng;
use shared_protocol::{
    AgentId, Challenge, ChallengeRequest, Nonce, ORDER_IDLE, Problem, Signed, Timestamp,
};

use crate::{app::App, keys::AgentKeyring};

/// A Challenge for this purchase, good as long as the order button waits.
pub fn challenge(
    request: ChallengeRequest,
    agent: &AgentId,
    keys: &AgentKeyring,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Signed<Challenge> {
    let challenge = Challenge {
        agent: agent.clone(),
        sealing_key: keys.sealing_key(),
        merchant: request.merchant,
        purchase: request.purchase,
        nonce: Nonce::random(rng),
        issued: now,
        expires: now.plus(ORDER_IDLE),
    };
    Signed::sign(&challenge, keys)
}

/// Answers a request for one.
///
/// # Errors
/// [`Problem::UnknownMerchant`], [`Problem::MerchantLapsed`], [`Problem::Unavailable`].
pub async fn set(app: &App, request: ChallengeRequest) -> Result<Signed<Challenge>, Problem> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&request.merchant, now).await?;
    merchant.check_in_force(now)?;
    let mut rng = app.entropy.clone();
    Ok(challenge(request, &app.config.agent_id, &app.keys, now, &mut rng))
}
