//! Hands in a number and tells the agent at once that the order is taken; what cannot be told now
//! is in the outbox, and told by the server.

use shared_protocol::Message as _;

use super::Unsaid;
use crate::app::App;
use crate::domain::{Order, SignedStep, Told};
use crate::store::ParcelKind;

/// Hands it in, and takes the order.
///
/// # Errors
/// [`Unsaid`]; the same may be tried again.
pub async fn redeem(app: &App, told: &Told) -> Result<Order, Unsaid> {
    let now = app.now();
    let said = told.sign(app.shop(), now);
    let step = SignedStep {
        media_type: shared_protocol::Redemption::media_type(),
        bytes: shared_protocol::encode(&said),
        digest: said.digest(),
    };
    let grant = app.agent().redeem(&step).await?.map_err(Unsaid::Problem)?;
    let order = told.take(app.shop(), app.store(), &grant, now).await?;
    let acceptance = order.deal.as_ref().and_then(|deal| deal.acceptance.clone());
    if let Some(acceptance) = acceptance {
        app.agent().put(order.purchase, ParcelKind::Acceptance, acceptance).await?;
    }
    Ok(order)
}
