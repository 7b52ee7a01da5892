//! After a full disk SQLite rolls back by itself, and sqlx, which did not ask for it, then cannot:
//! it would hold the connection for one inside a transaction for ever. This puts both right.

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteTransactionManager};
use sqlx_core::transaction::TransactionManager as _;

use super::Fault;

/// Brings a connection back to where it was before a transaction that failed.
pub(super) async fn settle(connection: &mut SqliteConnection) -> Result<(), Fault> {
    // What sqlx was going to do about it is done first.
    connection.ping().await?;
    if connection.is_in_transaction() {
        sqlx::query("BEGIN").execute(&mut *connection).await?;
        SqliteTransactionManager::rollback(connection).await?;
    }
    Ok(())
}
