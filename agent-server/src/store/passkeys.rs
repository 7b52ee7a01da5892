//! Shoppers' passkeys, and the challenges that were answered with them, each once.

use shared_protocol::Timestamp;

use super::{
    Fault, Store,
    outbox::{self, Addressee},
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{
    errand::{Errand, SecurityLetter},
    passkey::{Asserted, Challenge, NewPasskey, PASSKEYS_MAX, Passkey, UserHandle, counter_rises},
};

/// What a passkey's owner and browser say of it: nothing depends on it.
#[derive(Clone, Debug)]
pub struct PasskeyLabel {
    /// What its owner calls it.
    pub name: String,
    /// How browsers reach it, space between.
    pub transports: String,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is entered.
    Now,
    /// Its challenge was answered before.
    Spent,
    /// There is one of that id.
    Taken,
    /// The contract has as many as it may.
    Full,
}

/// What became of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// It counts.
    Now,
    /// Its challenge was answered before.
    Spent,
    /// Its counter did not rise: there are two of it.
    Cloned,
    /// It was removed meanwhile.
    Gone,
}

impl Store {
    /// The passkey of this id.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn passkey(&self, credential_id: &[u8]) -> Result<Option<Passkey>, Fault> {
        let row = sqlx::query(
            "SELECT k.*, u.handle FROM passkeys k JOIN passkey_users u ON u.contract = k.contract
             WHERE k.credential_id = $1",
        )
        .bind(credential_id)
        .fetch_optional(&self.0.reads)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// All of a contract, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn passkeys(&self, contract: i64) -> Result<Vec<Passkey>, Fault> {
        let rows = sqlx::query(
            "SELECT k.*, u.handle FROM passkeys k JOIN passkey_users u ON u.contract = k.contract
             WHERE k.contract = $1 ORDER BY k.id",
        )
        .bind(contract)
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// The last two digits of a contract's number, by which its owner knows it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn contract_tail(&self, contract: i64) -> Result<String, Fault> {
        let row = sqlx::query("SELECT number_tail FROM contracts WHERE id = $1")
            .bind(contract)
            .fetch_one(&self.0.reads)
            .await?;
        row.cell("number_tail")
    }

    /// What authenticators call a contract: `fresh` if they have no name for it yet.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn passkey_user(
        &self,
        contract: i64,
        fresh: UserHandle,
        now: Timestamp,
    ) -> Result<UserHandle, Fault> {
        self.0.writer.write(NameUser { contract, fresh, now }).await
    }

    /// Enters a passkey of this contract.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_passkey(
        &self,
        contract: i64,
        passkey: NewPasskey,
        label: PasskeyLabel,
        challenge: Challenge,
        now: Timestamp,
    ) -> Result<Added, Fault> {
        self.0.writer.write(Add { contract, passkey, label, challenge, now }).await
    }

    /// Notes that a passkey was used to sign in.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn use_passkey(
        &self,
        said: Asserted,
        challenge: Challenge,
        now: Timestamp,
    ) -> Result<Used, Fault> {
        self.0.writer.write(Use { said, challenge, now }).await
    }

    /// Calls a contract's passkey otherwise, or removes it where `name` is `None`; says whether
    /// there is one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn change_passkey(
        &self,
        contract: i64,
        passkey: i64,
        name: Option<String>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(Change { contract, passkey, name, now }).await
    }
}

/// A passkey's counter as it is kept, inside a transaction.
pub(super) async fn counter(tx: &mut Tx<'_>, passkey: i64) -> Result<Option<u32>, Fault> {
    let row = sqlx::query("SELECT counter FROM passkeys WHERE id = $1")
        .bind(passkey)
        .fetch_optional(&mut *tx.connection)
        .await?;
    row.map(|row| row.count("counter")).transpose()
}

