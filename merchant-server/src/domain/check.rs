//! Could this order be filled? (steps 54–56) Writes nothing: the answer may be another tomorrow.

use shared_protocol::{Delivery, Field, FieldProblem, OrderCheck, Problem, PurchaseId, Timestamp};

use super::fields::{WrongField, wrong_fields};
use super::open::{OpenedOrder, open};
use super::{Failure, Shop};
use crate::catalogue::Catalogue;
use crate::store::Store;

/// Checks an order half before anything is granted.
///
/// # Errors
/// [`Failure::Fields`] with everything to correct; else the problem that stands in the way.
pub async fn check(
    shop: &Shop,
    store: &Store,
    catalogue: &Catalogue,
    purchase: PurchaseId,
    check: &OrderCheck,
    now: Timestamp,
) -> Result<(), Failure> {
    let order = open(shop, store, purchase, &check.context, &check.order).await?;
    let decided = store.order(purchase).await?;
    if decided.is_some_and(|order| order.deal.is_none()) {
        return Err(Problem::PurchaseClosed.into());
    }
    order.offer().check_open(now)?;
    check_fields(&order)?;
    let item = catalogue.item(&order.offer().item).ok_or(Problem::UnknownItem)?;
    let taken = store.stock_taken(&order.offer().item).await?;
    let left = item.in_all().saturating_sub(taken);
    if order.half().quantity > left { Err(Problem::OutOfStock.into()) } else { Ok(()) }
}

/// What the shopper can put right, all at once.
fn check_fields(order: &OpenedOrder) -> Result<(), Failure> {
    let (half, offer) = (order.half(), order.offer());
    let mut fields = wrong_fields(half);
    let total = offer.total(half.quantity, half.delivery.destination());
    let not_deliverable = matches!(total, Err(Problem::NotDeliverable));
    let region_is_sound = fields.iter().all(|wrong| wrong.field != Field::DeliveryRegion);
    if not_deliverable && region_is_sound && matches!(half.delivery, Delivery::Physical(_)) {
        let problem = FieldProblem::NotDeliverable;
        fields.push(WrongField { field: Field::DeliveryRegion, problem });
        fields.sort_by_key(|wrong| wrong.field);
    }
    let only_place = fields.iter().all(|wrong| wrong.problem == FieldProblem::NotDeliverable);
    match total {
        Err(Problem::NotDeliverable) if only_place => {
            Err(Failure::Fields(Problem::NotDeliverable, fields))
        }
        Err(problem) if fields.is_empty() => Err(problem.into()),
        _ if !fields.is_empty() => Err(Failure::Fields(Problem::FieldInvalid, fields)),
        _ => Ok(()),
    }
}
