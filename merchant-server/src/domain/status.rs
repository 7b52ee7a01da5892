//! How a purchase stands, for whoever knows its id. Says nothing of person or place.

use shared_protocol::{Message, PurchaseId, PurchaseStatus, decode};

use super::{Failure, GrantForm};
use crate::store::{Fault, Store};

/// How a purchase stands here.
///
/// # Errors
/// [`Problem::PurchaseUnknown`](shared_protocol::Problem::PurchaseUnknown) if it never came.
pub async fn status(store: &Store, purchase: PurchaseId) -> Result<PurchaseStatus, Failure> {
    let order = store.order(purchase).await?;
    let order = order.ok_or(shared_protocol::Problem::PurchaseUnknown)?;
    let deal = order.deal.as_ref();
    let signed_grant = deal.filter(|deal| deal.grant_form == GrantForm::Signed);
    let grant = signed_grant.map(|deal| deal.grant_proof.as_slice());
    let acceptance = deal.and_then(|deal| deal.acceptance.as_deref());
    Ok(PurchaseStatus {
        purchase,
        state: order.state,
        grant: kept(grant, "grant_proof")?,
        acceptance: kept(acceptance, "acceptance")?,
        confirmation: kept(order.confirmation.as_deref(), "confirmation")?,
        remittance: store.remittance(purchase).await?.map(|told| told.said),
    })
}

fn kept<M: Message>(bytes: Option<&[u8]>, column: &'static str) -> Result<Option<M>, Fault> {
    bytes.map(|bytes| decode(bytes).map_err(|_| Fault::Damaged(column))).transpose()
}
