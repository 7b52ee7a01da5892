//! Which notifications were heard, so that one that comes twice acts once.

use shared_protocol::Span;

use super::{Fault, Tx};

impl Tx<'_> {
    /// Marks a notification as heard; false if it was heard before. Old marks are dropped.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn hear_once(&mut self, webhook_id: &str) -> Result<bool, Fault> {
        let forget = "DELETE FROM notifications WHERE heard_at < $1";
        sqlx::query(forget)
            .bind(self.now.minus(REMEMBERED).as_millis())
            .execute(&mut *self.transaction)
            .await?;
        let sql = "INSERT INTO notifications (id, webhook_id, heard_at) VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING";
        let done = sqlx::query(sql)
            .bind(self.next_id())
            .bind(webhook_id)
            .bind(self.now.as_millis())
            .execute(&mut *self.transaction)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

const REMEMBERED: Span = Span::hours(7 * 24);
