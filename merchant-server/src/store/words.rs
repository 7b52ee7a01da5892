//! What the shop said of confirmed orders, kept before it is sent.

use shared_protocol::{Reference, Timestamp};

use super::{Fault, Tx};
use crate::domain::OrderId;

/// Which word.
#[derive(Clone, Copy, Debug)]
pub struct WordKey<'a> {
    /// Of which order.
    pub order: OrderId,
    /// What was said.
    pub kind: &'static str,
    /// Under which name.
    pub name: &'a Reference,
}

impl Tx<'_> {
    /// What was said under this name before, and when.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn word(&mut self, key: WordKey<'_>) -> Result<Option<(Vec<u8>, Timestamp)>, Fault> {
        let sql = "SELECT said, said_at FROM settlement_words
            WHERE order_id = $1 AND kind = $2 AND name = $3";
        let row: Option<(Vec<u8>, i64)> = sqlx::query_as(sql)
            .bind(key.order.0)
            .bind(key.kind)
            .bind(key.name.as_str())
            .fetch_optional(&mut *self.transaction)
            .await?;
        Ok(row.map(|(said, at)| (said, Timestamp::from_millis(at))))
    }

    /// Keeps a word that is about to be sent.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_word(&mut self, key: WordKey<'_>, said: &[u8]) -> Result<(), Fault> {
        let sql = "INSERT INTO settlement_words (order_id, kind, name, said, said_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(key.order.0)
            .bind(key.kind)
            .bind(key.name.as_str())
            .bind(said)
            .bind(self.now.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Keeps the agent's receipt for a word.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_receipt(&mut self, key: WordKey<'_>, receipt: &[u8]) -> Result<(), Fault> {
        let sql = "UPDATE settlement_words SET receipt = $4, updated_by = $5
            WHERE order_id = $1 AND kind = $2 AND name = $3";
        sqlx::query(sql)
            .bind(key.order.0)
            .bind(key.kind)
            .bind(key.name.as_str())
            .bind(receipt)
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Forgets a word that the agent did not book: its name is free again.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn forget_word(&mut self, key: WordKey<'_>) -> Result<(), Fault> {
        let sql = "DELETE FROM settlement_words
            WHERE order_id = $1 AND kind = $2 AND name = $3 AND receipt IS NULL";
        sqlx::query(sql)
            .bind(key.order.0)
            .bind(key.kind)
            .bind(key.name.as_str())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}
