//! Operators' passkeys, and what was signed with them, each challenge once.

use shared_protocol::Timestamp;

use super::acts;
use crate::{
    domain::{
        operator::{Enrolled, LinkDigest},
        passkey::{Challenge, NewPasskey, OperatorAsserted, OperatorPasskey, counter_rises},
    },
    store::{
        Fault, PasskeyLabel, Store, Used,
        passkeys::spend,
        row::{Cells as _, Row},
        writer::{Tx, Work},
    },
};

impl Store {
    /// The operator's passkey of this id, unless they were removed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn operator_passkey(
        &self,
        credential_id: &[u8],
    ) -> Result<Option<OperatorPasskey>, Fault> {
        let row = sqlx::query(
            "SELECT k.*, o.handle FROM operator_passkeys k JOIN operators o ON o.id = k.operator
             WHERE k.credential_id = $1 AND o.removed_at IS NULL",
        )
        .bind(credential_id)
        .fetch_optional(&self.0.reads)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// All of an operator, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn operator_passkeys(&self, operator: i64) -> Result<Vec<OperatorPasskey>, Fault> {
        let rows = sqlx::query(
            "SELECT k.*, o.handle FROM operator_passkeys k JOIN operators o ON o.id = k.operator
             WHERE k.operator = $1 ORDER BY k.id",
        )
        .bind(operator)
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// Enters a passkey of whoever has this link, and uses the link up.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn enrol_operator(
        &self,
        link: LinkDigest,
        passkey: NewPasskey,
        label: PasskeyLabel,
        challenge: Challenge,
        now: Timestamp,
    ) -> Result<Enrolled, Fault> {
        self.0.writer.write(Enrol { link, passkey, label, challenge, now }).await
    }

    /// Notes that an operator's passkey was used.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn use_operator_passkey(
        &self,
        said: OperatorAsserted,
        challenge: Challenge,
        now: Timestamp,
    ) -> Result<Used, Fault> {
        self.0.writer.write(Use { said, challenge, now }).await
    }
}

struct Enrol {
    link: LinkDigest,
    passkey: NewPasskey,
    label: PasskeyLabel,
    challenge: Challenge,
    now: Timestamp,
}

impl Work for Enrol {
    type Answer = Enrolled;
    const NAME: &'static str = "enrol-operator";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Enrolled, Fault> {
        let row = sqlx::query(
            "SELECT l.operator FROM operator_links l JOIN operators o ON o.id = l.operator
             WHERE l.token_digest = $1 AND l.used_at IS NULL AND l.expires_at > $2
                 AND o.removed_at IS NULL",
        )
        .bind(self.link.0.as_slice())
        .bind(self.now.as_millis())
        .fetch_optional(&mut *tx.connection)
        .await?;
        let Some(row) = row else { return Ok(Enrolled::Over) };
        let operator: i64 = row.cell("operator")?;
        if !spend(tx, &self.challenge, self.now).await? {
            return Ok(Enrolled::Over);
        }
        if !self.add(tx, operator).await? {
            return Ok(Enrolled::Taken);
        }
        let used = sqlx::query(
            "UPDATE operator_links SET used_at = $2 WHERE token_digest = $1 AND used_at IS NULL",
        )
        .bind(self.link.0.as_slice())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        if used.rows_affected() != 1 {
            return Err(Fault::Raced);
        }
        acts::append(tx, operator, "passkey-added", "", self.now).await?;
        Ok(Enrolled::Now(operator))
    }
}

impl Enrol {
    async fn add(&self, tx: &mut Tx<'_>, operator: i64) -> Result<bool, Fault> {
        let passkey = &self.passkey;
        let done = sqlx::query(
            "INSERT INTO operator_passkeys (id, operator, credential_id, public_key, counter,
                 transports, backup_eligible, backed_up, created_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (credential_id) DO NOTHING",
        )
        .bind(tx.id(self.now))
        .bind(operator)
        .bind(passkey.credential_id())
        .bind(passkey.public_key())
        .bind(i64::from(passkey.counter()))
        .bind(&self.label.transports)
        .bind(i64::from(passkey.backup_eligible()))
        .bind(i64::from(passkey.backed_up()))
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

struct Use {
    said: OperatorAsserted,
    challenge: Challenge,
    now: Timestamp,
}

impl Work for Use {
    type Answer = Used;
    const NAME: &'static str = "use-operator-passkey";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Used, Fault> {
        let row = sqlx::query("SELECT counter FROM operator_passkeys WHERE id = $1")
            .bind(self.said.passkey())
            .fetch_optional(&mut *tx.connection)
            .await?;
        let Some(row) = row else { return Ok(Used::Gone) };
        let before = row.count("counter")?;
        if !spend(tx, &self.challenge, self.now).await? {
            return Ok(Used::Spent);
        }
        if !counter_rises(before, self.said.counter()) {
            return Ok(Used::Cloned);
        }
        let done = sqlx::query(
            "UPDATE operator_passkeys SET counter = $2, backed_up = $3, last_used_at = $4,
                 updated_by = $5
             WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))",
        )
        .bind(self.said.passkey())
        .bind(i64::from(self.said.counter()))
        .bind(i64::from(self.said.backed_up()))
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() == 1 { Ok(Used::Now) } else { Err(Fault::Raced) }
    }
}

fn read(row: &Row) -> Result<OperatorPasskey, Fault> {
    Ok(OperatorPasskey {
        id: row.cell("id")?,
        operator: row.cell("operator")?,
        user_handle: row.exact("handle")?,
        credential_id: row.cell("credential_id")?,
        public_key: row.cell("public_key")?,
        transports: row.cell("transports")?,
        backup_eligible: row.count::<u8>("backup_eligible")? == 1,
    })
}
