//! Orders: deciding a purchase once, and reading what was decided.

use shared_protocol::{PurchaseId, PurchaseState, Timestamp};
use sqlx::SqliteExecutor;

use super::row::{self, OrderRow};
use super::{Fault, Store, Tx};
use crate::domain::{GrantForm, NewDeal, Order, OrderEvent, OrderId};

impl Store {
    /// What was decided about a purchase, if anything.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn order(&self, purchase: PurchaseId) -> Result<Option<Order>, Fault> {
        by_purchase(&self.0.reading, purchase).await
    }

    /// The order that people call `name`: its reference, handling number or purchase id.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn order_called(&self, name: &str) -> Result<Option<Order>, Fault> {
        let sql = "SELECT * FROM orders
            WHERE order_reference = $1 OR handling_number = $2 OR purchase_id = $3";
        let number: Option<shared_protocol::HandlingNumber> = name.parse().ok();
        let row: Option<OrderRow> = sqlx::query_as(sql)
            .bind(name)
            .bind(number.map(|number| number.compact()))
            .bind(name)
            .fetch_optional(&self.0.reading)
            .await?;
        row.map(OrderRow::order).transpose()
    }

    /// The latest orders, newest first; tombstones are not orders.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn orders(&self, at_most: u32) -> Result<Vec<Order>, Fault> {
        let sql = "SELECT * FROM orders WHERE handling_number IS NOT NULL
            ORDER BY id DESC LIMIT $1";
        let rows: Vec<OrderRow> =
            sqlx::query_as(sql).bind(i64::from(at_most)).fetch_all(&self.0.reading).await?;
        rows.into_iter().map(OrderRow::order).collect()
    }

    /// What happened to an order, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn order_events(&self, order: OrderId) -> Result<Vec<OrderEvent>, Fault> {
        let sql = "SELECT event, state, happened_at FROM order_events
            WHERE order_id = $1 ORDER BY id";
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as(sql).bind(order.0).fetch_all(&self.0.reading).await?;
        rows.into_iter()
            .map(|(event, state, at)| {
                let state = row::state(&state)?;
                Ok(OrderEvent { event, state, happened: Timestamp::from_millis(at) })
            })
            .collect()
    }
}

impl Tx<'_> {
    /// What was decided about a purchase, as this transaction sees it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn order(&mut self, purchase: PurchaseId) -> Result<Option<Order>, Fault> {
        by_purchase(&mut *self.transaction, purchase).await
    }

    /// Takes up a Grant: one statement that succeeds once per purchase and once per handling
    /// number, whoever else tries at the same time (TRUST.md D10). `None`: it is too late.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn claim(&mut self, deal: &NewDeal) -> Result<Option<OrderId>, Fault> {
        let sql = "INSERT INTO orders (id, purchase_id, handling_number, submission, state, offer,
                item, quantity, amount, currency, plan_class, locale, grant_form, grant_proof,
                grant_digest, tally, created_at, updated_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $17, $18)
            ON CONFLICT DO NOTHING";
        let id = self.next_id();
        let grant_form = match deal.grant_form {
            GrantForm::Signed => "signed",
            GrantForm::Jws => "jws",
        };
        let done = sqlx::query(sql)
            .bind(id)
            .bind(deal.purchase.to_string())
            .bind(deal.handling_number.compact())
            .bind(deal.submission.as_bytes().as_slice())
            .bind(PurchaseState::Granted.name())
            .bind(deal.offer.as_bytes().as_slice())
            .bind(deal.item.as_str())
            .bind(i64::from(deal.quantity))
            .bind(row::minor(deal.amount))
            .bind(deal.amount.currency.code())
            .bind(deal.plan_class.name())
            .bind(deal.locale.tag())
            .bind(grant_form)
            .bind(deal.grant_proof.as_slice())
            .bind(deal.grant_digest.as_bytes().as_slice())
            .bind(deal.tally.as_slice())
            .bind(self.now.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok((done.rows_affected() == 1).then_some(OrderId(id)))
    }

    /// Closes a purchase that never came here, so that it cannot come any more: a tombstone.
    /// `None`: it has come meanwhile.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn close_unseen(
        &mut self,
        purchase: PurchaseId,
        state: PurchaseState,
        confirmation: Option<&[u8]>,
    ) -> Result<Option<OrderId>, Fault> {
        let sql = "INSERT INTO orders (id, purchase_id, state, confirmation, created_at,
                updated_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT DO NOTHING";
        let id = self.next_id();
        let done = sqlx::query(sql)
            .bind(id)
            .bind(purchase.to_string())
            .bind(state.name())
            .bind(confirmation)
            .bind(self.now.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok((done.rows_affected() == 1).then_some(OrderId(id)))
    }
}

async fn by_purchase(
    from: impl SqliteExecutor<'_>,
    purchase: PurchaseId,
) -> Result<Option<Order>, Fault> {
    let sql = "SELECT * FROM orders WHERE purchase_id = $1";
    let row: Option<OrderRow> =
        sqlx::query_as(sql).bind(purchase.to_string()).fetch_optional(from).await?;
    row.map(OrderRow::order).transpose()
}