/// Keeps the counter that a passkey's word named, if it rises; says whether it does.
pub(super) async fn advance(
    tx: &mut Tx<'_>,
    said: &Asserted,
    now: Timestamp,
    by: &'static str,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE passkeys SET counter = $2, backed_up = $3, last_used_at = $4, updated_at = $4,
             updated_by = $5
         WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))",
    )
    .bind(said.passkey())
    .bind(i64::from(said.counter()))
    .bind(i64::from(said.backed_up()))
    .bind(now.as_millis())
    .bind(by)
    .execute(&mut *tx.connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a challenge has been answered; `false` if it was before. What has expired is
/// refused by its own date and need not be kept.
pub(super) async fn spend(
    tx: &mut Tx<'_>,
    challenge: &Challenge,
    now: Timestamp,
) -> Result<bool, Fault> {
    sqlx::query("DELETE FROM spent_challenges WHERE expires_at <= $1")
        .bind(now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
    let done = sqlx::query(
        "INSERT INTO spent_challenges (challenge_digest, expires_at) VALUES ($1, $2)
         ON CONFLICT (challenge_digest) DO NOTHING",
    )
    .bind(challenge.digest().to_vec())
    .bind(challenge.expires().as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

struct NameUser {
    contract: i64,
    fresh: UserHandle,
    now: Timestamp,
}

impl Work for NameUser {
    type Answer = UserHandle;
    const NAME: &'static str = "name-passkey-user";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<UserHandle, Fault> {
        sqlx::query(
            "INSERT INTO passkey_users (contract, handle, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (contract) DO NOTHING",
        )
        .bind(self.contract)
        .bind(self.fresh.as_slice())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        let row = sqlx::query("SELECT handle FROM passkey_users WHERE contract = $1")
            .bind(self.contract)
            .fetch_one(&mut *tx.connection)
            .await?;
        row.exact("handle")
    }
}

struct Add {
    contract: i64,
    passkey: NewPasskey,
    label: PasskeyLabel,
    challenge: Challenge,
    now: Timestamp,
}

impl Work for Add {
    type Answer = Added;
    const NAME: &'static str = "add-passkey";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Added, Fault> {
        if !spend(tx, &self.challenge, self.now).await? {
            return Ok(Added::Spent);
        }
        if count(tx, self.contract).await? >= PASSKEYS_MAX {
            return Ok(Added::Full);
        }
        let passkey = &self.passkey;
        let done = sqlx::query(
            "INSERT INTO passkeys (id, contract, credential_id, public_key, counter, transports,
                 backup_eligible, backed_up, name, created_at, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)
             ON CONFLICT (credential_id) DO NOTHING",
        )
        .bind(tx.id(self.now))
        .bind(self.contract)
        .bind(passkey.credential_id())
        .bind(passkey.public_key())
        .bind(i64::from(passkey.counter()))
        .bind(&self.label.transports)
        .bind(i64::from(passkey.backup_eligible()))
        .bind(i64::from(passkey.backed_up()))
        .bind(&self.label.name)
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        // An answered challenge stays answered, whatever came of it.
        if done.rows_affected() != 1 {
            return Ok(Added::Taken);
        }
        let letter = Errand::Security(SecurityLetter::PasskeyAdded);
        outbox::add_letter(tx, Addressee::Contract(self.contract), letter, self.now).await?;
        Ok(Added::Now)
    }
}

async fn count(tx: &mut Tx<'_>, contract: i64) -> Result<usize, Fault> {
    let row = sqlx::query("SELECT COUNT(*) AS passkeys FROM passkeys WHERE contract = $1")
        .bind(contract)
        .fetch_one(&mut *tx.connection)
        .await?;
    row.count("passkeys")
}

struct Use {
    said: Asserted,
    challenge: Challenge,
    now: Timestamp,
}

impl Work for Use {
    type Answer = Used;
    const NAME: &'static str = "use-passkey";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Used, Fault> {
        let Some(before) = counter(tx, self.said.passkey()).await? else { return Ok(Used::Gone) };
        if !spend(tx, &self.challenge, self.now).await? {
            return Ok(Used::Spent);
        }
        if !counter_rises(before, self.said.counter()) {
            return Ok(Used::Cloned);
        }
        let advanced = advance(tx, &self.said, self.now, Self::NAME).await?;
        if advanced { Ok(Used::Now) } else { Err(Fault::Raced) }
    }
}

struct Change {
    contract: i64,
    passkey: i64,
    name: Option<String>,
    now: Timestamp,
}

impl Work for Change {
    type Answer = bool;
    const NAME: &'static str = "change-passkey";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let query = match &self.name {
            Some(name) => sqlx::query(
                "UPDATE passkeys SET name = $3, updated_at = $4, updated_by = $5
                 WHERE id = $1 AND contract = $2",
            )
            .bind(self.passkey)
            .bind(self.contract)
            .bind(name)
            .bind(self.now.as_millis())
            .bind(Self::NAME),
            None => sqlx::query("DELETE FROM passkeys WHERE id = $1 AND contract = $2")
                .bind(self.passkey)
                .bind(self.contract),
        };
        let done = query.execute(&mut *tx.connection).await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &Row) -> Result<Passkey, Fault> {
    Ok(Passkey {
        id: row.cell("id")?,
        contract: row.cell("contract")?,
        user_handle: row.exact("handle")?,
        credential_id: row.cell("credential_id")?,
        public_key: row.cell("public_key")?,
        counter: row.count("counter")?,
        transports: row.cell("transports")?,
        backup_eligible: row.count::<u8>("backup_eligible")? == 1,
        backed_up: row.count::<u8>("backed_up")? == 1,
        name: row.cell("name")?,
        created_at: row.moment("created_at")?,
        last_used_at: row.moment_or_none("last_used_at")?,
    })
}
