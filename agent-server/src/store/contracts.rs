//! Shoppers' contracts: limits, what is held, wrong codes.

use shared_protocol::{Amount, Locale, MerchantId, Timestamp};

use super::{
    Fault, Store,
    row::{Cells as _, Row, minor},
    writer::{Tx, Work},
};
use crate::domain::{
    code::CodeHash,
    contract::{ContractFacts, ContractStatus, KeyedHash, NumberHash, OwnLimits, Spent},
};

/// A contract to be entered.
#[derive(Clone)]
pub struct NewContract {
    /// Its row, from [`Store::fresh_id`].
    pub id: i64,
    /// What its number is looked up by.
    pub number_hash: KeyedHash,
    /// Its number, sealed for this row.
    pub number_sealed: Vec<u8>,
    /// Of its code.
    pub code_hash: CodeHash,
    /// The last two digits of its number.
    pub number_tail: String,
    /// The most that may be reserved.
    pub credit_limit: Amount,
    /// Until when it runs; `None`: without end.
    pub valid_until: Option<Timestamp>,
    /// Where questions go.
    pub email: String,
    /// The language of its letters.
    pub locale: Locale,
}

/// A contract as the operator sees it: never its number or code.
#[derive(Clone)]
pub struct ContractRow {
    /// What decisions depend on.
    pub facts: ContractFacts,
    /// The last two digits of its number.
    pub number_tail: String,
    /// When it was entered.
    pub created_at: Timestamp,
}

impl Store {
    /// Enters a contract unless its number is known already; says whether it did.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_contract(&self, contract: NewContract, now: Timestamp) -> Result<bool, Fault> {
        self.0.writer.write(AddContract { contract, now }).await
    }

    /// The slow hash of the code of the contract with this number, if there is one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn code_of(&self, number: &NumberHash) -> Result<Option<CodeHash>, Fault> {
        let row = sqlx::query("SELECT code_hash FROM contracts WHERE number_hash IN ($1, $2)")
            .bind(number.first.as_slice())
            .bind(number.other.as_slice())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(code_hash).transpose()
    }

    /// Contracts of earlier versions, whose codes are hashed under the key alone.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn bare_codes(&self) -> Result<Vec<(i64, KeyedHash)>, Fault> {
        let rows = sqlx::query("SELECT id, code_hash FROM contracts WHERE length(code_hash) = 32")
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(|row| Ok((row.cell("id")?, row.exact("code_hash")?))).collect()
    }

    /// Replaces the hash of a contract's code, if it is one of an earlier version's still.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_code(&self, contract: i64, code_hash: CodeHash) -> Result<(), Fault> {
        self.0.writer.write(SetCode { contract, code_hash }).await
    }

    /// All contracts, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn contracts(&self) -> Result<Vec<ContractRow>, Fault> {
        let rows = sqlx::query("SELECT * FROM contracts ORDER BY id").fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// What every contract's number is looked up by, with what decisions depend on: for a
    /// benchmark without storage.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn contracts_by_number(&self) -> Result<Vec<(KeyedHash, ContractFacts)>, Fault> {
        let rows = sqlx::query("SELECT * FROM contracts ORDER BY id").fetch_all(&self.0.reads);
        rows.await?.iter().map(|row| Ok((row.exact("number_hash")?, facts(row)?))).collect()
    }
}

/// What decisions depend on, of the contract with this in that column.
macro_rules! facts_by {
    ($which:literal) => {
        concat!(
            "SELECT id, code_hash, status, valid_until, code_failures, credit_limit, reserved,
                 currency, purchase_limit, day_limit, merchant_limit, plans
             FROM contracts WHERE ",
            $which
        )
    };
}

/// The contract of this number, inside a transaction.
pub(super) async fn find(
    tx: &mut Tx<'_>,
    number: &NumberHash,
) -> Result<Option<ContractFacts>, Fault> {
    let query = sqlx::query(facts_by!("number_hash IN ($1, $2)")).bind(number.first.as_slice());
    let query = query.bind(number.other.as_slice());
    query.fetch_optional(&mut *tx.connection).await?.as_ref().map(facts).transpose()
}

/// The contract of this row, inside a transaction.
pub(super) async fn find_row(tx: &mut Tx<'_>, id: i64) -> Result<Option<ContractFacts>, Fault> {
    let query = sqlx::query(facts_by!("id = $1"));
    query.bind(id).fetch_optional(&mut *tx.connection).await?.as_ref().map(facts).transpose()
}

/// What a contract has bought since this moment and not called off.
pub(super) async fn spent(
    tx: &mut Tx<'_>,
    contract: i64,
    merchant: &MerchantId,
    since: Timestamp,
) -> Result<Spent, Fault> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT) AS today,
             CAST(COALESCE(SUM(CASE WHEN merchant = $3 THEN total ELSE 0 END), 0) AS BIGINT)
                 AS at_merchant
         FROM purchases
         WHERE contract = $1 AND created_at >= $2
             AND state IN ('granted', 'accepted', 'confirmed')",
    )
    .bind(contract)
    .bind(since.as_millis())
    .bind(merchant.as_str())
    .fetch_one(&mut *tx.connection)
    .await?;
    Ok(Spent { today: row.count("today")?, at_merchant: row.count("at_merchant")? })
}

