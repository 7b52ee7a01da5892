//! What an audit reads of payouts that came back.

use shared_protocol::{Amount, MerchantId, Timestamp};

use super::{
    Fault, Snapshot,
    journal::{self, StoredEntry},
    row::{Cells as _, Row},
};

/// A row of `payout_returns` with its payout, and what the bank's line says.
#[derive(Debug)]
#[allow(missing_docs, reason = "migrations and statements say what each column holds")]
pub struct StoredReturn {
    pub payout: i64,
    pub merchant: MerchantId,
    pub amount: Amount,
    pub entry: i64,
    pub released_at: Option<Timestamp>,
    pub again: Option<i64>,
    pub at: Timestamp,
    pub line_amount: Option<i64>,
    pub line_currency: Option<String>,
}

impl Snapshot {
    /// All payouts that came back, each with its entry.
    ///
    /// # Errors
    /// [`Fault::Damaged`] with the column that cannot be read.
    pub async fn returns(&mut self) -> Result<Vec<(StoredReturn, Option<StoredEntry>)>, Fault> {
        let rows = sqlx::query(
            "SELECT r.payout, p.merchant, p.amount, p.currency, r.entry, r.released_at, r.again,
                 r.created_at, l.amount AS line_amount, l.currency AS line_currency
             FROM payout_returns r JOIN payouts p ON p.id = r.payout
                 LEFT JOIN statement_lines l ON l.payout = r.payout AND l.matched = 'returned'
             ORDER BY r.payout",
        )
        .fetch_all(&mut *self.0)
        .await?;
        let mut returns = Vec::new();
        for row in &rows {
            let stored = read(row)?;
            let entry = journal::entry(&mut self.0, stored.entry).await?;
            returns.push((stored, entry));
        }
        Ok(returns)
    }
}

fn read(row: &Row) -> Result<StoredReturn, Fault> {
    Ok(StoredReturn {
        payout: row.cell("payout")?,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        amount: row.amount("amount", "currency")?,
        entry: row.cell("entry")?,
        released_at: row.moment_or_none("released_at")?,
        again: row.cell("again")?,
        at: row.moment("created_at")?,
        line_amount: row.cell("line_amount")?,
        line_currency: row.cell("line_currency")?,
    })
}
