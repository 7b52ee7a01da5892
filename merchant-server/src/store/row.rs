//! Rows and the values they stand for. A column that says nonsense is a fault, never a guess.

use shared_protocol::{Amount, Currency, Digest, Locale, PlanClass, PurchaseState, Timestamp};

use super::Fault;
use crate::domain::{Deal, GrantForm, Order, OrderId};

/// A row of `orders`.
#[derive(sqlx::FromRow)]
pub(super) struct OrderRow {
    id: i64,
    purchase_id: String,
    handling_number: Option<String>,
    submission: Option<Vec<u8>>,
    state: String,
    order_reference: Option<String>,
    offer: Option<Vec<u8>>,
    item: Option<String>,
    quantity: Option<i64>,
    amount: Option<i64>,
    currency: Option<String>,
    plan_class: Option<String>,
    locale: Option<String>,
    grant_form: Option<String>,
    grant_proof: Option<Vec<u8>>,
    grant_digest: Option<Vec<u8>>,
    acceptance: Option<Vec<u8>>,
    refusal: Option<Vec<u8>>,
    confirmation: Option<Vec<u8>>,
    created_at: i64,
    updated_at: i64,
}

impl OrderRow {
    pub(super) fn order(self) -> Result<Order, Fault> {
        let purchase = self.purchase_id.parse().map_err(|_| Fault::Damaged("purchase_id"))?;
        let state = state(&self.state)?;
        let (id, confirmation) = (OrderId(self.id), self.confirmation.clone());
        let created = Timestamp::from_millis(self.created_at);
        let updated = Timestamp::from_millis(self.updated_at);
        let deal = self.handling_number.is_some().then(|| self.deal()).transpose()?;
        Ok(Order { id, purchase, state, deal, confirmation, created, updated })
    }

    fn deal(self) -> Result<Deal, Fault> {
        let number = self.handling_number.and_then(|number| number.parse().ok());
        let item = self.item.and_then(|item| item.parse().ok());
        let quantity = self.quantity.and_then(|quantity| u32::try_from(quantity).ok());
        let plan_class = self.plan_class.as_deref().and_then(plan_class);
        let locale = self.locale.and_then(|locale| locale.parse::<Locale>().ok());
        Ok(Deal {
            handling_number: number.ok_or(Fault::Damaged("handling_number"))?,
            submission: digest(self.submission, "submission")?,
            reference: self.order_reference,
            offer: digest(self.offer, "offer")?,
            item: item.ok_or(Fault::Damaged("item"))?,
            quantity: quantity.ok_or(Fault::Damaged("quantity"))?,
            amount: amount(self.amount, self.currency)?,
            plan_class: plan_class.ok_or(Fault::Damaged("plan_class"))?,
            locale: locale.ok_or(Fault::Damaged("locale"))?,
            grant_form: match self.grant_form.as_deref() {
                Some("signed") => GrantForm::Signed,
                Some("jws") => GrantForm::Jws,
                _ => return Err(Fault::Damaged("grant_form")),
            },
            grant_proof: self.grant_proof.ok_or(Fault::Damaged("grant_proof"))?,
            grant_digest: digest(self.grant_digest, "grant_digest")?,
            acceptance: self.acceptance,
            refusal: self.refusal,
        })
    }
}

/// A state by its name.
pub(super) fn state(name: &str) -> Result<PurchaseState, Fault> {
    PurchaseState::from_name(name).ok_or(Fault::Damaged("state"))
}

fn plan_class(name: &str) -> Option<PlanClass> {
    PlanClass::from_name(name)
}

fn digest(bytes: Option<Vec<u8>>, column: &'static str) -> Result<Digest, Fault> {
    let digest = bytes.and_then(|bytes| Digest::try_from(bytes.as_slice()).ok());
    digest.ok_or(Fault::Damaged(column))
}

/// The amount of two columns.
pub(super) fn amount(minor: Option<i64>, currency: Option<String>) -> Result<Amount, Fault> {
    let currency = currency.and_then(|code| code.parse::<Currency>().ok());
    let currency = currency.ok_or(Fault::Damaged("currency"))?;
    let minor = minor.and_then(|minor| u64::try_from(minor).ok());
    minor.and_then(|minor| Amount::new(minor, currency)).ok_or(Fault::Damaged("amount"))
}

/// An amount as its two columns.
pub(super) fn minor(amount: Amount) -> i64 {
    i64::try_from(amount.minor).expect("MINOR_MAX fits into 53 bits")
}
