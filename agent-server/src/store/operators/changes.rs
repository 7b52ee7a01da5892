//! What one operator changes by a passkey: kept as it is signed for, done once.

use shared_protocol::{Digest, Timestamp};

use super::acts;
use crate::{
    domain::operator::{PreparedChange, Signed},
    store::{
        Fault, Store,
        row::{Cells as _, Row},
        writer::{Tx, Work},
    },
};

/// A change to be kept.
#[derive(Clone, Debug)]
pub struct NewChange {
    /// Its row, from [`Store::fresh_id`].
    pub id: i64,
    /// What is changed, as it is signed for.
    pub what: String,
    /// The digest of it.
    pub digest: Digest,
    /// Who changes it.
    pub by: i64,
    /// From when on it cannot be signed.
    pub lapses_at: Timestamp,
}

impl Store {
    /// Keeps a change that is not signed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_change(&self, new: NewChange, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(Add { new, now }).await
    }

    /// The change of this row.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn prepared_change(&self, id: i64) -> Result<Option<PreparedChange>, Fault> {
        let row = sqlx::query("SELECT * FROM changes WHERE id = $1").bind(id);
        row.fetch_optional(&self.0.reads).await?.as_ref().map(read).transpose()
    }

    /// Takes the word of a passkey for a change, and writes down what is about to be done; `false`
    /// if it was taken before, or is too late.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn sign_change(
        &self,
        word: Signed,
        (act, about): (&'static str, String),
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(Sign { word, act, about, now }).await
    }

    /// Notes that a change was done.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn end_change(&self, id: i64, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(End { id, now }).await
    }
}

struct Add {
    new: NewChange,
    now: Timestamp,
}

impl Work for Add {
    type Answer = ();
    const NAME: &'static str = "add-change";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO changes (id, what, digest, operator, drafted_at, lapses_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.new.id)
        .bind(&self.new.what)
        .bind(self.new.digest.as_bytes().as_slice())
        .bind(self.new.by)
        .bind(self.now.as_millis())
        .bind(self.new.lapses_at.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

struct Sign {
    word: Signed,
    act: &'static str,
    about: String,
    now: Timestamp,
}

impl Work for Sign {
    type Answer = bool;
    const NAME: &'static str = "sign-change";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let digest = self.word.digest();
        let done = sqlx::query(
            "UPDATE changes SET signed_at = $4
             WHERE id = $1 AND operator = $2 AND digest = $3 AND signed_at IS NULL
                 AND lapses_at > $4",
        )
        .bind(self.word.id())
        .bind(self.word.operator())
        .bind(digest.as_bytes().as_slice())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        acts::append(tx, self.word.operator(), self.act, &self.about, self.now).await?;
        Ok(true)
    }
}

struct End {
    id: i64,
    now: Timestamp,
}

impl Work for End {
    type Answer = ();
    const NAME: &'static str = "end-change";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("UPDATE changes SET done_at = $2 WHERE id = $1 AND signed_at IS NOT NULL")
            .bind(self.id)
            .bind(self.now.as_millis())
            .execute(&mut *tx.connection)
            .await?;
        Ok(())
    }
}

fn read(row: &Row) -> Result<PreparedChange, Fault> {
    Ok(PreparedChange {
        id: row.cell("id")?,
        what: row.cell("what")?,
        digest: row.exact("digest")?,
        operator: row.cell("operator")?,
        lapses_at: row.moment("lapses_at")?,
        signed_at: row.moment_or_none("signed_at")?,
        done_at: row.moment_or_none("done_at")?,
    })
}
