//! What is SQLite's own: opened as TRUST.md D6 and D8 want it (WAL, `synchronous=FULL`, foreign
//! keys, a SQLite that does not lose commits), and what its result codes mean.

use std::{str::FromStr as _, time::Duration};

use sqlx::{
    ConnectOptions as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{
    Fault,
    writer::{Connection, Trouble},
};

/// How the database at `url` is opened.
pub(super) fn options(url: &str) -> Result<SqliteConnectOptions, Fault> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .disable_statement_logging())
}

/// Makes the file if it is not there, and a connection that checkpoints it.
pub(super) async fn create(options: &SqliteConnectOptions) -> Result<SqliteConnection, Fault> {
    let options = options.clone().pragma("wal_autocheckpoint", "0");
    let mut connection = options.connect().await?;
    let version = version_of(&mut connection).await?;
    if is_older(&version) {
        return Err(Fault::OldSqlite(version));
    }
    Ok(connection)
}

/// Checkpoints are left to `checkpoint.rs`.
pub(super) async fn make_writing(connection: &mut Connection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(WRITING).execute(connection).await?;
    Ok(())
}

/// A connection that cannot write.
pub(super) async fn make_reading(connection: &mut Connection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(READING).execute(connection).await?;
    Ok(())
}

/// What follows from an error: input/output errors and a damaged file mean that what was promised
/// may not be there (sqlite.org/rescode.html; TRUST.md F13).
pub(super) fn trouble(error: &sqlx::Error) -> Trouble {
    let sqlx::Error::Database(error) = error else { return Trouble::Own };
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        Some(SQLITE_IOERR | SQLITE_CORRUPT | SQLITE_NOTADB) => Trouble::Fatal,
        Some(SQLITE_BUSY) => Trouble::Busy,
        _ if error.is_unique_violation() => Trouble::Conflict,
        _ => Trouble::Own,
    }
}

/// Whether SQLite has ended the transaction by itself (sqlite.org/lang_transaction.html). sqlx,
/// which did not ask for it, then cannot roll back, and would hold the connection for one inside a
/// transaction for ever: it is of no use any more.
pub(super) fn has_rolled_back(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    matches!(code.map(|code| code & 0xff), Some(SQLITE_NOMEM | SQLITE_INTERRUPT | SQLITE_FULL))
}

/// The version of the SQLite that is linked into this program.
///
/// # Errors
/// [`Fault::Database`].
pub async fn sqlite_version() -> Result<String, Fault> {
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
    version_of(&mut connection).await
}

async fn version_of(connection: &mut SqliteConnection) -> Result<String, Fault> {
    let row = sqlx::query("SELECT sqlite_version()").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// Compares number by number: 3.9 is older than 3.51.
fn is_older(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    };
    numbers(version) < numbers(SQLITE_OLDEST)
}

/// Versions before it lose commits when one connection checkpoints while another writes.
pub const SQLITE_OLDEST: &str = "3.51.3";
/// How long a lock that another process holds is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

const WRITING: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
    PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 0";
const READING: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON";

const SQLITE_BUSY: i32 = 5;
const SQLITE_NOMEM: i32 = 7;
const SQLITE_INTERRUPT: i32 = 9;
const SQLITE_IOERR: i32 = 10;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_NOTADB: i32 = 26;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for old in ["3.9.0", "3.50.2", "3.51.2"] {
            assert!(is_older(old), "{old}");
        }
        for good in ["3.51.3", "3.51.10", "3.54.1", "4.0.0"] {
            assert!(!is_older(good), "{good}");
        }
    }

    #[tokio::test]
    async fn the_linked_sqlite_keeps_commits() {
        assert!(!is_older(&sqlite_version().await.unwrap()));
    }
}
