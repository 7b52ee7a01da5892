//! How the database is reached: SQLite with every commit flushed, never older than the version
//! that stopped losing commits (TRUST.md D6, D8). The only file that is SQLite's alone.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::Fault;

/// The oldest SQLite that is safe: older ones can lose a commit when its log is reset.
pub const SQLITE_OLDEST: &str = "3.51.3";

/// What `doctor` and `/readyz` ask of a database.
#[derive(Clone, Debug)]
pub struct Vitals {
    /// Its version.
    pub version: String,
    /// Whether every commit is flushed to the disk.
    pub flushes_commits: bool,
    /// Messages to the agent that still wait.
    pub parcels_waiting: i64,
    /// Messages that the agent refused for good.
    pub parcels_dead: i64,
}

/// The one connection that writes, with the schema brought up to date.
pub(super) async fn writing(url: &str) -> Result<SqlitePool, Fault> {
    let options = options(url)?.create_if_missing(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(PATIENCE)
        .after_release(|connection, _| Box::pin(is_usable(connection)))
        .connect_with(options)
        .await?;
    let version = version(&pool).await?;
    if !is_safe(&version) {
        return Err(Fault::OldSqlite(version));
    }
    MIGRATIONS.run(&pool).await?;
    Ok(pool)
}

/// Whether no transaction is left on it. After a full disk SQLite rolls back by itself, and sqlx,
/// which did not ask for it, then cannot: such a connection is given up.
async fn is_usable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// The connections that only read.
pub(super) async fn reading(url: &str) -> Result<SqlitePool, Fault> {
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .connect_with(options(url)?.read_only(true))
        .await?;
    Ok(pool)
}

/// Begins a transaction that may write from its first statement on.
pub(super) async fn begin(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, Fault> {
    Ok(pool.begin_with("BEGIN IMMEDIATE").await?)
}

/// The latest key in use; all tables take theirs from one count.
pub(super) async fn newest_id(within: &mut SqliteConnection) -> Result<i64, Fault> {
    let sql = "SELECT COALESCE(MAX(newest), 0) FROM (
            SELECT MAX(id) AS newest FROM offers
            UNION ALL SELECT MAX(id) FROM orders
            UNION ALL SELECT MAX(id) FROM order_events
            UNION ALL SELECT MAX(id) FROM outbox
            UNION ALL SELECT MAX(id) FROM notifications
            UNION ALL SELECT MAX(id) FROM people
            UNION ALL SELECT MAX(id) FROM person_passkeys
            UNION ALL SELECT MAX(id) FROM person_acts
        ) AS ids";
    Ok(sqlx::query_scalar(sql).fetch_one(within).await?)
}

/// Another number once another connection has written.
pub(super) async fn data_version(within: &mut SqliteConnection) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(within).await?)
}

/// Asked of the connection that writes, since each has its own setting.
pub(super) async fn vitals(writing: &SqlitePool, reading: &SqlitePool) -> Result<Vitals, Fault> {
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(writing).await?;
    let count = "SELECT COUNT(*) FROM outbox WHERE state = $1";
    let waiting = sqlx::query_scalar(count).bind("waiting").fetch_one(reading).await?;
    let dead = sqlx::query_scalar(count).bind("dead").fetch_one(reading).await?;
    Ok(Vitals {
        version: version(reading).await?,
        flushes_commits: synchronous >= SYNCHRONOUS_FULL,
        parcels_waiting: waiting,
        parcels_dead: dead,
    })
}

/// Whether this error means that the disk, not the statement, is at fault: SQLITE_IOERR,
/// SQLITE_CORRUPT and their extended codes.
pub(super) fn is_disk_failure(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 10 | 11))
}

fn options(url: &str) -> Result<SqliteConnectOptions, Fault> {
    if !url.starts_with("sqlite:") {
        return Err(Fault::NotSqlite);
    }
    Ok(SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE))
}

async fn version(pool: &SqlitePool) -> Result<String, Fault> {
    Ok(sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?)
}

fn is_safe(version: &str) -> bool {
    let numbers = |text: &str| text.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>();
    match (numbers(version), numbers(SQLITE_OLDEST)) {
        (Ok(this), Ok(oldest)) => this >= oldest,
        _ => false,
    }
}

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
const READERS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(10);
const SYNCHRONOUS_FULL: i64 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, safe) in [
            ("3.51.3", true),
            ("3.51.2", false),
            ("3.52.0", true),
            ("3.9.9", false),
            ("4.0.0", true),
            ("unknown", false),
        ] {
            assert_eq!(is_safe(version), safe, "{version}");
        }
    }
}
