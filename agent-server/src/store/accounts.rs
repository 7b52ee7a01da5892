//! A contract as its shopper sees and changes it.

use shared_protocol::{Locale, PlanClass, Timestamp};

use super::{
    Fault, Store, contracts,
    outbox::{self, Addressee},
    row::{Cells as _, Row, class_names},
    sessions,
    writer::{Tx, Work},
};
use crate::domain::{
    account::Account,
    code::CodeHash,
    contract::{ContractStatus, KeyedHash, NumberHash, OwnLimits},
    errand::{Errand, SecurityLetter},
    session::SessionDigest,
};

/// What a shopper, or the operator for them, changes about a contract.
pub enum Change {
    /// What they want to be held to.
    Limits(OwnLimits),
    /// The language of its letters and pages.
    Language(Locale),
    /// Its code; all other sessions end.
    Code(CodeHash, SessionDigest),
    /// The number is lost: nothing can be bought by it from now on.
    Lost,
    /// A new number for a lost one, with its code.
    Number(NewNumber),
    /// A right code was typed: the wrong ones before it are forgiven.
    RightCode,
    /// A wrong one.
    WrongCode,
    /// The operator stops it, opens it again, or ends it; wrong codes are forgiven.
    Status(ContractStatus),
    /// The operator forgives the wrong codes.
    Unlock,
    /// By which classes of plan it may pay.
    Plans(Vec<PlanClass>),
}

/// A number that takes the place of another.
pub struct NewNumber {
    /// What it is looked up by.
    pub number_hash: KeyedHash,
    /// Itself, sealed for the contract's row.
    pub number_sealed: Vec<u8>,
    /// Its last two digits.
    pub number_tail: String,
    /// Its code: hashed anew, because the number is part of what is hashed.
    pub code_hash: CodeHash,
}

impl Store {
    /// The contract of this row, as its shopper sees it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn account(&self, contract: i64) -> Result<Option<Account>, Fault> {
        let row = sqlx::query("SELECT * FROM contracts WHERE id = $1")
            .bind(contract)
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The contracts that are reached by the same address as this one, itself among them: those
    /// that have not ended, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn accounts_beside(&self, contract: i64) -> Result<Vec<Account>, Fault> {
        let rows = sqlx::query(BESIDE).bind(contract).fetch_all(&self.0.reads).await?;
        rows.iter().map(read).collect()
    }

    /// The row of the contract with this number.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn contract_of_number(&self, number: &NumberHash) -> Result<Option<i64>, Fault> {
        let row = sqlx::query("SELECT id FROM contracts WHERE number_hash IN ($1, $2)")
            .bind(number.first.as_slice())
            .bind(number.other.as_slice())
            .fetch_optional(&self.0.reads)
            .await?;
        row.map(|row| row.cell("id")).transpose()
    }

    /// Changes a contract; `false` if a new number is taken, or was once.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn change(
        &self,
        contract: i64,
        change: Change,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(ChangeContract { contract, change, now }).await
    }
}

struct ChangeContract {
    contract: i64,
    change: Change,
    now: Timestamp,
}

impl Work for ChangeContract {
    type Answer = bool;
    const NAME: &'static str = "change-contract";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let query = match &self.change {
            Change::Limits(own) => {
                let limit = |limit: Option<u64>| limit.and_then(|l| i64::try_from(l).ok());
                sqlx::query(LIMITS)
                    .bind(limit(own.purchase))
                    .bind(limit(own.day))
                    .bind(limit(own.merchant))
            }
            Change::Language(locale) => sqlx::query(LANGUAGE).bind(locale.tag()),
            Change::Code(code_hash, session) => {
                sessions::end_all(tx, self.contract, Some(session)).await?;
                sqlx::query(CODE).bind(code_hash.as_bytes())
            }
            Change::Lost => sqlx::query(LOST).bind(self.now.as_millis()),
            Change::Number(new) => return self.replace(tx, new).await,
            Change::RightCode => sqlx::query(RIGHT_CODE),
            Change::WrongCode => sqlx::query(WRONG_CODE),
            Change::Status(status) => sqlx::query(STATUS).bind(status.name()),
            Change::Unlock => sqlx::query(UNLOCK),
            Change::Plans(plans) => sqlx::query(PLANS).bind(class_names(plans)),
        };
        // Each statement names the row by its last parameter.
        let done = query.bind(self.contract).execute(&mut *tx.connection).await?;
        let is_changed = done.rows_affected() == 1;
        self.stamp(tx).await?;
        let letter = match &self.change {
            Change::Code(..) => SecurityLetter::CodeChanged,
            Change::Lost => SecurityLetter::NumberStopped,
            _ => return Ok(is_changed),
        };
        if is_changed {
            let to = Addressee::Contract(self.contract);
            outbox::add_letter(tx, to, Errand::Security(letter), self.now).await?;
        }
        Ok(is_changed)
    }
}

