//! What happened to the money of a purchase, as its shopper may know it.

use shared_protocol::Timestamp;

use super::{
    Fault, Store,
    row::{Cells as _, Row},
};

/// One thing that happened, in minor units of the purchase's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The merchant shipped (67).
    Shipped,
    /// The merchant claimed so much (66).
    Claimed(u64),
    /// The merchant let go of so much.
    Voided(u64),
    /// The merchant gave back so much.
    Refunded(u64),
    /// An objection was right, and so much came back.
    Upheld(u64),
    /// The shopper was billed for so much.
    Billed(u64),
    /// The shopper has so much to come back.
    Credited(u64),
    /// The shopper has paid so much.
    Paid(u64),
    /// So much was paid back to the shopper.
    PaidBack(u64),
}

impl Store {
    /// What happened to a purchase's money, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn moves(&self, purchase: i64) -> Result<Vec<(Moved, Timestamp)>, Fault> {
        let words = sqlx::query(
            "SELECT kind, claimed, voided, refunded, at FROM settlement_words
             WHERE purchase = $1 ORDER BY number",
        )
        .bind(purchase)
        .fetch_all(&self.0.reads)
        .await?;
        let bills =
            sqlx::query("SELECT amount, created_at FROM bills WHERE purchase = $1 ORDER BY number")
                .bind(purchase)
                .fetch_all(&self.0.reads)
                .await?;
        let payments = sqlx::query(PAYMENTS).bind(purchase).fetch_all(&self.0.reads).await?;
        let mut before = [0; 3];
        let mut moves = Vec::new();
        for row in &words {
            let sums = [row.count("claimed")?, row.count("voided")?, row.count("refunded")?];
            let by = |at: usize| u64::saturating_sub(sums[at], before[at]);
            moves.push((moved(row.cell("kind")?, by)?, row.moment("at")?));
            before = sums;
        }
        for row in &bills {
            moves.push((bill(row)?, row.moment("created_at")?));
        }
        for row in &payments {
            moves.push((payment(row)?, row.moment("at")?));
        }
        moves.sort_by_key(|(_, at)| *at);
        Ok(moves)
    }
}

fn moved(kind: &str, by: impl Fn(usize) -> u64) -> Result<Moved, Fault> {
    Ok(match kind {
        "shipment" => Moved::Shipped,
        "claim" => Moved::Claimed(by(0)),
        "void" => Moved::Voided(by(1)),
        "refund" => Moved::Refunded(by(2)),
        "upheld" => Moved::Upheld(by(2)),
        _ => return Err(Fault::Damaged("kind")),
    })
}

fn payment(row: &Row) -> Result<Moved, Fault> {
    let amount: i64 = row.cell("amount")?;
    let minor = amount.unsigned_abs();
    Ok(if amount > 0 { Moved::Paid(minor) } else { Moved::PaidBack(minor) })
}

/// What was paid of bills: in parts, or at once.
const PAYMENTS: &str = "SELECT amount, created_at AS at FROM bill_parts WHERE purchase = $1
     UNION ALL SELECT b.amount, j.at FROM bills b JOIN journal j ON j.number = b.payment
     WHERE b.purchase = $1 AND NOT EXISTS (SELECT 1 FROM bill_parts t
         WHERE t.purchase = b.purchase AND t.bill = b.number)
     ORDER BY at";

fn bill(row: &Row) -> Result<Moved, Fault> {
    let amount: i64 = row.cell("amount")?;
    let minor = amount.unsigned_abs();
    Ok(if amount > 0 { Moved::Billed(minor) } else { Moved::Credited(minor) })
}
