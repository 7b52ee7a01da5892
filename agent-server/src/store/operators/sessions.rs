//! Sessions of operators, by the digests of their tokens.

use shared_protocol::Timestamp;

use super::acts;
use crate::{
    domain::{
        operator::{LONGEST, OperatorSession},
        session::SessionDigest,
    },
    store::{
        Fault, Store,
        row::Cells as _,
        writer::{Tx, Work},
    },
};

impl Store {
    /// Begins a session of this operator.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn begin_operator_session(
        &self,
        digest: SessionDigest,
        operator: i64,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(Begin { digest, operator, now }).await
    }

    /// The session of this token, alive or not, of an operator who was not removed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn operator_session(
        &self,
        digest: &SessionDigest,
    ) -> Result<Option<OperatorSession>, Fault> {
        let row = sqlx::query(
            "SELECT s.* FROM operator_sessions s JOIN operators o ON o.id = s.operator
             WHERE s.token_digest = $1 AND o.removed_at IS NULL",
        )
        .bind(digest.0.as_slice())
        .fetch_optional(&self.0.reads)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(OperatorSession {
            digest: SessionDigest(row.exact("token_digest")?),
            operator: row.cell("operator")?,
            created_at: row.moment("created_at")?,
            seen_at: row.moment("seen_at")?,
        }))
    }

    /// Notes that it was used.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn note_operator_session(
        &self,
        digest: SessionDigest,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(Note { digest, now }).await
    }

    /// Ends it, or all of its operator.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn end_operator_session(
        &self,
        session: OperatorSession,
        everywhere: bool,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(End { session, everywhere, now }).await
    }
}

struct Begin {
    digest: SessionDigest,
    operator: i64,
    now: Timestamp,
}

impl Work for Begin {
    type Answer = ();
    const NAME: &'static str = "begin-operator-session";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("DELETE FROM operator_sessions WHERE created_at <= $1")
            .bind(self.now.minus(LONGEST).as_millis())
            .execute(&mut *tx.connection)
            .await?;
        sqlx::query(
            "INSERT INTO operator_sessions (token_digest, operator, created_at, seen_at)
             VALUES ($1, $2, $3, $3)",
        )
        .bind(self.digest.0.as_slice())
        .bind(self.operator)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        sqlx::query("UPDATE operators SET signed_in_at = $2 WHERE id = $1")
            .bind(self.operator)
            .bind(self.now.as_millis())
            .execute(&mut *tx.connection)
            .await?;
        acts::append(tx, self.operator, "signed-in", "", self.now).await
    }
}

struct Note {
    digest: SessionDigest,
    now: Timestamp,
}

impl Work for Note {
    type Answer = ();
    const NAME: &'static str = "note-operator-session";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("UPDATE operator_sessions SET seen_at = $2 WHERE token_digest = $1")
            .bind(self.digest.0.as_slice())
            .bind(self.now.as_millis())
            .execute(&mut *tx.connection)
            .await?;
        Ok(())
    }
}

struct End {
    session: OperatorSession,
    everywhere: bool,
    now: Timestamp,
}

impl Work for End {
    type Answer = ();
    const NAME: &'static str = "end-operator-session";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let query = match self.everywhere {
            true => sqlx::query("DELETE FROM operator_sessions WHERE operator = $1")
                .bind(self.session.operator),
            false => sqlx::query("DELETE FROM operator_sessions WHERE token_digest = $1")
                .bind(self.session.digest.0.to_vec()),
        };
        query.execute(&mut *tx.connection).await?;
        let about = if self.everywhere { "everywhere" } else { "" };
        acts::append(tx, self.session.operator, "signed-out", about, self.now).await
    }
}
