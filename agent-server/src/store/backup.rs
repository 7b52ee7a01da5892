//! A copy of the database while it is written, and the note that it was brought back from one. The
//! copying is SQLite's; PostgreSQL has pg_dump.

use std::path::Path;

use shared_protocol::Timestamp;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::{
    Fault, Store, connect, journal,
    row::Cells as _,
    writer::{Tx, Work},
};
use crate::domain::ledger::Head;

impl Store {
    /// Copies the database at `url` as it stands at one moment into a file that is not there yet,
    /// whatever is written meanwhile, and checks the copy.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn copy(url: &str, to: &Path) -> Result<(), Fault> {
        let mut from = connect::options(url)?.create_if_missing(false).connect().await?;
        let path = to.to_str().ok_or(Fault::Damaged("path"))?;
        sqlx::query("VACUUM INTO $1").bind(path).execute(&mut from).await?;
        from.close().await?;
        let copy = format!("sqlite:{path}");
        let mut copy = connect::options(&copy)?.create_if_missing(false).connect().await?;
        let found = sqlx::query("PRAGMA integrity_check").fetch_one(&mut copy).await?;
        let is_sound = found.try_get::<&str, _>(0)? == "ok";
        copy.close().await?;
        is_sound.then_some(()).ok_or(Fault::Damaged("integrity_check"))
    }

    /// Notes that this database goes on from a backup.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn note_restore(&self, taken: Timestamp, now: Timestamp) -> Result<Head, Fault> {
        self.0.writer.write(NoteRestore { taken, now }).await
    }

    /// When it was brought back last; long ago if it never was.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn restored_at(&self) -> Result<Timestamp, Fault> {
        let row = sqlx::query("SELECT COALESCE(MAX(restored_at), 0) AS restored_at FROM restores");
        row.fetch_one(&self.0.reads).await?.moment("restored_at")
    }

    /// The newest entry of the journal.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn journal_head(&self) -> Result<Head, Fault> {
        let row = sqlx::query("SELECT number, digest FROM journal ORDER BY number DESC LIMIT 1");
        let row = row.fetch_optional(&self.0.reads).await?;
        row.as_ref().map_or(Ok(Head::START), journal::read_head)
    }
}

struct NoteRestore {
    taken: Timestamp,
    now: Timestamp,
}

impl Work for NoteRestore {
    type Answer = Head;
    const NAME: &'static str = "note-restore";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Head, Fault> {
        let head = journal::head(tx).await?;
        sqlx::query(
            "INSERT INTO restores (restored_at, taken_at, entry, digest) VALUES ($1, $2, $3, $4)",
        )
        .bind(self.now.as_millis())
        .bind(self.taken.as_millis())
        .bind(i64::try_from(head.number).unwrap_or(i64::MAX))
        .bind(head.digest.as_bytes().as_slice())
        .execute(&mut *tx.connection)
        .await?;
        Ok(head)
    }
}
