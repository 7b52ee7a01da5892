//! Who is signed in at the desk, by the digests of their tokens.

use shared_protocol::Timestamp;

use crate::domain::desk::{SESSION_LONGEST, Session, TokenDigest};
use crate::store::{Fault, Store, Tx};

impl Store {
    /// The session of this token, alive or not, of somebody who was not removed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn person_session(&self, digest: TokenDigest) -> Result<Option<Session>, Fault> {
        let sql = "SELECT s.person, s.created_at, s.seen_at
            FROM person_sessions s JOIN people p ON p.id = s.person
            WHERE s.token_digest = $1 AND p.removed_at IS NULL";
        let row: Option<(i64, i64, i64)> =
            sqlx::query_as(sql).bind(digest.0.as_slice()).fetch_optional(&self.0.reading).await?;
        Ok(row.map(|(person, created, seen)| Session {
            digest,
            person,
            created: Timestamp::from_millis(created),
            seen: Timestamp::from_millis(seen),
        }))
    }
}

impl Tx<'_> {
    /// Begins a session. Those that are over in any case are forgotten.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn begin_session(&mut self, digest: TokenDigest, person: i64) -> Result<(), Fault> {
        let over = self.now.minus(SESSION_LONGEST).as_millis();
        let forget = sqlx::query("DELETE FROM person_sessions WHERE created_at <= $1").bind(over);
        forget.execute(&mut *self.transaction).await?;
        let sql = "INSERT INTO person_sessions (token_digest, person, created_at, seen_at)
            VALUES ($1, $2, $3, $3)";
        sqlx::query(sql)
            .bind(digest.0.as_slice())
            .bind(person)
            .bind(self.now.as_millis())
            .execute(&mut *self.transaction)
            .await?;
        self.note_act(Some(person), "signed-in", "").await
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn note_session(&mut self, digest: TokenDigest) -> Result<(), Fault> {
        let sql = "UPDATE person_sessions SET seen_at = $2 WHERE token_digest = $1";
        let query = sqlx::query(sql).bind(digest.0.as_slice()).bind(self.now.as_millis());
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Ends a session, or all of its person.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn end_session(&mut self, session: &Session, everywhere: bool) -> Result<(), Fault> {
        let sql = "DELETE FROM person_sessions
            WHERE person = $1 AND (token_digest = $2 OR $3 = 1)";
        sqlx::query(sql)
            .bind(session.person)
            .bind(session.digest.0.as_slice())
            .bind(i64::from(everywhere))
            .execute(&mut *self.transaction)
            .await?;
        let about = if everywhere { "everywhere" } else { "" };
        self.note_act(Some(session.person), "signed-out", about).await
    }
}
