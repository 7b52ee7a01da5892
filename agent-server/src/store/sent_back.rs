//! Transfers that another bank sends back: found by the line that had confirmed them, and booked
//! into the account that they had left.

use shared_protocol::Amount;

use super::{
    Fault, deposits,
    remittances::Stamp,
    row::{Cells as _, Row, minor},
    writer::Tx,
};
use crate::domain::bank::Due;

/// A transfer to another bank that the bank's notice has confirmed.
pub(super) struct Sent {
    /// Whose money it is.
    pub(super) purchase: i64,
    /// The line that confirmed it.
    pub(super) line: i64,
    contract: i64,
    amount: Amount,
    is_returned: bool,
}

impl Sent {
    /// What comes in if it is sent back.
    pub(super) fn due(&self) -> Due {
        Due { minor: minor(self.amount), currency: self.amount.currency, is_done: self.is_returned }
    }
}

/// The transfer that was ordered by this payout, if a notice has confirmed it.
pub(super) async fn sent_by(tx: &mut Tx<'_>, payout: i64) -> Result<Option<Sent>, Fault> {
    let row = sqlx::query(
        "SELECT r.purchase, r.contract, p.amount, p.currency, l.id AS line,
             (SELECT COUNT(*) FROM statement_lines b WHERE b.against = l.id) AS returns
         FROM remittances r JOIN purchases p ON p.id = r.purchase
             JOIN statement_lines l ON l.payout = r.payout
         WHERE r.payout = $1",
    )
    .bind(payout)
    .fetch_optional(&mut *tx.connection)
    .await?;
    let read = |row: Row| {
        Ok(Sent {
            purchase: row.cell("purchase")?,
            line: row.cell("line")?,
            contract: row.cell("contract")?,
            amount: row.amount("amount", "currency")?,
            is_returned: row.cell::<i64>("returns")? > 0,
        })
    };
    row.map(read).transpose()
}

/// It came back: into the account that it left; its purchase is looked at next.
pub(super) async fn take_back(tx: &mut Tx<'_>, sent: &Sent, stamp: Stamp) -> Result<(), Fault> {
    deposits::receive(tx, sent.contract, sent.amount, stamp).await?;
    sqlx::query(
        "UPDATE purchases SET deadline = $2 WHERE id = $1 AND state IN ('accepted', 'confirmed')",
    )
    .bind(sent.purchase)
    .bind(stamp.0.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}
