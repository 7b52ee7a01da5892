//! How the money of an order stands that is paid by transfer (153, 162): the agent's signed word,
//! kept if it is ours. Goods wait for the Confirmation, which comes with the money.

use shared_protocol::{PlanClass, Problem, PurchaseId, Remittance, Signed, Timestamp};

use super::{Failure, Shop};
use crate::store::Store;

/// Keeps the agent's word on the money of a purchase; an older one changes nothing.
///
/// # Errors
/// [`Problem::RemittanceInvalid`] if it is not the agent's, or not about this order.
pub async fn told(
    shop: &Shop,
    store: &Store,
    purchase: PurchaseId,
    said: &Signed<Remittance>,
    now: Timestamp,
) -> Result<(), Failure> {
    let word = shop.believe(said)?;
    let is_ours = word.agent == shop.agent.agent
        && word.merchant == shop.merchant
        && word.purchase == purchase;
    let mut tx = store.begin("hear_remittance", now).await?;
    let order = tx.order(purchase).await?;
    let is_about_it = order
        .and_then(|order| order.deal)
        .is_none_or(|deal| deal.amount == word.amount && deal.plan_class == PlanClass::Transfer);
    if !(is_ours && is_about_it) {
        return Err(Problem::RemittanceInvalid.into());
    }
    tx.keep_remittance(said, &word).await?;
    tx.commit().await?;
    Ok(())
}
