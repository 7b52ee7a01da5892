//! What a shop's own program is told of orders, and by which functions of its own.

use std::pin::Pin;

use shared_protocol::{
    Amount, Contact, Delivery, HandlingNumber, ItemId, Locale, Merchant, PlanClass, PurchaseEvent,
    PurchaseId, PurchaseState, Reference, Timestamp, VisibleTo,
};

/// An order that was taken. All that is in it may be told to a merchant, and nothing else fits:
/// ```compile_fail,E0560
/// # fn with(order: merchant_server::NewOrder, contract: shared_protocol::ContractNumber) {
/// let _ = merchant_server::NewOrder { contract_number: contract, ..order };
/// # }
/// ```
#[derive(Clone)]
pub struct NewOrder {
    /// The purchase. The same order is told under the same id, should it be told twice.
    pub purchase: PurchaseId,
    /// The number that the shopper was shown.
    pub handling_number: HandlingNumber,
    /// The shop's own name for it, as the shopper was shown.
    pub reference: Reference,
    /// What.
    pub item: ItemId,
    /// How many.
    pub quantity: u32,
    /// What will be paid.
    pub amount: Amount,
    /// The kind of plan.
    pub plan_class: PlanClass,
    /// The language of the shop's letters.
    pub locale: Locale,
    /// Who ordered.
    pub contact: Contact,
    /// Where it goes.
    pub delivery: Delivery,
}

impl NewOrder {
    /// Does not compile once a field is added that a merchant may not see.
    fn is_all_for_a_merchant(&self) {
        fn seen<T: VisibleTo<Merchant>>(_: &T) {}
        let Self {
            purchase,
            handling_number,
            reference,
            item,
            quantity,
            amount,
            plan_class,
            locale,
            contact,
            delivery,
        } = self;
        seen(purchase);
        seen(handling_number);
        seen(reference);
        seen(item);
        seen(quantity);
        seen(amount);
        seen(plan_class);
        seen(locale);
        seen(contact);
        seen(delivery);
    }
}

/// Something happened to an order that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderUpdate {
    /// Names this update: told twice, it is the same.
    pub id: i64,
    /// Of which purchase.
    pub purchase: PurchaseId,
    /// The shop's own name for the order.
    pub reference: Reference,
    /// What happened.
    pub event: PurchaseEvent,
    /// How it stood afterwards. Goods may be shipped from `Confirmed` on.
    pub state: PurchaseState,
    /// When.
    pub happened: Timestamp,
}

/// Why the shop's program could not take note; it is told again later.
pub type HookError = Box<dyn std::error::Error + Send + Sync>;

type Noted = Pin<Box<dyn Future<Output = Result<(), HookError>> + Send>>;
type Hook<T> = Box<dyn Fn(T) -> Noted + Send + Sync>;

/// Who is told.
#[derive(Default)]
pub(crate) struct Hooks {
    on_order: Option<Hook<NewOrder>>,
    on_update: Option<Hook<OrderUpdate>>,
}

impl Hooks {
    pub(crate) fn on_order(&mut self, hook: Hook<NewOrder>) {
        self.on_order = Some(hook);
    }

    pub(crate) fn on_update(&mut self, hook: Hook<OrderUpdate>) {
        self.on_update = Some(hook);
    }

    /// Whether anybody is told anything.
    pub(crate) fn are_there(&self) -> bool {
        self.on_order.is_some() || self.on_update.is_some()
    }

    pub(crate) async fn tell_order(&self, order: NewOrder) -> Result<(), HookError> {
        order.is_all_for_a_merchant();
        match &self.on_order {
            Some(hook) => hook(order).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn tell_update(&self, update: OrderUpdate) -> Result<(), HookError> {
        match &self.on_update {
            Some(hook) => hook(update).await,
            None => Ok(()),
        }
    }
}
