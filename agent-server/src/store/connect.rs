//! Opens the database as TRUST.md D6 and D8 want it: WAL, `synchronous=FULL`, foreign keys, a
//! SQLite that does not lose commits.

use std::{str::FromStr as _, time::Duration};

use sqlx::{
    ConnectOptions as _, Row as _,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};

use super::{Fault, writer::Connection};

pub(super) type ReadPool = SqlitePool;

/// How the database at `url` is opened.
pub(super) fn options(url: &str) -> Result<SqliteConnectOptions, Fault> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging())
}

/// The only connection that writes. Checkpoints are left to `checkpoint.rs`.
pub(super) async fn writing(options: &SqliteConnectOptions) -> Result<Connection, Fault> {
    let mut connection = options.clone().pragma("wal_autocheckpoint", "0").connect().await?;
    let version = version_of(&mut connection).await?;
    if is_older(&version) {
        return Err(Fault::OldSqlite(version));
    }
    Ok(connection)
}

/// Connections that cannot write.
pub(super) async fn reading(options: &SqliteConnectOptions) -> Result<ReadPool, Fault> {
    let options = options.clone().pragma("query_only", "ON");
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(1)
        .acquire_timeout(BUSY_TIMEOUT)
        .test_before_acquire(false);
    Ok(pool.connect_with(options).await?)
}

/// Brings the schema up to date.
pub(super) async fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    Ok(sqlx::migrate!().run(connection).await?)
}

/// Whether it answers.
pub(super) async fn probe(reads: &ReadPool) -> Result<(), Fault> {
    sqlx::query("SELECT COUNT(*) FROM merchants").fetch_one(reads).await?;
    Ok(())
}

/// The version of the SQLite that is linked into this program.
///
/// # Errors
/// [`Fault::Database`].
pub async fn sqlite_version() -> Result<String, Fault> {
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
    version_of(&mut connection).await
}

async fn version_of(connection: &mut Connection) -> Result<String, Fault> {
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
const READERS: u32 = 4;
/// How long a lock that another process holds (an operator's command) is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

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
