//! What is owed to others, as the operator sees it.

use shared_protocol::Timestamp;

use super::{
    Fault, Parcel, Store, outbox,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};

/// An errand as the operator sees it.
#[derive(Clone, Debug)]
pub struct OutboxEntry {
    /// The errand.
    pub parcel: Parcel,
    /// `waiting`, `done` or `dead`.
    pub state: String,
    /// When it is tried next, if it waits.
    pub next_at: Timestamp,
    /// Why the last attempt failed.
    pub last_fault: Option<String>,
}

impl Store {
    /// Has an errand tried again at once, a webhook also when it was delivered; says whether there
    /// is one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn resend(&self, id: i64, now: Timestamp) -> Result<bool, Fault> {
        self.0.writer.write(Resend { id, now }).await
    }

    /// Errands in this state, oldest first, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn outbox(&self, state: &str, most: u32) -> Result<Vec<OutboxEntry>, Fault> {
        let rows = sqlx::query(
            "SELECT o.*, p.purchase_id FROM outbox o LEFT JOIN purchases p ON p.id = o.purchase
             WHERE o.state = $1 ORDER BY o.id LIMIT $2",
        )
        .bind(state)
        .bind(i64::from(most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(entry).collect()
    }
}

struct Resend {
    id: i64,
    now: Timestamp,
}

impl Work for Resend {
    type Answer = bool;
    const NAME: &'static str = "resend-errand";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE outbox SET state = 'waiting', attempts = 0, next_at = $2, created_at = $2,
                 updated_at = $2
             WHERE id = $1 AND (state IN ('waiting', 'dead') OR kind = 'webhook')",
        )
        .bind(self.id)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

pub(super) fn entry(row: &Row) -> Result<OutboxEntry, Fault> {
    Ok(OutboxEntry {
        parcel: outbox::parcel(row)?,
        state: row.cell("state")?,
        next_at: row.moment("next_at")?,
        last_fault: row.cell("last_fault")?,
    })
}
