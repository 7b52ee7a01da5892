//! Bills: what has fallen due of a purchase, billed once, and how much of it was paid.

use shared_protocol::{Date, HandlingNumber, Problem, PurchaseId, Timestamp};

use super::{
    Fault, Store, journal,
    payments::Pay,
    purchases,
    row::{Cells as _, Row},
    settlements::{self, Sums},
    writer::{Tx, Work},
};
use crate::domain::{Purchase, settlement::Terms};

/// A bill as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillRow {
    /// Of which purchase.
    pub purchase: PurchaseId,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// Which bill of it, from 1.
    pub number: u32,
    /// On which day.
    pub day: Date,
    /// How much; less than nothing is a credit. In the purchase's currency.
    pub minor: i64,
    /// How much of it was paid.
    pub paid: i64,
    /// Whether all of it was.
    pub is_paid: bool,
}

/// Bills with what was paid of them in parts.
macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "SELECT p.purchase_id, p.handling_number, b.number, b.day, b.amount, b.payment,
                 CAST((SELECT COALESCE(SUM(t.amount), 0) FROM bill_parts t
                     WHERE t.purchase = b.purchase AND t.bill = b.number) AS BIGINT) AS in_parts
             FROM bills b JOIN purchases p ON p.id = b.purchase WHERE ",
            $rest
        )
    };
}

impl BillRow {
    /// How much of it is still to be paid.
    pub fn open(&self) -> i64 {
        self.minor.saturating_sub(self.paid)
    }
}

impl Store {
    /// The first purchase, by row, after `after` that is to be looked at on this day.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn billable(&self, today: Date, after: i64) -> Result<Option<i64>, Fault> {
        let row = sqlx::query(
            "SELECT purchase FROM settlements s
             WHERE bill_on <= $1 AND purchase > $2 AND NOT EXISTS (SELECT 1 FROM objections o
                 WHERE o.purchase = s.purchase AND o.resolved_at IS NULL)
             ORDER BY purchase LIMIT 1",
        )
        .bind(today.to_string())
        .bind(after)
        .fetch_optional(&self.0.reads)
        .await?;
        row.as_ref().map(|row| row.cell("purchase")).transpose()
    }

    /// Bills what has fallen due of a purchase; returns how much.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn bill_purchase(
        &self,
        purchase: i64,
        today: Date,
        now: Timestamp,
    ) -> Result<i64, Fault> {
        self.0.writer.write(Bill { purchase, today, now }).await
    }

    /// Books that all that is open of a bill was paid, or a credit paid back; once.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn pay_bill(
        &self,
        purchase: PurchaseId,
        number: u32,
        now: Timestamp,
    ) -> Result<Result<(), Problem>, Fault> {
        let done = self.0.writer.write(Pay { purchase, number, minor: None, now }).await?;
        Ok(done.map(drop))
    }

    /// The bills of the purchase of this number, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn bills(&self, number: &HandlingNumber) -> Result<Vec<BillRow>, Fault> {
        let rows = sqlx::query(rows!("p.handling_number = $1 ORDER BY b.number"))
            .bind(number.compact())
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(bill_row).collect()
    }

    /// The bills of a contract, newest first, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn bills_of(&self, contract: i64, most: u32) -> Result<Vec<BillRow>, Fault> {
        let rows = sqlx::query(rows!("p.contract = $1 ORDER BY b.entry DESC LIMIT $2"))
            .bind(contract)
            .bind(i64::from(most))
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(bill_row).collect()
    }
}

fn bill_row(row: &Row) -> Result<BillRow, Fault> {
    let minor = row.cell("amount")?;
    let is_paid = row.cell::<Option<i64>>("payment")?.is_some();
    Ok(BillRow {
        purchase: row.exact("purchase_id")?,
        handling_number: row.named("handling_number", |text| text.parse().ok())?,
        number: row.count("number")?,
        day: row.named("day", |day| day.parse().ok())?,
        minor,
        paid: if is_paid { minor } else { row.cell("in_parts")? },
        is_paid,
    })
}

struct Bill {
    purchase: i64,
    today: Date,
    now: Timestamp,
}

impl Work for Bill {
    type Answer = i64;
    const NAME: &'static str = "bill";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let row = sqlx::query(
            "SELECT p.purchase_id,
                 CAST(COALESCE((SELECT SUM(i.amount) FROM instalments i
                     WHERE i.purchase = p.id AND i.due <= $2), 0) AS BIGINT) AS scheduled,
                 (SELECT MIN(i.due) FROM instalments i
                     WHERE i.purchase = p.id AND i.due > $2) AS next,
                 COALESCE((SELECT MAX(b.number) FROM bills b WHERE b.purchase = p.id), 0) + 1
                     AS number
             FROM purchases p JOIN settlements s ON s.purchase = p.id
             WHERE p.id = $1 AND s.bill_on <= $2 AND NOT EXISTS (SELECT 1 FROM objections o
                 WHERE o.purchase = p.id AND o.resolved_at IS NULL)",
        )
        .bind(self.purchase)
        .bind(self.today.to_string())
        .fetch_optional(&mut *tx.connection)
        .await?;
        // Billed meanwhile, or objected to.
        let Some(row) = row else { return Ok(0) };
        let (purchase, sums, terms) = settled(tx, &row.exact("purchase_id")?).await?;
        let amount = terms.bill(sums.settlement, row.count("scheduled")?, sums.billed);
        let number = row.count("number")?;
        if let Some(entry) = terms.bill_entry(amount, number) {
            let new = journal::New {
                entry: &entry,
                purchase: Some(purchase.row),
                at: self.now,
                by: Self::NAME,
            };
            let head = journal::append(tx, new).await?;
            self.insert(tx, number, amount, head.number).await?;
        }
        let next: Option<String> = row.cell("next")?;
        self.advance(tx, &sums, amount, next).await?;
        Ok(amount)
    }
}

impl Bill {
    async fn insert(
        &self,
        tx: &mut Tx<'_>,
        number: u32,
        amount: i64,
        entry: u64,
    ) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO bills (purchase, number, day, amount, entry, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.purchase)
        .bind(i64::from(number))
        .bind(self.today.to_string())
        .bind(amount)
        .bind(i64::try_from(entry).map_err(|_| Fault::Damaged("entry"))?)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }

    async fn advance(
        &self,
        tx: &mut Tx<'_>,
        before: &Sums,
        amount: i64,
        next: Option<String>,
    ) -> Result<(), Fault> {
        let done = sqlx::query(
            "UPDATE settlements SET billed = billed + $2, bill_on = $3, updated_at = $4,
                 updated_by = $5
             WHERE purchase = $1 AND words = $6 AND billed = $7",
        )
        .bind(self.purchase)
        .bind(amount)
        .bind(next)
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .bind(i64::from(before.words))
        .bind(before.billed)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
    }
}

/// A purchase, how its money stands, and its terms.
pub(super) async fn settled(
    tx: &mut Tx<'_>,
    id: &PurchaseId,
) -> Result<(Purchase, Sums, Terms), Fault> {
    let purchase = purchases::find(tx, id).await?.ok_or(Fault::Damaged("purchase_id"))?;
    let sums = settlements::find(tx, &purchase).await?.ok_or(Fault::Damaged("settlements"))?;
    let terms = settlements::terms(&purchase, sums.fee)?;
    Ok((purchase, sums, terms))
}
