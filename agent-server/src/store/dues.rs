//! What a line of the bank's may be about, as our books have it: what is due of it, and whether it
//! was said before.

use shared_protocol::{HandlingNumber, PurchaseId};

use super::{
    Fault,
    row::{Cells as _, Row},
    writer::Tx,
};
use crate::{domain::bank::Due, files::Line};

/// Whether a line of this name is there already, and is the same.
pub(super) async fn known_line(tx: &mut Tx<'_>, line: &Line) -> Result<Option<bool>, Fault> {
    let row = sqlx::query(
        "SELECT l.amount + COALESCE(r.amount, 0) AS amount, l.currency FROM statement_lines l
             LEFT JOIN statement_lines r ON r.rest_of = l.id
         WHERE l.bank_key = $1",
    )
    .bind(&line.key)
    .fetch_optional(&mut *tx.connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let is_same = row.cell::<i64>("amount")? == line.minor()
        && row.cell::<&str>("currency")? == line.amount.currency.code();
    Ok(Some(is_same))
}

/// A bill that a line may pay.
pub(super) struct BillDue {
    pub(super) purchase: i64,
    pub(super) purchase_id: PurchaseId,
    pub(super) due: Due,
    /// Whether a line of the bank's has paid it.
    pub(super) has_line: bool,
}

/// The bill of this number of the purchase of that number.
pub(super) async fn bill_due(
    tx: &mut Tx<'_>,
    number: &HandlingNumber,
    bill: u32,
) -> Result<Option<BillDue>, Fault> {
    let row = sqlx::query(
        "SELECT p.id, p.purchase_id, p.currency, b.amount, b.payment,
             CAST((SELECT COALESCE(SUM(t.amount), 0) FROM bill_parts t
                 WHERE t.purchase = b.purchase AND t.bill = b.number) AS BIGINT) AS in_parts,
             (SELECT COUNT(*) FROM statement_lines l
                 WHERE l.purchase = b.purchase AND l.bill = b.number) AS lines
         FROM bills b JOIN purchases p ON p.id = b.purchase
         WHERE p.handling_number = $1 AND b.number = $2",
    )
    .bind(number.compact())
    .bind(i64::from(bill))
    .fetch_optional(&mut *tx.connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (amount, in_parts): (i64, i64) = (row.cell("amount")?, row.cell("in_parts")?);
    let is_done = row.cell::<Option<i64>>("payment")?.is_some();
    Ok(Some(BillDue {
        purchase: row.cell("id")?,
        purchase_id: row.exact("purchase_id")?,
        has_line: row.cell::<i64>("lines")? > 0,
        due: Due {
            minor: if is_done { amount } else { amount - in_parts },
            currency: row.named("currency", |code| code.parse().ok())?,
            is_done,
        },
    }))
}

/// What is due of this payout: it goes out.
pub(super) async fn payout_due(tx: &mut Tx<'_>, payout: i64) -> Result<Option<Due>, Fault> {
    let row = sqlx::query(
        "SELECT p.amount, p.currency,
             (SELECT COUNT(*) FROM statement_lines l
                 WHERE l.payout = p.id AND l.matched = 'payout') AS lines
         FROM payouts p WHERE p.id = $1",
    )
    .bind(payout)
    .fetch_optional(&mut *tx.connection)
    .await?;
    row.as_ref().map(due).transpose()
}

/// What went out at once as the transfer of the purchase of this number, and its row.
pub(super) async fn transfer_due(
    tx: &mut Tx<'_>,
    number: &HandlingNumber,
) -> Result<Option<(i64, Due)>, Fault> {
    let row = sqlx::query(
        "SELECT p.id, p.amount, p.currency,
             (SELECT COUNT(*) FROM statement_lines l
                 WHERE l.purchase = p.id AND l.matched = 'transfer') AS lines
         FROM remittances r JOIN purchases p ON p.id = r.purchase
         WHERE p.handling_number = $1 AND r.payout IS NULL AND r.state = 'sent'",
    )
    .bind(number.compact())
    .fetch_optional(&mut *tx.connection)
    .await?;
    row.map(|row| Ok((row.cell("id")?, due(&row)?))).transpose()
}

/// What goes out, by the columns of this row.
fn due(row: &Row) -> Result<Due, Fault> {
    Ok(Due {
        minor: row.cell::<i64>("amount")?.saturating_neg(),
        currency: row.named("currency", |code| code.parse().ok())?,
        is_done: row.cell::<i64>("lines")? > 0,
    })
}