impl ChangeContract {
    /// The old number opens nothing any more; what was bought by it stays.
    async fn replace(&self, tx: &mut Tx<'_>, new: &NewNumber) -> Result<bool, Fault> {
        let taken = sqlx::query(TAKEN)
            .bind(new.number_hash.as_slice())
            .fetch_optional(&mut *tx.connection)
            .await?;
        let number = NumberHash::both_same(new.number_hash);
        if taken.is_some() || contracts::find(tx, &number).await?.is_some() {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO lapsed_numbers (number_hash, contract, lapsed_at)
             SELECT number_hash, id, $2 FROM contracts WHERE id = $1",
        )
        .bind(self.contract)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        let done = sqlx::query(NUMBER)
            .bind(new.number_hash.as_slice())
            .bind(&new.number_sealed)
            .bind(&new.number_tail)
            .bind(new.code_hash.as_bytes())
            .bind(self.contract)
            .execute(&mut *tx.connection)
            .await?;
        self.stamp(tx).await?;
        let letter = Errand::Security(SecurityLetter::NumberReplaced);
        outbox::add_letter(tx, Addressee::Contract(self.contract), letter, self.now).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn stamp(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("UPDATE contracts SET updated_at = $2, updated_by = $3 WHERE id = $1")
            .bind(self.contract)
            .bind(self.now.as_millis())
            .bind(Self::NAME)
            .execute(&mut *tx.connection)
            .await?;
        Ok(())
    }
}

fn read(row: &Row) -> Result<Account, Fault> {
    Ok(Account {
        facts: contracts::facts(row)?,
        number_sealed: row.cell("number_sealed")?,
        number_tail: row.cell("number_tail")?,
        is_lost: row.moment_or_none("lost_at")?.is_some(),
        email: row.cell("email")?,
        locale: row.named("locale", |tag| tag.parse().ok())?,
    })
}

const BESIDE: &str = "SELECT c.* FROM contracts c
     JOIN contracts own ON lower(own.email) = lower(c.email)
     WHERE own.id = $1 AND (c.id = $1 OR c.status <> 'lapsed') ORDER BY c.id";
const LIMITS: &str = "UPDATE contracts SET purchase_limit = $1, day_limit = $2, merchant_limit = $3
     WHERE id = $4";
const LANGUAGE: &str = "UPDATE contracts SET locale = $1 WHERE id = $2";
const CODE: &str = "UPDATE contracts SET code_hash = $1, code_failures = 0 WHERE id = $2";
/// Not after five wrong ones, however many come at once.
const RIGHT_CODE: &str = "UPDATE contracts SET code_failures = 0
     WHERE id = $1 AND code_failures < 5";
const WRONG_CODE: &str = "UPDATE contracts SET code_failures = code_failures + 1 WHERE id = $1";
const STATUS: &str = "UPDATE contracts SET status = $1, code_failures = 0, lost_at = NULL
     WHERE id = $2";
const PLANS: &str = "UPDATE contracts SET plans = $1 WHERE id = $2";
const UNLOCK: &str = "UPDATE contracts SET code_failures = 0 WHERE id = $1";
/// Only what was in force: what the operator stopped stays the operator's.
const LOST: &str = "UPDATE contracts SET lost_at = $1, status = 'suspended'
     WHERE id = $2 AND status = 'active'";
const TAKEN: &str = "SELECT 1 AS taken FROM lapsed_numbers WHERE number_hash = $1";
const NUMBER: &str = "UPDATE contracts SET number_hash = $1, number_sealed = $2, number_tail = $3,
         code_hash = $4, code_failures = 0, lost_at = NULL,
         status = CASE WHEN lost_at IS NULL THEN status ELSE 'active' END
     WHERE id = $5";
