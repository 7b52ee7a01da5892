//! Says to the agent that a parcel went: what is in it is kept first, the agent hears only that
//! goods went. Under the same name the same parcel goes once.

use shared_protocol::{Problem, Receipt, Reference};

use super::settle::{Unsaid, is_open, left_of, settle, still_here};
use crate::app::App;
use crate::domain::{Order, Parcel, Step};

/// Ships it, and returns the agent's receipt.
///
/// # Errors
/// [`Unsaid`]; what was kept is said again by the next try under the same name.
pub async fn ship(
    app: &App,
    order: &Order,
    name: &Reference,
    parcel: &Parcel,
) -> Result<Receipt, Unsaid> {
    keep(app, order, name, parcel).await?;
    let said = settle(app, order, name, &Step::Ship).await;
    if matches!(said, Err(Unsaid::Problem(_))) {
        let mut tx = app.store().begin("forget-parcel", app.now()).await?;
        let before = left_of(&mut tx, order).await?;
        tx.forget_parcel(order.id, name).await?;
        still_here(&mut tx, order, before).await?;
        tx.commit().await?;
    }
    said
}

async fn keep(app: &App, order: &Order, name: &Reference, parcel: &Parcel) -> Result<(), Unsaid> {
    let deal = order.deal.as_ref().ok_or(Unsaid::Problem(Problem::PurchaseUnknown))?;
    let mut tx = app.store().begin("keep-parcel", app.now()).await?;
    let went = tx.parcels(order.id).await?;
    match went.iter().find(|(known, _)| known == name.as_str()) {
        Some((_, before)) if before == parcel => return Ok(()),
        Some(_) => return Err(Unsaid::Problem(Problem::PurchaseConflict)),
        None => is_open(&mut tx, order).await?,
    }
    let gone = went.iter().fold(0_u32, |sum, (_, parcel)| sum.saturating_add(parcel.quantity));
    if parcel.quantity == 0 || gone.saturating_add(parcel.quantity) > deal.quantity {
        return Err(Unsaid::TooMany);
    }
    tx.keep_parcel(order.id, name, parcel).await?;
    Ok(tx.commit().await?)
}
