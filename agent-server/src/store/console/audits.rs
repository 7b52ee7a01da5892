//! What audits said, and when.

use shared_protocol::{Digest, Timestamp};

use crate::store::{
    Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};

/// An audit that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRun {
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Purchases that were looked at.
    pub purchases: u64,
    /// Entries of the journal.
    pub entries: u64,
    /// How much is wrong.
    pub findings: u64,
    /// The first of it, one a line.
    pub named: String,
    /// Digest of the newest entry.
    pub head: Digest,
}

impl Store {
    /// Notes what an audit said.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn note_audit(&self, run: AuditRun) -> Result<(), Fault> {
        self.0.writer.write(run).await
    }

    /// The newest audits, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn audits(&self, most: u32) -> Result<Vec<AuditRun>, Fault> {
        let rows = sqlx::query("SELECT * FROM audits ORDER BY id DESC LIMIT $1")
            .bind(i64::from(most))
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }
}

impl Work for AuditRun {
    type Answer = ();
    const NAME: &'static str = "note-audit";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let count = |many: u64| i64::try_from(many).unwrap_or(i64::MAX);
        sqlx::query(
            "INSERT INTO audits (id, began_at, ended_at, purchases, entries, findings, named, head)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(tx.id(self.ended_at))
        .bind(self.began_at.as_millis())
        .bind(self.ended_at.as_millis())
        .bind(count(self.purchases))
        .bind(count(self.entries))
        .bind(count(self.findings))
        .bind(&self.named)
        .bind(self.head.as_bytes().as_slice())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

fn read(row: &Row) -> Result<AuditRun, Fault> {
    Ok(AuditRun {
        began_at: row.moment("began_at")?,
        ended_at: row.moment("ended_at")?,
        purchases: row.count("purchases")?,
        entries: row.count("entries")?,
        findings: row.count("findings")?,
        named: row.cell("named")?,
        head: row.exact("head")?,
    })
}
