//! Purchases and what happened to them.

use shared_protocol::{Locale, Problem, PurchaseEvent, PurchaseId, PurchaseState, Timestamp};

use super::{
    Fault, Store,
    merchants::localized,
    row::{Cells as _, Row},
    writer::Tx,
};
use crate::domain::{Purchase, Unasked};

impl Store {
    /// The purchase of this id.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn purchase(&self, id: &PurchaseId) -> Result<Option<Purchase>, Fault> {
        let row =
            sqlx::query(BY_ID).bind(id.as_bytes().as_slice()).fetch_optional(&self.0.reads).await?;
        row.as_ref().map(read).transpose()
    }

    /// Purchases whose time has run out, the longest overdue first, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn overdue(&self, now: Timestamp, most: u32) -> Result<Vec<Purchase>, Fault> {
        let rows = sqlx::query(
            "SELECT *, COALESCE(total, amount) AS held FROM purchases
             WHERE deadline IS NOT NULL AND deadline <= $1
             ORDER BY deadline LIMIT $2",
        )
        .bind(now.as_millis())
        .bind(i64::from(most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }
}

/// The purchase of this id, inside a transaction.
pub(super) async fn find(tx: &mut Tx<'_>, id: &PurchaseId) -> Result<Option<Purchase>, Fault> {
    let row = sqlx::query(BY_ID)
        .bind(id.as_bytes().as_slice())
        .fetch_optional(&mut *tx.connection)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Appends what happened; `number` is the first free one.
pub(super) async fn add_event(
    tx: &mut Tx<'_>,
    purchase: i64,
    number: u32,
    event: PurchaseEvent,
    state: PurchaseState,
    (now, by): (Timestamp, &'static str),
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO purchase_events (purchase, number, event, state, at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(purchase)
    .bind(i64::from(number))
    .bind(event.name())
    .bind(state.name())
    .bind(now.as_millis())
    .bind(by)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

const BY_ID: &str =
    "SELECT *, COALESCE(total, amount) AS held FROM purchases WHERE purchase_id = $1";

pub(super) fn read(row: &Row) -> Result<Purchase, Fault> {
    let problem: Option<i64> = row.cell("problem")?;
    let known = |number: i64| {
        u16::try_from(number).ok().and_then(Problem::from_number).ok_or(Fault::Damaged("problem"))
    };
    Ok(Purchase {
        row: row.cell("id")?,
        id: row.exact("purchase_id")?,
        state: row.named("state", PurchaseState::from_name)?,
        problem: problem.map(known).transpose()?,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        contract: row.cell("contract")?,
        request_digest: row.exact("request_digest")?,
        amount: row.amount("amount", "currency")?,
        total: row.amount("held", "currency")?,
        quantity: row.count("quantity")?,
        item: localized(row, "item_ja", "item_en")?,
        locale: row.named("locale", |tag| tag.parse::<Locale>().ok())?,
        unasked: match row.cell::<Option<&str>>("unasked")? {
            Some(name) => Some(Unasked::from_name(name).ok_or(Fault::Damaged("unasked"))?),
            None => None,
        },
        events: row.count("events")?,
        grant: row.message("grant_signed")?,
        acceptance: row.message("acceptance")?,
        refusal: row.message("refusal")?,
        confirmation: row.message("confirmation")?,
        remittance: row.message("remittance")?,
    })
}
