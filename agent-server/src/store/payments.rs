//! Bills that are paid: at once or in parts, each with its entry, its credit and its sums in one
//! transaction.

use shared_protocol::{Amount, Problem, PurchaseId, Timestamp};

use super::{
    Fault,
    bills::settled,
    contracts, journal,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};

/// A bill that is paid, or a credit that is paid back. Its answer is which part of the bill it was,
/// counted from 1; 0: all of it at once, or it was paid before.
pub(super) struct Pay {
    pub(super) purchase: PurchaseId,
    pub(super) number: u32,
    /// How much, at most what is open; `None`: all that is.
    pub(super) minor: Option<i64>,
    pub(super) now: Timestamp,
}

/// How a bill stood.
struct Before {
    /// What it comes to.
    amount: i64,
    /// How many parts of it were paid.
    parts: i64,
    /// What is open of it.
    open: i64,
}

impl Work for Pay {
    type Answer = Result<i64, Problem>;
    const NAME: &'static str = "pay-bill";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Result<i64, Problem>, Fault> {
        let row = sqlx::query(BILL)
            .bind(self.purchase.as_bytes().as_slice())
            .bind(i64::from(self.number))
            .fetch_optional(&mut *tx.connection)
            .await?;
        let Some(row) = row else { return Ok(Err(Problem::NotFound)) };
        if row.cell::<Option<i64>>("payment")?.is_some() {
            return Ok(Ok(0));
        }
        let before = Before::read(&row)?;
        let minor = self.minor.unwrap_or(before.open);
        if !before.takes(minor) {
            return Ok(Err(Problem::AmountExceeded));
        }
        let (purchase, sums, terms) = settled(tx, &self.purchase).await?;
        // A credit is paid back only of what was paid.
        let Some(paid) = sums.paid.checked_add_signed(minor) else {
            return Ok(Err(Problem::AmountExceeded));
        };
        let entry = terms.payment_entry(minor, self.number).ok_or(Fault::Damaged("amount"))?;
        let (at, by) = (self.now, Self::NAME);
        let new = journal::New { entry: &entry, purchase: Some(purchase.row), at, by };
        let head = journal::append(tx, new).await?;
        let entry = i64::try_from(head.number).map_err(|_| Fault::Damaged("entry"))?;
        let part = self.mark(tx, purchase.row, (minor, entry), &before).await?;
        self.sums(tx, purchase.row, (sums.paid, paid)).await?;
        let held = |paid| terms.held(sums.settlement, paid);
        let released = held(sums.paid).saturating_sub(held(paid));
        if released > 0 {
            let released = Amount { minor: released, ..purchase.total };
            contracts::release(tx, terms.contract, released, self.now, Self::NAME).await?;
        }
        Ok(Ok(part))
    }
}

impl Before {
    fn read(row: &Row) -> Result<Self, Fault> {
        let amount: i64 = row.cell("amount")?;
        let open = amount.checked_sub(row.cell("in_parts")?).ok_or(Fault::Damaged("amount"))?;
        Ok(Self { amount, parts: row.cell("parts")?, open })
    }

    /// Whether so much can be paid: of a credit all of it.
    fn takes(&self, minor: i64) -> bool {
        minor == self.open || (0 < minor && minor < self.open)
    }
}

impl Pay {
    /// The bill is paid, or a part of it.
    async fn mark(
        &self,
        tx: &mut Tx<'_>,
        purchase: i64,
        (minor, entry): (i64, i64),
        before: &Before,
    ) -> Result<i64, Fault> {
        let part = if minor == before.amount { 0 } else { before.parts + 1 };
        if part > 0 {
            sqlx::query(PART)
                .bind(purchase)
                .bind(i64::from(self.number))
                .bind(part)
                .bind(minor)
                .bind(entry)
                .bind(self.now.as_millis())
                .execute(&mut *tx.connection)
                .await?;
        }
        if minor == before.open {
            let done = sqlx::query(PAID)
                .bind(purchase)
                .bind(i64::from(self.number))
                .bind(entry)
                .execute(&mut *tx.connection)
                .await?;
            one(done.rows_affected())?;
        }
        Ok(part)
    }

    async fn sums(
        &self,
        tx: &mut Tx<'_>,
        purchase: i64,
        (before, after): (u64, u64),
    ) -> Result<(), Fault> {
        let small = |sum: u64| i64::try_from(sum).map_err(|_| Fault::Damaged("paid"));
        let done = sqlx::query(SUMS)
            .bind(purchase)
            .bind(small(before)?)
            .bind(small(after)?)
            .bind(self.now.as_millis())
            .bind(Self::NAME)
            .execute(&mut *tx.connection)
            .await?;
        one(done.rows_affected())
    }
}

fn one(rows: u64) -> Result<(), Fault> {
    if rows == 1 { Ok(()) } else { Err(Fault::Raced) }
}

const BILL: &str = "SELECT b.amount, b.payment, COUNT(t.number) AS parts,
         CAST(COALESCE(SUM(t.amount), 0) AS BIGINT) AS in_parts
     FROM bills b JOIN purchases p ON p.id = b.purchase
         LEFT JOIN bill_parts t ON t.purchase = b.purchase AND t.bill = b.number
     WHERE p.purchase_id = $1 AND b.number = $2 GROUP BY b.purchase, b.number, b.amount, b.payment";

const PART: &str = "INSERT INTO bill_parts (purchase, bill, number, amount, entry, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)";

const PAID: &str = "UPDATE bills SET payment = $3
     WHERE purchase = $1 AND number = $2 AND payment IS NULL";

const SUMS: &str = "UPDATE settlements SET paid = $3, updated_at = $4, updated_by = $5
     WHERE purchase = $1 AND paid = $2";
