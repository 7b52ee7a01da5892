//! Moves the WAL into the database file while nobody waits for it: a connection of its own, when
//! the writer is idle or the WAL is long. PASSIVE, so that it never holds up a commit.
//!
//! One that fails is done again, also after a failed flush, which a commit's must not be: until the
//! flush of the file has succeeded SQLite counts none of it as moved, so that the next checkpoint
//! writes every page again from the WAL, whose own flushes had succeeded (sqlite.org/wal.html).

use std::{path::PathBuf, time::Duration};

use sqlx::{Row as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    Fault,
    writer::{Connection, Watch, Writer},
};

/// Starts the checkpointer beside the writer; it ends when the writer does.
pub(super) fn start(connection: SqliteConnection, file: &SqliteConnectOptions, writer: &Writer) {
    let mut wal = file.get_filename().as_os_str().to_owned();
    wal.push("-wal");
    tokio::spawn(watch(connection, writer.watch(), wal.into()));
}

/// One passive checkpoint; returns the WAL's frames, all and moved.
pub(super) async fn run(connection: &mut SqliteConnection) -> Result<(i64, i64), Fault> {
    let row = sqlx::query(CHECKPOINT).fetch_one(connection).await?;
    Ok((row.try_get(1)?, row.try_get(2)?))
}

/// The same by the writer, between two of its transactions.
pub(super) async fn run_between(connection: &mut Connection) -> Result<(), Fault> {
    sqlx::query(CHECKPOINT).fetch_one(connection).await?;
    Ok(())
}

async fn watch(mut connection: SqliteConnection, writer: Watch, wal: PathBuf) {
    let (mut seen, mut done) = (0, 0);
    loop {
        tokio::time::sleep(TICK).await;
        if writer.has_stopped() {
            return;
        }
        let commits = writer.commits();
        let idle = commits == seen;
        let long = std::fs::metadata(&wal).is_ok_and(|wal| wal.len() > WAL_LONG);
        seen = commits;
        if commits == done || !(idle || long) {
            continue;
        }
        done = commits;
        match run(&mut connection).await {
            // Commits came in between, so the WAL goes on growing: the writer itself does the
            // short rest, and then begins the WAL anew.
            Ok((frames, moved)) if moved < frames && long => {
                writer.checkpoint().await;
            }
            Ok(_) => {}
            Err(fault) => tracing::warn!(%fault, "checkpoint failed"),
        }
    }
}

const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";
const TICK: Duration = Duration::from_millis(500);
/// Bytes of WAL from which on it is moved under load too.
const WAL_LONG: u64 = 32 * 1024 * 1024;
