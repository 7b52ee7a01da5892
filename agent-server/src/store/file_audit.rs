//! What an audit reads of files: those of payouts, and the bank's notices line by line.

use std::collections::BTreeMap;

use super::{
    Fault, Snapshot,
    audit::stored,
    journal::{self, StoredEntry},
    row::{Cells as _, Row},
};

stored! {
    /// A row of `payout_files` with what the payouts in it come to.
    StoredFile {
        id: i64, payments: i64, total: i64, digest: Vec<u8>, content: Vec<u8>, counted: i64,
        sum: i64,
    }
    /// A row of `statements` with how many lines it has.
    StoredStatement { id: i64, lines: i64, counted: i64, }
    /// A row of `statement_lines` with what it names.
    StoredLine {
        id: i64, amount: i64, currency: String, parked: Option<String>, parking: Option<i64>,
        matched: Option<String>, bill: Option<i64>, part: i64, payout: Option<i64>,
        against: Option<i64>, returned: Option<i64>, sent_amount: Option<i64>,
        resolving: Option<i64>, bill_amount: Option<i64>, bill_payment: Option<i64>,
        bill_currency: Option<String>, payout_amount: Option<i64>,
        payout_currency: Option<String>, other_amount: Option<i64>,
        other_currency: Option<String>, other_against: Option<i64>,
    }
}

impl Snapshot {
    /// All files of payouts.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payout_files(&mut self) -> Result<Vec<StoredFile>, Fault> {
        let rows = sqlx::query(
            "SELECT f.id, f.payments, f.total, f.digest, f.content, COUNT(p.id) AS counted,
                 CAST(COALESCE(SUM(p.amount), 0) AS BIGINT) AS sum
             FROM payout_files f LEFT JOIN payouts p ON p.file = f.id AND p.currency = f.currency
             GROUP BY f.id, f.payments, f.total, f.digest, f.content ORDER BY f.id",
        )
        .fetch_all(&mut *self.0);
        rows.await?.iter().map(StoredFile::read).collect()
    }

    /// All notices of the bank.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn statements(&mut self) -> Result<Vec<StoredStatement>, Fault> {
        let rows = sqlx::query(
            "SELECT s.id, s.lines, COUNT(l.id) AS counted
             FROM statements s LEFT JOIN statement_lines l ON l.statement = s.id
             GROUP BY s.id, s.lines ORDER BY s.id",
        )
        .fetch_all(&mut *self.0);
        rows.await?.iter().map(StoredStatement::read).collect()
    }

    /// The bank's line after this one, by row, and the entries that it names.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn statement_line_after(
        &mut self,
        row: i64,
    ) -> Result<Option<(StoredLine, BTreeMap<i64, StoredEntry>)>, Fault> {
        let row = sqlx::query(
            "SELECT l.id, l.amount, l.currency, l.parked, l.parking, l.matched, l.bill, l.part,
                 l.payout, l.against, l.resolving, r.payout AS returned,
                 CASE WHEN l.part = 0 THEN b.amount ELSE t.amount END AS bill_amount,
                 b.payment AS bill_payment,
                 CASE WHEN s.purchase IS NULL THEN NULL ELSE pu.amount END AS sent_amount,
                 pu.currency AS bill_currency, p.amount AS payout_amount,
                 p.currency AS payout_currency, o.amount AS other_amount,
                 o.currency AS other_currency, o.against AS other_against
             FROM statement_lines l
                 LEFT JOIN bills b ON b.purchase = l.purchase AND b.number = l.bill
                 LEFT JOIN bill_parts t ON t.purchase = l.purchase AND t.bill = l.bill
                     AND t.number = l.part
                 LEFT JOIN remittances s ON s.purchase = l.purchase
                 LEFT JOIN payout_returns r ON r.payout = l.payout
                 LEFT JOIN purchases pu ON pu.id = l.purchase
                 LEFT JOIN payouts p ON p.id = l.payout
                 LEFT JOIN statement_lines o ON o.id = l.against
             WHERE l.id > $1 ORDER BY l.id LIMIT 1",
        )
        .bind(row)
        .fetch_optional(&mut *self.0)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let line = StoredLine::read(&row)?;
        let mut entries = BTreeMap::new();
        for number in [line.parking, line.resolving].into_iter().flatten() {
            if let Some(entry) = journal::entry(&mut self.0, number).await? {
                entries.insert(number, entry);
            }
        }
        Ok(Some((line, entries)))
    }
}
