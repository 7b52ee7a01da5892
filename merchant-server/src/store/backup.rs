//! A copy of the database while it is written, and the note that it was brought back from one.

use std::path::Path;

use shared_protocol::Timestamp;
use sqlx::{Connection as _, SqliteConnection};

use super::{Fault, Store};

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
        let mut copy = SqliteConnection::connect(&format!("sqlite:{path}")).await?;
        let found = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut copy);
        let found: String = found.await?;
        copy.close().await?;
        (found == "ok").then_some(()).ok_or(Fault::Damaged("integrity_check"))
    }

    /// Notes that this database goes on from a backup.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn note_restore(&self, taken: Timestamp, now: Timestamp) -> Result<(), Fault> {
        let mut tx = self.begin("note_restore", now).await?;
        sqlx::query("INSERT INTO restores (restored_at, taken_at) VALUES ($1, $2)")
            .bind(now.as_millis())
            .bind(taken.as_millis())
            .execute(&mut *tx.transaction)
            .await?;
        tx.commit().await
    }

    /// When it was brought back last; long ago if it never was.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn restored_at(&self) -> Result<Timestamp, Fault> {
        let sql = "SELECT COALESCE(MAX(restored_at), 0) FROM restores";
        let at: i64 = sqlx::query_scalar(sql).fetch_one(&self.0.reading).await?;
        Ok(Timestamp::from_millis(at))
    }
}
