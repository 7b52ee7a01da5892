//! Files by which the bank is told to pay: each payout goes into one of them once, in the
//! transaction that stores the file. And the journal, transfer by transfer, for accountants.

use shared_protocol::{Amount, Currency, Date, Digest, Timestamp};

use super::{
    Fault, Store, merchant_accounts, payouts,
    row::{Cells as _, Row, minor},
    writer::{Tx, Work},
};
use crate::{
    domain::settlement::Payout,
    files::{BankAccount, CsvLine, Format},
};

/// A file that is to be stored.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Its row.
    pub id: i64,
    /// Its own name.
    pub message: String,
    /// How it is written.
    pub format: Format,
    /// What its payouts come to.
    pub total: Amount,
    /// When the bank is to pay.
    pub day: Date,
    /// The rows of the payouts in it.
    pub payouts: Vec<i64>,
    /// The file.
    pub content: Vec<u8>,
    /// The digest of it.
    pub digest: Digest,
    /// When it was made.
    pub now: Timestamp,
}

/// A payout that is in no file yet.
#[derive(Clone, Debug)]
pub struct Unfiled {
    /// It.
    pub payout: Payout,
    /// The account to which it goes, if that is known.
    pub account: Option<BankAccount>,
    /// Whether one of before came back, and nobody has seen to that.
    pub is_held: bool,
}

/// A file as it was stored.
#[derive(Clone, Debug)]
pub struct PayoutFile {
    /// Its own name.
    pub message: String,
    /// How it is written.
    pub format: Format,
    /// What its payouts come to.
    pub total: Amount,
    /// When the bank is to pay.
    pub day: Date,
    /// How many payments.
    pub payments: u64,
}

impl Store {
    /// Payouts in no file yet that are to be paid on this day or before it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn unfiled_payouts(
        &self,
        currency: Currency,
        day: Date,
    ) -> Result<Vec<Unfiled>, Fault> {
        let rows = sqlx::query(
            "SELECT p.id, p.merchant, p.currency, p.amount, p.cutoff, p.pay_on, a.iban, a.bic,
                 a.bank, a.branch, a.deposit, a.number, a.holder,
                 (SELECT COUNT(*) FROM payout_returns r JOIN payouts b ON b.id = r.payout
                     WHERE b.merchant = p.merchant AND r.released_at IS NULL) AS held
             FROM payouts p LEFT JOIN merchant_accounts a ON a.merchant = p.merchant
             WHERE p.file IS NULL AND p.currency = $1 AND p.pay_on <= $2 ORDER BY p.id",
        )
        .bind(currency.code())
        .bind(day.to_string())
        .fetch_all(&self.0.reads);
        let read = |row: &Row| {
            let holder: Option<&str> = row.cell("holder")?;
            let account = holder.map(|_| merchant_accounts::account(row)).transpose()?;
            let is_held = row.cell::<i64>("held")? > 0;
            Ok(Unfiled { payout: payouts::payout(row)?, account, is_held })
        };
        rows.await?.iter().map(read).collect()
    }

    /// The first day on which a payout in no file yet, and not held, is to be paid.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn first_unfiled_day(&self, currency: Currency) -> Result<Option<Date>, Fault> {
        let row = sqlx::query(
            "SELECT p.pay_on FROM payouts p WHERE p.file IS NULL AND p.currency = $1
                 AND NOT EXISTS (SELECT 1 FROM payout_returns r JOIN payouts b ON b.id = r.payout
                     WHERE b.merchant = p.merchant AND r.released_at IS NULL)
             ORDER BY p.pay_on LIMIT 1",
        )
        .bind(currency.code())
        .fetch_optional(&self.0.reads)
        .await?;
        row.map(|row| row.named("pay_on", |day| day.parse().ok())).transpose()
    }

    /// Stores a file, and that its payouts are in it.
    ///
    /// # Errors
    /// [`Fault::Raced`] if one of them is in another file by now: nothing was stored.
    pub async fn file_payouts(&self, file: NewFile) -> Result<(), Fault> {
        self.0.writer.write(file).await
    }

    /// The newest files, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payout_files(&self, most: u32) -> Result<Vec<PayoutFile>, Fault> {
        let rows = sqlx::query(
            "SELECT message, format, currency, day, payments, total FROM payout_files
             ORDER BY id DESC LIMIT $1",
        )
        .bind(i64::from(most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(payout_file).collect()
    }

    /// The file of this name, without its content.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payout_file_of(&self, message: &str) -> Result<Option<PayoutFile>, Fault> {
        let row = sqlx::query(
            "SELECT message, format, currency, day, payments, total FROM payout_files
             WHERE message = $1",
        )
        .bind(message)
        .fetch_optional(&self.0.reads)
        .await?;
        row.as_ref().map(payout_file).transpose()
    }

    /// The file of this name, byte for byte as it was made.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payout_file(&self, message: &str) -> Result<Option<Vec<u8>>, Fault> {
        let row = sqlx::query("SELECT content FROM payout_files WHERE message = $1")
            .bind(message)
            .fetch_optional(&self.0.reads)
            .await?;
        row.map(|row| row.cell("content")).transpose()
    }

    /// The transfers of all entries from one moment until before another.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn transfers_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<CsvLine>, Fault> {
        let rows = sqlx::query(
            "SELECT j.number, j.kind, j.at, t.line, t.debit, t.credit, t.amount, t.currency,
                 p.handling_number
             FROM journal j JOIN transfers t ON t.entry = j.number
                 LEFT JOIN purchases p ON p.id = j.purchase
             WHERE j.at >= $1 AND j.at < $2 ORDER BY j.number, t.line",
        )
        .bind(from.as_millis())
        .bind(until.as_millis())
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(csv_line).collect()
    }
}

