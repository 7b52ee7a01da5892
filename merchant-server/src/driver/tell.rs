//! Tells the shop's own program what happened to its orders: in order, at least once, with growing
//! pauses while it cannot take note. One order that it stumbles over does not hold up the others.

use shared_protocol::{PurchaseEvent, Reference, Span};

use crate::app::App;
use crate::domain::{Deal, Order};
use crate::hooks::{HookError, NewOrder, OrderUpdate};
use crate::store::{Fault, Telling};

/// Tells everything that is due once. Whether there was anything.
///
/// # Errors
/// [`Fault`]; what was told by then stays told.
pub async fn tell(app: &App) -> Result<bool, Fault> {
    if !app.hooks().are_there() {
        return Ok(false);
    }
    let due = app.store().due_tellings(app.now()).await?;
    let is_any = !due.is_empty();
    for telling in due {
        let noted = tell_one(app, &telling).await?;
        let now = app.now();
        let again = noted.is_err().then(|| now.plus(pause(telling.attempts)));
        if let Err(error) = noted {
            let (purchase, event) = (telling.purchase, telling.event.name());
            tracing::warn!(%purchase, event, %error, "the shop could not take note");
        }
        let mut tx = app.store().begin("tell", now).await?;
        tx.told(telling.id, again).await?;
        tx.commit().await?;
    }
    Ok(is_any)
}

async fn tell_one(app: &App, telling: &Telling) -> Result<Result<(), HookError>, Fault> {
    let order = app.store().order(telling.purchase).await?.ok_or(Fault::Damaged("orders"))?;
    // What was never taken is none of the shop's orders.
    let Some((deal, reference)) = taken(&order) else { return Ok(Ok(())) };
    if telling.event != PurchaseEvent::OrderAccepted {
        let Telling { id, purchase, event, state, happened, .. } = *telling;
        let update = OrderUpdate { id, purchase, reference, event, state, happened };
        return Ok(app.hooks().tell_update(update).await);
    }
    let recipient = app.store().recipient(order.id).await?.ok_or(Fault::Damaged("deliveries"))?;
    let new = NewOrder {
        purchase: order.purchase,
        handling_number: deal.handling_number,
        reference,
        item: deal.item.clone(),
        quantity: deal.quantity,
        amount: deal.amount,
        plan_class: deal.plan_class,
        locale: deal.locale,
        contact: recipient.contact,
        delivery: recipient.delivery,
    };
    Ok(app.hooks().tell_order(new).await)
}

fn taken(order: &Order) -> Option<(&Deal, Reference)> {
    let deal = order.deal.as_ref()?;
    Some((deal, deal.reference.as_ref()?.parse().ok()?))
}

/// 1 s, 2 s, 4 s … up to a minute.
fn pause(attempts: u32) -> Span {
    Span::secs((1 << attempts.min(6)).min(60))
}
