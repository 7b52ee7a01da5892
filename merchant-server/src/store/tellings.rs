//! What the shop's own program has still to be told.

use shared_protocol::{PurchaseEvent, PurchaseId, PurchaseState, Timestamp};

use super::{Fault, Store, Tx, row};

/// Something that happened to an order, not told yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Its key; it grows with time.
    pub id: i64,
    /// To which order.
    pub purchase: PurchaseId,
    /// What.
    pub event: PurchaseEvent,
    /// How the order stood afterwards.
    pub state: PurchaseState,
    /// When.
    pub happened: Timestamp,
    /// How often it was told in vain.
    pub attempts: u32,
}

impl Store {
    /// What is due to be told, of each order only what happened first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn due_tellings(&self, now: Timestamp) -> Result<Vec<Telling>, Fault> {
        let sql = "SELECT e.id, o.purchase_id, e.event, e.state, e.happened_at, e.tell_attempts
            FROM order_events e JOIN orders o ON o.id = e.order_id
            WHERE e.tell_at <= $1 AND NOT EXISTS (
                SELECT 1 FROM order_events b
                WHERE b.order_id = e.order_id AND b.id < e.id AND b.tell_at IS NOT NULL)
            ORDER BY e.id LIMIT $2";
        let rows: Vec<(i64, String, String, String, i64, i64)> = sqlx::query_as(sql)
            .bind(now.as_millis())
            .bind(AT_ONCE)
            .fetch_all(&self.0.reading)
            .await?;
        rows.into_iter()
            .map(|(id, purchase, event, state, happened, attempts)| {
                let known = PurchaseEvent::ALL.into_iter().find(|known| known.name() == event);
                Ok(Telling {
                    id,
                    purchase: purchase.parse().map_err(|_| Fault::Damaged("purchase_id"))?,
                    event: known.ok_or(Fault::Damaged("event"))?,
                    state: row::state(&state)?,
                    happened: Timestamp::from_millis(happened),
                    attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
                })
            })
            .collect()
    }
}

impl Tx<'_> {
    /// It was told; or, told in vain, it is told again at `again`.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn told(&mut self, id: i64, again: Option<Timestamp>) -> Result<(), Fault> {
        let sql = "UPDATE order_events SET tell_at = $1, tell_attempts = tell_attempts + 1
            WHERE id = $2";
        let query = sqlx::query(sql).bind(again.map(Timestamp::as_millis)).bind(id);
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }
}

const AT_ONCE: i64 = 50;