fn payout_file(row: &Row) -> Result<PayoutFile, Fault> {
    Ok(PayoutFile {
        message: row.cell("message")?,
        format: row.named("format", Format::from_name)?,
        total: row.amount("total", "currency")?,
        day: row.named("day", |day| day.parse().ok())?,
        payments: row.count("payments")?,
    })
}

fn csv_line(row: &Row) -> Result<CsvLine, Fault> {
    let number: Option<&str> = row.cell("handling_number")?;
    let number = number.map(|text| text.parse()).transpose();
    Ok(CsvLine {
        entry: row.cell("number")?,
        line: row.cell("line")?,
        at: row.moment("at")?,
        kind: row.cell("kind")?,
        handling_number: number.map_err(|_| Fault::Damaged("handling_number"))?,
        debit: row.cell("debit")?,
        credit: row.cell("credit")?,
        amount: row.amount("amount", "currency")?,
    })
}

impl Work for NewFile {
    type Answer = ();
    const NAME: &'static str = "file-payouts";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let payments = i64::try_from(self.payouts.len()).unwrap_or(i64::MAX);
        let done = sqlx::query(
            "INSERT INTO payout_files (id, message, format, currency, day, payments, total,
                 digest, content, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        )
        .bind(self.id)
        .bind(&self.message)
        .bind(self.format.name())
        .bind(self.total.currency.code())
        .bind(self.day.to_string())
        .bind(payments)
        .bind(minor(self.total))
        .bind(self.digest.as_bytes().as_slice())
        .bind(self.content.as_slice())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() != 1 {
            return Err(Fault::Raced);
        }
        for payout in &self.payouts {
            let done = sqlx::query("UPDATE payouts SET file = $2 WHERE id = $1 AND file IS NULL")
                .bind(payout)
                .bind(self.id)
                .execute(&mut *tx.connection)
                .await?;
            if done.rows_affected() != 1 {
                return Err(Fault::Raced);
            }
        }
        Ok(())
    }
}
