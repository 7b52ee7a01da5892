//! The journal, written by the transaction that is the reason for an entry, and read from its
//! beginning.

use shared_protocol::{Digest, PurchaseId, Timestamp};

use super::{
    Fault, Store,
    row::{Cells as _, Row, minor},
    writer::{Connection, Tx},
};
use crate::domain::ledger::{Entry, Head};

/// An entry that is to be written.
pub(super) struct New<'a> {
    /// What moves, and why.
    pub(super) entry: &'a Entry,
    /// The row of its purchase, if it is of one.
    pub(super) purchase: Option<i64>,
    /// When.
    pub(super) at: Timestamp,
    /// In which transaction.
    pub(super) by: &'static str,
}

/// The newest entry.
pub(super) async fn head(tx: &mut Tx<'_>) -> Result<Head, Fault> {
    let newest = "SELECT number, digest FROM journal ORDER BY number DESC LIMIT 1";
    let row = sqlx::query(newest).fetch_optional(&mut *tx.connection).await?;
    row.as_ref().map_or(Ok(Head::START), read_head)
}

/// The entry of this number, as a receipt names it.
pub(super) async fn at(tx: &mut Tx<'_>, number: u64) -> Result<Head, Fault> {
    if number == Head::START.number {
        return Ok(Head::START);
    }
    let number = i64::try_from(number).map_err(|_| Fault::Damaged("head"))?;
    let row = sqlx::query("SELECT number, digest FROM journal WHERE number = $1").bind(number);
    let row = row.fetch_optional(&mut *tx.connection).await?;
    read_head(row.as_ref().ok_or(Fault::Damaged("head"))?)
}

/// Appends an entry; its number is its key, so that two processes cannot both append.
pub(super) async fn append(tx: &mut Tx<'_>, new: New<'_>) -> Result<Head, Fault> {
    let head = head(tx).await?.followed_by(new.entry, new.at);
    let number = i64::try_from(head.number).map_err(|_| Fault::Damaged("number"))?;
    let done = sqlx::query(
        "INSERT INTO journal (number, kind, purchase, because, at, digest, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (number) DO NOTHING",
    )
    .bind(number)
    .bind(new.entry.kind().name())
    .bind(new.purchase)
    .bind(new.entry.because().as_bytes().as_slice())
    .bind(new.at.as_millis())
    .bind(head.digest.as_bytes().as_slice())
    .bind(new.by)
    .execute(&mut *tx.connection)
    .await?;
    if done.rows_affected() != 1 {
        return Err(Fault::Raced);
    }
    for (line, transfer) in (1_i64..).zip(new.entry.transfers()) {
        sqlx::query(
            "INSERT INTO transfers (entry, line, debit, credit, amount, currency)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(number)
        .bind(line)
        .bind(transfer.debit().to_string())
        .bind(transfer.credit().to_string())
        .bind(minor(transfer.amount()))
        .bind(transfer.amount().currency.code())
        .execute(&mut *tx.connection)
        .await?;
    }
    Ok(head)
}

fn read_head(row: &Row) -> Result<Head, Fault> {
    Ok(Head { number: row.count("number")?, digest: row.exact::<Digest>("digest")? })
}

/// A line of the journal as it stands, not believed: names and numbers may be damaged.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// Its number.
    pub number: i64,
    /// Why, by name.
    pub kind: String,
    /// Of which purchase.
    pub purchase: Option<PurchaseId>,
    /// The digest of what was signed or decided.
    pub because: Vec<u8>,
    /// When.
    pub at: Timestamp,
    /// Its digest.
    pub digest: Vec<u8>,
    /// What moves.
    pub transfers: Vec<StoredTransfer>,
}

/// A transfer as it stands.
#[derive(Clone, Debug)]
pub struct StoredTransfer {
    /// Its place in the entry.
    pub line: i64,
    /// The account that is debited, by name.
    pub debit: String,
    /// The account that is credited, by name.
    pub credit: String,
    /// How much.
    pub amount: i64,
    /// Of which currency.
    pub currency: String,
}

impl Store {
    /// What each account holds in each currency, by name: debits count up, credits count down.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn balances(&self) -> Result<Vec<(String, String, i64)>, Fault> {
        let rows = sqlx::query(
            "SELECT account, currency, CAST(SUM(amount) AS BIGINT) AS held FROM (
                 SELECT debit AS account, currency, amount FROM transfers
                 UNION ALL SELECT credit, currency, -amount FROM transfers) moved
             GROUP BY account, currency ORDER BY account, currency",
        )
        .fetch_all(&self.0.reads);
        let read = |row: &Row| Ok((row.cell("account")?, row.cell("currency")?, row.cell("held")?));
        rows.await?.iter().map(read).collect()
    }

    /// So many entries after the one of this number, the oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn journal(&self, after: i64, most: u32) -> Result<Vec<StoredEntry>, Fault> {
        self::after(&mut *self.0.reads.acquire().await?, after, most).await
    }
}

/// So many entries after the one of this number, the oldest first.
pub(super) async fn after(
    connection: &mut Connection,
    number: i64,
    most: u32,
) -> Result<Vec<StoredEntry>, Fault> {
    let rows = sqlx::query(
        "SELECT j.number, j.kind, j.because, j.at, j.digest, p.purchase_id
         FROM journal j LEFT JOIN purchases p ON p.id = j.purchase
         WHERE j.number > $1 ORDER BY j.number LIMIT $2",
    )
    .bind(number)
    .bind(i64::from(most))
    .fetch_all(&mut *connection)
    .await?;
    let mut entries = rows.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
    for entry in &mut entries {
        entry.transfers = transfers(connection, entry.number).await?;
    }
    Ok(entries)
}

/// The entry of this number.
pub(super) async fn entry(
    connection: &mut Connection,
    number: i64,
) -> Result<Option<StoredEntry>, Fault> {
    let before = after(connection, number.saturating_sub(1), 1).await?.pop();
    Ok(before.filter(|entry| entry.number == number))
}

async fn transfers(connection: &mut Connection, entry: i64) -> Result<Vec<StoredTransfer>, Fault> {
    let rows = sqlx::query(
        "SELECT line, debit, credit, amount, currency FROM transfers
         WHERE entry = $1 ORDER BY line",
    )
    .bind(entry)
    .fetch_all(connection);
    let read = |row: &Row| {
        Ok(StoredTransfer {
            line: row.cell("line")?,
            debit: row.cell("debit")?,
            credit: row.cell("credit")?,
            amount: row.cell("amount")?,
            currency: row.cell("currency")?,
        })
    };
    rows.await?.iter().map(read).collect()
}

fn stored(row: &Row) -> Result<StoredEntry, Fault> {
    let purchase: Option<&[u8]> = row.cell("purchase_id")?;
    let purchase = purchase.map(PurchaseId::try_from).transpose();
    Ok(StoredEntry {
        number: row.cell("number")?,
        kind: row.cell("kind")?,
        purchase: purchase.map_err(|_| Fault::Damaged("purchase_id"))?,
        because: row.cell("because")?,
        at: row.moment("at")?,
        digest: row.cell("digest")?,
        transfers: Vec::new(),
    })
}
