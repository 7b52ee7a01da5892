//! Shoppers' accounts at this bank: what is in them, and what of it is held for transfers.

use shared_protocol::{Amount, Timestamp};

use super::{
    Fault, Store, journal,
    row::{Cells as _, Row, minor},
    writer::{Tx, Work},
};
use crate::domain::transfer::{Deposit, Rail, paid_in_entry};

impl Store {
    /// The account of a contract, if it has one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn deposit(&self, contract: i64) -> Result<Option<Deposit>, Fault> {
        let row = sqlx::query(OF_CONTRACT).bind(contract).fetch_optional(&self.0.reads).await?;
        row.as_ref().map(read).transpose()
    }

    /// Pays into the account of a contract, and opens it if there is none; `false` where the
    /// account is in another currency, or nothing was paid.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn pay_in(
        &self,
        contract: i64,
        amount: Amount,
        rail: Rail,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(PayIn { contract, amount, rail, now }).await
    }
}

/// The account of a contract, inside a transaction.
pub(super) async fn find(tx: &mut Tx<'_>, contract: i64) -> Result<Option<Deposit>, Fault> {
    let row = sqlx::query(OF_CONTRACT).bind(contract).fetch_optional(&mut *tx.connection).await?;
    row.as_ref().map(read).transpose()
}

/// Holds, lets go, takes: changes both sums at once. Whoever asks for more than there is has raced.
pub(super) async fn change(
    tx: &mut Tx<'_>,
    contract: i64,
    (balance, held): (i64, i64),
    (now, by): (Timestamp, &'static str),
) -> Result<(), Fault> {
    let done = sqlx::query(
        "UPDATE deposits SET balance = balance + $2, held = held + $3, updated_at = $4,
             updated_by = $5
         WHERE contract = $1 AND held + $3 >= 0 AND held + $3 <= balance + $2",
    )
    .bind(contract)
    .bind(balance)
    .bind(held)
    .bind(now.as_millis())
    .bind(by)
    .execute(&mut *tx.connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
}

/// Takes in what comes back to an account that there is.
pub(super) async fn receive(
    tx: &mut Tx<'_>,
    contract: i64,
    amount: Amount,
    stamp: (Timestamp, &'static str),
) -> Result<(), Fault> {
    change(tx, contract, (minor(amount), 0), stamp).await?;
    note(tx, contract, amount, stamp).await
}

/// Notes what was paid into an account, with its entry.
async fn note(
    tx: &mut Tx<'_>,
    contract: i64,
    amount: Amount,
    (at, by): (Timestamp, &'static str),
) -> Result<(), Fault> {
    let id = tx.id(at);
    let entry = paid_in_entry(id, contract, amount).ok_or(Fault::Damaged("amount"))?;
    let new = journal::New { entry: &entry, purchase: None, at, by };
    let head = journal::append(tx, new).await?;
    sqlx::query(
        "INSERT INTO deposit_payments (id, contract, amount, entry, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(contract)
    .bind(minor(amount))
    .bind(i64::try_from(head.number).map_err(|_| Fault::Damaged("number"))?)
    .bind(at.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

struct PayIn {
    contract: i64,
    amount: Amount,
    rail: Rail,
    now: Timestamp,
}

impl Work for PayIn {
    type Answer = bool;
    const NAME: &'static str = "pay-in";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let before = find(tx, self.contract).await?;
        if before.is_some_and(|deposit| deposit.currency != self.amount.currency) {
            return Ok(false);
        }
        if self.amount.minor == 0 {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO deposits (contract, currency, balance, held, rail, updated_at, updated_by)
             VALUES ($1, $2, $3, 0, $4, $5, $6)
             ON CONFLICT (contract) DO UPDATE SET balance = deposits.balance + $3, rail = $4,
                 updated_at = $5, updated_by = $6",
        )
        .bind(self.contract)
        .bind(self.amount.currency.code())
        .bind(minor(self.amount))
        .bind(self.rail.name())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        note(tx, self.contract, self.amount, (self.now, Self::NAME)).await?;
        Ok(true)
    }
}

fn read(row: &Row) -> Result<Deposit, Fault> {
    Ok(Deposit {
        currency: row.named("currency", |code| code.parse().ok())?,
        balance: row.count("balance")?,
        held: row.count("held")?,
        rail: row.named("rail", Rail::from_name)?,
    })
}

const OF_CONTRACT: &str = "SELECT currency, balance, held, rail FROM deposits WHERE contract = $1";