/// How often codes were tried for a number that is no contract.
pub(super) async fn stranger_failures(tx: &mut Tx<'_>, number: &NumberHash) -> Result<u32, Fault> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(code_failures), 0) AS BIGINT) AS code_failures FROM strangers
         WHERE number_hash IN ($1, $2)",
    )
    .bind(number.first.as_slice())
    .bind(number.other.as_slice())
    .fetch_one(&mut *tx.connection)
    .await?;
    row.count("code_failures")
}

/// Lets go of what a purchase held.
pub(super) async fn release(
    tx: &mut Tx<'_>,
    contract: i64,
    amount: Amount,
    now: Timestamp,
    by: &'static str,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE contracts SET reserved = reserved - $2, updated_at = $3, updated_by = $4
         WHERE id = $1",
    )
    .bind(contract)
    .bind(minor(amount))
    .bind(now.as_millis())
    .bind(by)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// Forgets the wrong codes before the right one.
pub(super) async fn forgive(
    tx: &mut Tx<'_>,
    contract: i64,
    (now, by): (Timestamp, &'static str),
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE contracts SET code_failures = 0, updated_at = $2, updated_by = $3 WHERE id = $1",
    )
    .bind(contract)
    .bind(now.as_millis())
    .bind(by)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// Counts a wrong code, of a contract or of a number that is none.
pub(super) async fn count_failure(
    tx: &mut Tx<'_>,
    contract: Option<i64>,
    number: &NumberHash,
    now: Timestamp,
    by: &'static str,
) -> Result<(), Fault> {
    let query = match contract {
        Some(contract) => sqlx::query(
            "UPDATE contracts SET code_failures = code_failures + 1, updated_at = $2,
                 updated_by = $3
             WHERE id = $1",
        )
        .bind(contract)
        .bind(now.as_millis())
        .bind(by),
        None => sqlx::query(
            "INSERT INTO strangers (number_hash, code_failures, updated_at) VALUES ($1, 1, $2)
             ON CONFLICT (number_hash) DO UPDATE
             SET code_failures = strangers.code_failures + 1, updated_at = $2",
        )
        .bind(number.first.to_vec())
        .bind(now.as_millis()),
    };
    query.execute(&mut *tx.connection).await?;
    Ok(())
}

struct AddContract {
    contract: NewContract,
    now: Timestamp,
}

impl Work for AddContract {
    type Answer = bool;
    const NAME: &'static str = "add-contract";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        add(tx, &self.contract, self.now, Self::NAME).await
    }
}

/// Enters a contract; `false` if its number is taken, or was before it was lost.
pub(super) async fn add(
    tx: &mut Tx<'_>,
    contract: &NewContract,
    now: Timestamp,
    by: &'static str,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "INSERT INTO contracts (id, number_hash, number_tail, number_sealed, code_hash,
             credit_limit, reserved, currency, status, valid_until, code_failures, email, locale,
             created_at, updated_at, updated_by)
         SELECT $1, $2, $3, $12, $4, $5, 0, $6, 'active', $7, 0, $8, $9, $10, $10, $11
         WHERE NOT EXISTS (SELECT 1 FROM lapsed_numbers WHERE number_hash = $2)
         ON CONFLICT (number_hash) DO NOTHING",
    )
    .bind(contract.id)
    .bind(contract.number_hash.as_slice())
    .bind(&contract.number_tail)
    .bind(contract.code_hash.as_bytes())
    .bind(minor(contract.credit_limit))
    .bind(contract.credit_limit.currency.code())
    .bind(contract.valid_until.map(Timestamp::as_millis))
    .bind(&contract.email)
    .bind(contract.locale.tag())
    .bind(now.as_millis())
    .bind(by)
    .bind(&contract.number_sealed)
    .execute(&mut *tx.connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

struct SetCode {
    contract: i64,
    code_hash: CodeHash,
}

impl Work for SetCode {
    type Answer = ();
    const NAME: &'static str = "set-code";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "UPDATE contracts SET code_hash = $2, updated_by = $3
             WHERE id = $1 AND length(code_hash) = 32",
        )
        .bind(self.contract)
        .bind(self.code_hash.as_bytes())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

pub(super) fn read(row: &Row) -> Result<ContractRow, Fault> {
    Ok(ContractRow {
        facts: facts(row)?,
        number_tail: row.cell("number_tail")?,
        created_at: row.moment("created_at")?,
    })
}

pub(super) fn facts(row: &Row) -> Result<ContractFacts, Fault> {
    Ok(ContractFacts {
        id: row.cell("id")?,
        code_hash: code_hash(row)?,
        status: row.named("status", ContractStatus::from_name)?,
        valid_until: row.moment_or_none("valid_until")?,
        code_failures: row.count("code_failures")?,
        credit_limit: row.amount("credit_limit", "currency")?,
        reserved: row.count("reserved")?,
        own: OwnLimits {
            purchase: limit(row, "purchase_limit")?,
            day: limit(row, "day_limit")?,
            merchant: limit(row, "merchant_limit")?,
        },
        plans: row.classes("plans")?,
        deposit: None,
    })
}

fn code_hash(row: &Row) -> Result<CodeHash, Fault> {
    CodeHash::read(row.cell("code_hash")?).ok_or(Fault::Damaged("code_hash"))
}

fn limit(row: &Row, column: &'static str) -> Result<Option<u64>, Fault> {
    let limit: Option<i64> = row.cell(column)?;
    limit.map(|limit| u64::try_from(limit).map_err(|_| Fault::Damaged(column))).transpose()
}
