//! Letters that were or are to be sent, without addresses and without what is in them.

use shared_protocol::Timestamp;

use crate::store::{
    Fault, OutboxEntry, Store, owed,
    row::{Cells as _, Row},
};

/// A letter as the operator sees it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The errand.
    pub entry: OutboxEntry,
    /// When it was written.
    pub at: Timestamp,
}

impl Store {
    /// Letters in this state, or in all, newest first, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn letters(&self, state: Option<&str>, most: u32) -> Result<Vec<Letter>, Fault> {
        let rows = sqlx::query(
            "SELECT o.*, p.purchase_id FROM outbox o LEFT JOIN purchases p ON p.id = o.purchase
             WHERE o.kind = 'mail' AND (CAST($1 AS TEXT) IS NULL OR o.state = $1)
             ORDER BY o.id DESC LIMIT $2",
        )
        .bind(state)
        .bind(i64::from(most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(letter).collect()
    }
}

fn letter(row: &Row) -> Result<Letter, Fault> {
    Ok(Letter { entry: owed::entry(row)?, at: row.moment("created_at")? })
}
