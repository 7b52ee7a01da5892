//! Sessions at the agent's own pages, by the digests of their tokens.

use shared_protocol::Timestamp;

use super::{
    Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::session::{LONGEST, Proof, Session, SessionDigest};

impl Store {
    /// Begins a session of this contract.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn begin_session(
        &self,
        digest: SessionDigest,
        contract: i64,
        proof: Proof,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(Begin { digest, contract, proof, now }).await
    }

    /// The session of this token, alive or not.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn session(&self, digest: &SessionDigest) -> Result<Option<Session>, Fault> {
        let row = sqlx::query("SELECT * FROM sessions WHERE token_digest = $1")
            .bind(digest.0.as_slice())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Notes that it was used.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn note_session(&self, digest: SessionDigest, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(Note { digest, now }).await
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn end_session(&self, digest: SessionDigest) -> Result<(), Fault> {
        self.0.writer.write(End { digest }).await
    }
}

/// Ends all sessions of a contract, but for one, if any.
pub(super) async fn end_all(
    tx: &mut Tx<'_>,
    contract: i64,
    but: Option<&SessionDigest>,
) -> Result<(), Fault> {
    sqlx::query("DELETE FROM sessions WHERE contract = $1 AND token_digest <> $2")
        .bind(contract)
        .bind(but.map_or(&[][..], |digest| &digest.0))
        .execute(&mut *tx.connection)
        .await?;
    Ok(())
}

struct Begin {
    digest: SessionDigest,
    contract: i64,
    proof: Proof,
    now: Timestamp,
}

impl Work for Begin {
    type Answer = ();
    const NAME: &'static str = "begin-session";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("DELETE FROM sessions WHERE created_at <= $1")
            .bind(self.now.minus(LONGEST).as_millis())
            .execute(&mut *tx.connection)
            .await?;
        sqlx::query(
            "INSERT INTO sessions (token_digest, contract, by_address, created_at, seen_at)
             VALUES ($1, $2, $3, $4, $4)",
        )
        .bind(self.digest.0.as_slice())
        .bind(self.contract)
        .bind(i64::from(self.proof == Proof::Address))
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

struct Note {
    digest: SessionDigest,
    now: Timestamp,
}

impl Work for Note {
    type Answer = ();
    const NAME: &'static str = "note-session";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("UPDATE sessions SET seen_at = $2 WHERE token_digest = $1")
            .bind(self.digest.0.as_slice())
            .bind(self.now.as_millis())
            .execute(&mut *tx.connection)
            .await?;
        Ok(())
    }
}

struct End {
    digest: SessionDigest,
}

impl Work for End {
    type Answer = ();
    const NAME: &'static str = "end-session";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("DELETE FROM sessions WHERE token_digest = $1")
            .bind(self.digest.0.as_slice())
            .execute(&mut *tx.connection)
            .await?;
        Ok(())
    }
}

fn read(row: &Row) -> Result<Session, Fault> {
    Ok(Session {
        digest: SessionDigest(row.exact("token_digest")?),
        contract: row.cell("contract")?,
        proof: match row.count::<u8>("by_address")? {
            0 => Proof::Passkey,
            _ => Proof::Address,
        },
        created_at: row.moment("created_at")?,
        seen_at: row.moment("seen_at")?,
    })
}
