//! What becomes of an order after it was claimed: taken, refused, confirmed, called off. Every
//! change names the state it starts from, so that of two at once only one comes through.

use shared_protocol::{PurchaseEvent, PurchaseState, Timestamp};

use super::{Fault, Store, Tx};
use crate::domain::{Order, OrderId};

impl Tx<'_> {
    /// The order is taken: its reference and its signed Acceptance. `ask_at` is when to ask the
    /// agent if nothing is heard.
    ///
    /// # Errors
    /// [`Fault::Raced`] if it was not merely claimed any more.
    pub async fn record_acceptance(
        &mut self,
        order: OrderId,
        reference: &str,
        acceptance: &[u8],
        ask_at: Timestamp,
    ) -> Result<(), Fault> {
        let sql = "UPDATE orders SET order_reference = $1, acceptance = $2, ask_at = $3,
                state = $4, updated_at = $5, updated_by = $6
            WHERE id = $7 AND state = $8";
        let done = sqlx::query(sql)
            .bind(reference)
            .bind(acceptance)
            .bind(ask_at.as_millis())
            .bind(PurchaseState::Accepted.name())
            .bind(self.now.as_millis())
            .bind(self.name)
            .bind(order.0)
            .bind(PurchaseState::Granted.name())
            .execute(&mut *self.transaction)
            .await?;
        one(done.rows_affected())?;
        self.event(order, PurchaseEvent::OrderAccepted, PurchaseState::Accepted).await
    }

    /// The order is not taken, for good.
    ///
    /// # Errors
    /// [`Fault::Raced`] if it was not merely claimed any more.
    pub async fn record_refusal(&mut self, order: OrderId, refusal: &[u8]) -> Result<(), Fault> {
        let sql = "UPDATE orders SET refusal = $1, state = $2, updated_at = $3, updated_by = $4
            WHERE id = $5 AND state = $6";
        let done = sqlx::query(sql)
            .bind(refusal)
            .bind(PurchaseState::Refused.name())
            .bind(self.now.as_millis())
            .bind(self.name)
            .bind(order.0)
            .bind(PurchaseState::Granted.name())
            .execute(&mut *self.transaction)
            .await?;
        one(done.rows_affected())?;
        self.event(order, PurchaseEvent::OrderRefused, PurchaseState::Refused).await
    }

    /// The shopper's consent is decided, one way or the other; `confirmation` is the agent's
    /// signed word, if there was one to wait for.
    ///
    /// # Errors
    /// [`Fault::Raced`] if it was not in state `from` any more.
    pub async fn record_outcome(
        &mut self,
        order: OrderId,
        from: PurchaseState,
        event: PurchaseEvent,
        to: PurchaseState,
        confirmation: Option<&[u8]>,
    ) -> Result<(), Fault> {
        let sql = "UPDATE orders SET state = $1, confirmation = $2, ask_at = NULL,
                updated_at = $3, updated_by = $4
            WHERE id = $5 AND state = $6";
        let done = sqlx::query(sql)
            .bind(to.name())
            .bind(confirmation)
            .bind(self.now.as_millis())
            .bind(self.name)
            .bind(order.0)
            .bind(from.name())
            .execute(&mut *self.transaction)
            .await?;
        one(done.rows_affected())?;
        self.event(order, event, to).await
    }

    /// Writes down what happened.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn event(
        &mut self,
        order: OrderId,
        event: PurchaseEvent,
        state: PurchaseState,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO order_events (id, order_id, event, state, happened_at, tell_at)
            VALUES ($1, $2, $3, $4, $5, $5)";
        sqlx::query(sql)
            .bind(self.next_id())
            .bind(order.0)
            .bind(event.name())
            .bind(state.name())
            .bind(self.now.as_millis())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Asks the agent about this order again, not before `at`.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn ask_again(&mut self, order: OrderId, at: Timestamp) -> Result<(), Fault> {
        // An order that was decided meanwhile has nothing left to ask.
        let sql = "UPDATE orders SET ask_at = $1 WHERE id = $2 AND ask_at IS NOT NULL";
        let query = sqlx::query(sql).bind(at.as_millis()).bind(order.0);
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }
}

impl Store {
    /// Orders of which nothing was heard for too long, longest silence first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn orders_to_ask(&self, now: Timestamp) -> Result<Vec<Order>, Fault> {
        let sql = "SELECT * FROM orders WHERE ask_at <= $1 ORDER BY ask_at LIMIT $2";
        let rows: Vec<super::row::OrderRow> = sqlx::query_as(sql)
            .bind(now.as_millis())
            .bind(ASKED_AT_ONCE)
            .fetch_all(&self.0.reading)
            .await?;
        rows.into_iter().map(super::row::OrderRow::order).collect()
    }
}

fn one(rows: u64) -> Result<(), Fault> {
    if rows == 1 { Ok(()) } else { Err(Fault::Raced) }
}

const ASKED_AT_ONCE: i64 = 50;
