//! Shoppers' contracts: limits, what is held, wrong codes.

use shared_protocol::{Amount, Locale, PlanClass, Timestamp};

use super::{
    Fault, Store,
    row::{Cells as _, Row, class_names, minor},
    writer::{Tx, Work},
};
use crate::domain::contract::{Claim, ContractFacts, ContractStatus, KeyedHash};

/// A contract to be entered.
#[derive(Clone)]
pub struct NewContract {
    /// Its number and code, hashed.
    pub claim: Claim,
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
#[derive(Clone, Debug)]
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

    /// Sets the status of the contract with this number and forgives its wrong codes; says
    /// whether there is one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_contract_status(
        &self,
        number_hash: KeyedHash,
        status: ContractStatus,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(SetStatus { number_hash, status, now }).await
    }

    /// Sets the classes of plan that the contract with this number allows; says whether there is
    /// one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_contract_plans(
        &self,
        number_hash: KeyedHash,
        plans: Vec<PlanClass>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(SetPlans { number_hash, plans, now }).await
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

/// The contract of this number, inside a transaction.
pub(super) async fn find(
    tx: &mut Tx<'_>,
    number_hash: &KeyedHash,
) -> Result<Option<ContractFacts>, Fault> {
    let query = "SELECT id, code_hash, status, valid_until, code_failures, credit_limit, reserved,
             currency, plans FROM contracts WHERE number_hash = $1";
    let row =
        sqlx::query(query).bind(number_hash.as_slice()).fetch_optional(&mut *tx.connection).await?;
    row.as_ref().map(facts).transpose()
}

/// How often codes were tried for a number that is no contract.
pub(super) async fn stranger_failures(
    tx: &mut Tx<'_>,
    number_hash: &KeyedHash,
) -> Result<u32, Fault> {
    let row = sqlx::query("SELECT code_failures FROM strangers WHERE number_hash = $1")
        .bind(number_hash.as_slice())
        .fetch_optional(&mut *tx.connection)
        .await?;
    row.map_or(Ok(0), |row| row.count("code_failures"))
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

/// Counts a wrong code, of a contract or of a number that is none.
pub(super) async fn count_failure(
    tx: &mut Tx<'_>,
    contract: Option<i64>,
    number_hash: &KeyedHash,
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
        .bind(number_hash.to_vec())
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
        let contract = &self.contract;
        let done = sqlx::query(
            "INSERT INTO contracts (id, number_hash, number_tail, code_hash, credit_limit,
                 reserved, currency, status, valid_until, code_failures, email, locale,
                 created_at, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, 0, $6, 'active', $7, 0, $8, $9, $10, $10, $11)
             ON CONFLICT (number_hash) DO NOTHING",
        )
        .bind(tx.id(self.now))
        .bind(contract.claim.number_hash.as_slice())
        .bind(&contract.number_tail)
        .bind(contract.claim.code_hash.as_slice())
        .bind(minor(contract.credit_limit))
        .bind(contract.credit_limit.currency.code())
        .bind(contract.valid_until.map(Timestamp::as_millis))
        .bind(&contract.email)
        .bind(contract.locale.tag())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

struct SetStatus {
    number_hash: KeyedHash,
    status: ContractStatus,
    now: Timestamp,
}

impl Work for SetStatus {
    type Answer = bool;
    const NAME: &'static str = "set-contract-status";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE contracts SET status = $2, code_failures = 0, updated_at = $3, updated_by = $4
             WHERE number_hash = $1",
        )
        .bind(self.number_hash.as_slice())
        .bind(self.status.name())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

struct SetPlans {
    number_hash: KeyedHash,
    plans: Vec<PlanClass>,
    now: Timestamp,
}

impl Work for SetPlans {
    type Answer = bool;
    const NAME: &'static str = "set-contract-plans";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE contracts SET plans = $2, updated_at = $3, updated_by = $4
             WHERE number_hash = $1",
        )
        .bind(self.number_hash.as_slice())
        .bind(class_names(&self.plans))
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &Row) -> Result<ContractRow, Fault> {
    Ok(ContractRow {
        facts: facts(row)?,
        number_tail: row.cell("number_tail")?,
        created_at: row.moment("created_at")?,
    })
}

fn facts(row: &Row) -> Result<ContractFacts, Fault> {
    Ok(ContractFacts {
        id: row.cell("id")?,
        code_hash: row.exact::<KeyedHash>("code_hash")?,
        status: row.named("status", ContractStatus::from_name)?,
        valid_until: row.moment_or_none("valid_until")?,
        code_failures: row.count("code_failures")?,
        credit_limit: row.amount("credit_limit", "currency")?,
        reserved: row.count("reserved")?,
        plans: row.classes("plans")?,
    })
}
