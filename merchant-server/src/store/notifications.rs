//! Which notifications were heard, so that one that comes twice, or after a later one, acts once.

use shared_protocol::{PurchaseId, Span};

use super::{Fault, Store, Tx};

impl Store {
    /// Whether this notification, or a later one of the purchase, was heard before.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn has_heard(
        &self,
        webhook_id: &str,
        purchase: PurchaseId,
        sequence: u32,
    ) -> Result<bool, Fault> {
        let sql = "SELECT COUNT(*) FROM notifications
            WHERE webhook_id = $1 OR (purchase_id = $2 AND sequence >= $3)";
        let (count,): (i64,) = sqlx::query_as(sql)
            .bind(webhook_id)
            .bind(purchase.to_string())
            .bind(i64::from(sequence))
            .fetch_one(&self.0.reading)
            .await?;
        Ok(count > 0)
    }
}

impl Tx<'_> {
    /// Marks a notification as heard; false if it was heard before. Old marks are dropped.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn hear_once(
        &mut self,
        webhook_id: &str,
        purchase: PurchaseId,
        sequence: u32,
    ) -> Result<bool, Fault> {
        let forget = "DELETE FROM notifications WHERE heard_at < $1";
        sqlx::query(forget)
            .bind(self.now.minus(REMEMBERED).as_millis())
            .execute(&mut *self.transaction)
            .await?;
        let sql = "INSERT INTO notifications (id, webhook_id, heard_at, purchase_id, sequence)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let done = sqlx::query(sql)
            .bind(self.next_id())
            .bind(webhook_id)
            .bind(self.now.as_millis())
            .bind(purchase.to_string())
            .bind(i64::from(sequence))
            .execute(&mut *self.transaction)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

const REMEMBERED: Span = Span::hours(7 * 24);
