//! A copy of the database while it is written, and the note that it was brought back from one. The
//! copying is SQLite's; PostgreSQL has pg_dump.

use std::path::Path;

use shared_protocol::{Digest, Timestamp};
use sqlx::{
    ConnectOptions as _, Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{Fault, Store, row::Cells as _};
use crate::domain::ledger::Head;

impl Store {
    /// Copies the database at `url` as it stands at one moment into a file that is not there yet,
    /// whatever is written meanwhile, and checks the copy.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn copy(url: &str, to: &Path) -> Result<(), Fault> {
        let path = to.to_str().ok_or(Fault::Damaged("path"))?;
        let mut from = SqliteConnection::connect(url).await?;
        sqlx::query("VACUUM INTO $1").bind(path).execute(&mut from).await?;
        from.close().await?;
        let mut copy = SqliteConnectOptions::new().filename(to).connect().await?;
        let found = sqlx::query("PRAGMA integrity_check").fetch_one(&mut copy).await?;
        let is_sound = found.try_get::<&str, _>(0)? == "ok";
        copy.close().await?;
        is_sound.then_some(()).ok_or(Fault::Damaged("integrity_check"))
    }

    /// Notes in this copy that the agent goes on from it, by the schema of this program; returns
    /// the newest entry of its journal. Afterwards all of it is in the one file.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn adopt(copy: &Path, taken: Timestamp, now: Timestamp) -> Result<Head, Fault> {
        let options = SqliteConnectOptions::new().filename(copy).foreign_keys(true);
        let options = options.journal_mode(SqliteJournalMode::Delete);
        let mut connection = options.synchronous(SqliteSynchronous::Full).connect().await?;
        sqlx::migrate!().run(&mut connection).await?;
        let row = sqlx::query(HEAD).fetch_optional(&mut connection).await?;
        let head = match row {
            None => Head::START,
            Some(row) => Head {
                number: row.try_get::<i64, _>(0)?.unsigned_abs(),
                digest: Digest::try_from(row.try_get::<&[u8], _>(1)?)
                    .map_err(|_| Fault::Damaged("digest"))?,
            },
        };
        sqlx::query(
            "INSERT INTO restores (restored_at, taken_at, entry, digest) VALUES ($1, $2, $3, $4)",
        )
        .bind(now.as_millis())
        .bind(taken.as_millis())
        .bind(i64::try_from(head.number).unwrap_or(i64::MAX))
        .bind(head.digest.as_bytes().as_slice())
        .execute(&mut connection)
        .await?;
        connection.close().await?;
        Ok(head)
    }

    /// When it was brought back last; long ago if it never was.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn restored_at(&self) -> Result<Timestamp, Fault> {
        let row = sqlx::query("SELECT COALESCE(MAX(restored_at), 0) AS restored_at FROM restores");
        row.fetch_one(&self.0.reads).await?.moment("restored_at")
    }
}

const HEAD: &str = "SELECT number, digest FROM journal ORDER BY number DESC LIMIT 1";
