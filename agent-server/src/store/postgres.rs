//! What is PostgreSQL's own: how its sessions are set, and what its error codes mean.

use sqlx::error::ErrorKind;

use super::{
    Fault,
    connect::ReadPool,
    row::Cells as _,
    writer::{Connection, Trouble},
};

/// A session of the writer. Locks are not waited for longer than elsewhere; a server that was told
/// not to wait for its disk is told to wait for ours. Whole tables are read last of all: a
/// serialisable transaction that read one conflicts with whoever writes to any of it
/// (PostgreSQL 15, 13.2.3).
pub(super) async fn make_writing(connection: &mut Connection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(WRITING).execute(connection).await?;
    Ok(())
}

/// A session that cannot write.
pub(super) async fn make_reading(connection: &mut Connection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(READING).execute(connection).await?;
    Ok(())
}

/// What a server is, and whether it keeps what it acknowledges.
pub(super) async fn examine(reads: &ReadPool) -> Result<Result<String, String>, Fault> {
    let row = sqlx::query(SERVER).fetch_one(reads).await?;
    let version: &str = row.cell("version")?;
    for (setting, why) in KEEPS {
        if row.cell::<&str>(setting)? == "off" {
            return Ok(Err(format!("PostgreSQL {version} has {setting} off: {why}")));
        }
    }
    Ok(Ok(format!("PostgreSQL {version}")))
}

/// What follows from an error (PostgreSQL 15, appendix A).
pub(super) fn trouble(error: &sqlx::Error) -> Trouble {
    let error = match error {
        sqlx::Error::Database(error) => error,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
            return Trouble::Lost;
        }
        _ => return Trouble::Own,
    };
    match error.code().as_deref().unwrap_or_default() {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => Trouble::Conflict,
        // Another process took the same key, a moment before.
        _ if error.kind() == ErrorKind::UniqueViolation => Trouble::Conflict,
        // lock_not_available, query_canceled: held up for too long.
        "55P03" | "57014" => Trouble::Busy,
        // cached plan must not change result type: the schema is newer than this session.
        // read_only_sql_transaction: this server is no longer the one that writes.
        "0A000" | "25006" => Trouble::Lost,
        // Connection exceptions, sessions that were ended, a server that stops or is full.
        code if ["08", "53", "57P", "25P03", "26"].iter().any(|lost| code.starts_with(lost)) => {
            Trouble::Lost
        }
        _ => Trouble::Own,
    }
}

const WRITING: &str = "SET lock_timeout = '5s'; SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '10s'; SET enable_seqscan = off;
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'";
const READING: &str = "SET default_transaction_read_only = on; SET statement_timeout = '30s'";
const SERVER: &str = "SELECT current_setting('server_version') AS version,
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes";
const KEEPS: [(&str, &str); 2] = [
    ("fsync", "it loses what it acknowledged when the power fails"),
    ("full_page_writes", "its pages may be torn when the power fails"),
];
