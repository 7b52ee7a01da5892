//! Passkeys of the desk's people, and the challenges that they have answered.

use passkeys::{NewPasskey, Used};
use sqlx::FromRow;

use crate::domain::desk::{Challenge, PersonPasskey};
use crate::store::{Fault, Store, Tx};

impl Store {
    /// The passkey of this id, of somebody who was not removed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn person_passkey(&self, id: &[u8]) -> Result<Option<PersonPasskey>, Fault> {
        let sql = "SELECT k.id, k.person, p.handle, k.credential_id, k.public_key, k.transports,
                k.backup_eligible
            FROM person_passkeys k JOIN people p ON p.id = k.person
            WHERE k.credential_id = $1 AND p.removed_at IS NULL";
        let row: Option<PasskeyRow> =
            sqlx::query_as(sql).bind(id).fetch_optional(&self.0.reading).await?;
        row.map(PasskeyRow::passkey).transpose()
    }

    /// All of somebody, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn person_passkeys(&self, person: i64) -> Result<Vec<PersonPasskey>, Fault> {
        let sql = "SELECT k.id, k.person, p.handle, k.credential_id, k.public_key, k.transports,
                k.backup_eligible
            FROM person_passkeys k JOIN people p ON p.id = k.person
            WHERE k.person = $1 ORDER BY k.id";
        let rows: Vec<PasskeyRow> =
            sqlx::query_as(sql).bind(person).fetch_all(&self.0.reading).await?;
        rows.into_iter().map(PasskeyRow::passkey).collect()
    }
}

impl Tx<'_> {
    /// Enters a passkey; `false` if there is one of its id.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_person_passkey(
        &mut self,
        person: i64,
        new: &NewPasskey,
        transports: &str,
    ) -> Result<bool, Fault> {
        let sql = "INSERT INTO person_passkeys (id, person, credential_id, public_key, counter,
                transports, backup_eligible, backed_up, created_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
        let done = sqlx::query(sql)
            .bind(self.next_id())
            .bind(person)
            .bind(new.credential_id())
            .bind(new.public_key())
            .bind(i64::from(new.counter()))
            .bind(transports)
            .bind(i64::from(new.backup_eligible()))
            .bind(i64::from(new.backed_up()))
            .bind(self.now.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that a passkey was used; `false` if its counter does not rise (WebAuthn §7.2 step 22).
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn use_person_passkey(&mut self, passkey: i64, used: Used) -> Result<bool, Fault> {
        let sql = "UPDATE person_passkeys
            SET counter = $2, backed_up = $3, last_used_at = $4, updated_by = $5
            WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))";
        let done = sqlx::query(sql)
            .bind(passkey)
            .bind(i64::from(used.counter()))
            .bind(i64::from(used.backed_up()))
            .bind(self.now.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Uses up a challenge; `false` if it was answered before. What has lapsed is forgotten.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn spend_challenge(&mut self, challenge: &Challenge) -> Result<bool, Fault> {
        let forget = "DELETE FROM person_challenges WHERE expires_at <= $1";
        let lapsed = sqlx::query(forget).bind(self.now.as_millis());
        lapsed.execute(&mut *self.transaction).await?;
        let sql = "INSERT INTO person_challenges (digest, expires_at) VALUES ($1, $2)
            ON CONFLICT DO NOTHING";
        let done = sqlx::query(sql)
            .bind(challenge.digest().as_slice())
            .bind(challenge.expires().as_millis())
            .execute(&mut *self.transaction)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

#[derive(FromRow)]
struct PasskeyRow {
    id: i64,
    person: i64,
    handle: Vec<u8>,
    credential_id: Vec<u8>,
    public_key: Vec<u8>,
    transports: String,
    backup_eligible: i64,
}

impl PasskeyRow {
    fn passkey(self) -> Result<PersonPasskey, Fault> {
        Ok(PersonPasskey {
            id: self.id,
            person: self.person,
            handle: self.handle.as_slice().try_into().map_err(|_| Fault::Damaged("handle"))?,
            credential_id: self.credential_id,
            public_key: self.public_key,
            transports: self.transports,
            backup_eligible: self.backup_eligible != 0,
        })
    }
}
