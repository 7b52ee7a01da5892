//! What is kept: orders, issued Offers, stock, work to send. The only room with SQL; it calls
//! nobody. All writes go through one connection, one named transaction after the other.

mod agent_keys;
mod backup;
mod connect;
mod deliveries;
mod desk;
mod notifications;
mod offers;
mod orders;
mod outbox;
mod remittances;
mod row;
mod settle;
mod stock;
mod tellings;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use shared_protocol::Timestamp;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::Notify;

pub use connect::{SQLITE_OLDEST, Vitals};
pub use desk::{Find, KeptWord, NewPerson};
pub use outbox::{Parcel, ParcelKind, Tried};
pub use remittances::Told;
pub use tellings::Telling;
pub use words::WordKey;

/// The database.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writing: SqlitePool,
    reading: SqlitePool,
    newest_id: AtomicI64,
    /// Other processes have written since it was this (`PRAGMA data_version`).
    data_version: AtomicI64,
    broken: AtomicBool,
    broke: Notify,
}

/// One transaction: nothing of it is seen before `commit`, all of it after. Dropping it undoes it.
pub struct Tx<'s> {
    transaction: Transaction<'static, Sqlite>,
    store: &'s Inner,
    name: &'static str,
    now: Timestamp,
}

/// What went wrong on our side; a peer hears only `unavailable`.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database refused or failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A newer version of this program wrote the database: this one does not know what it means.
    #[error("the database is of a newer version of this program (schema {0}): start that one")]
    NewerSchema(i64),
    /// The SQLite that was linked loses commits (TRUST.md D8).
    #[error("SQLite {0} is older than {SQLITE_OLDEST} and can lose commits")]
    OldSqlite(String),
    /// `database_url` names a database that this server does not speak to.
    #[error("database_url must begin with sqlite:")]
    NotSqlite,
    /// A column holds what this program never writes.
    #[error("column {0} is damaged")]
    Damaged(&'static str),
    /// Somebody else changed the row first; nothing was written.
    #[error("raced")]
    Raced,
    /// The disk failed under a commit: nothing can be promised until the process starts afresh.
    #[error("the store has stopped after a failure of the disk")]
    Broken,
}

impl From<sqlx::migrate::MigrateError> for Fault {
    fn from(fault: sqlx::migrate::MigrateError) -> Self {
        match fault {
            sqlx::migrate::MigrateError::VersionMissing(version) => Self::NewerSchema(version),
            other => Self::Migration(other),
        }
    }
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn open(url: &str) -> Result<Self, Fault> {
        let writing = connect::writing(url).await?;
        let reading = connect::reading(url).await?;
        Ok(Self(Arc::new(Inner {
            writing,
            reading,
            newest_id: AtomicI64::new(0),
            data_version: AtomicI64::new(NONE_YET),
            broken: AtomicBool::new(false),
            broke: Notify::new(),
        })))
    }

    /// Begins the transaction `name`, at `now`; waits until no other is under way.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn begin(&self, name: &'static str, now: Timestamp) -> Result<Tx<'_>, Fault> {
        if self.0.broken.load(Ordering::SeqCst) {
            return Err(Fault::Broken);
        }
        let mut transaction = connect::begin(&self.0.writing).await?;
        self.0.follow(&mut transaction).await?;
        Ok(Tx { transaction, store: &self.0, name, now })
    }

    /// How the database is doing.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn vitals(&self) -> Result<Vitals, Fault> {
        if self.0.broken.load(Ordering::SeqCst) {
            return Err(Fault::Broken);
        }
        connect::vitals(&self.0.writing, &self.0.reading).await
    }

    /// Waits until the disk has failed. For whoever runs the process: a failed flush must not be
    /// tried again (TRUST.md F13).
    pub async fn broken(&self) {
        let broke = self.0.broke.notified();
        if !self.0.broken.load(Ordering::SeqCst) {
            broke.await;
        }
    }

    /// Ends what is under way and closes the files.
    pub async fn close(&self) {
        self.0.reading.close().await;
        self.0.writing.close().await;
    }
}

impl Inner {
    /// Goes on after the keys of others: the command line writes beside the server.
    async fn follow(&self, transaction: &mut Transaction<'static, Sqlite>) -> Result<(), Fault> {
        let version = connect::data_version(transaction).await?;
        if self.data_version.swap(version, Ordering::SeqCst) != version {
            let newest = connect::newest_id(transaction).await?;
            self.newest_id.fetch_max(newest, Ordering::SeqCst);
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Makes it so, durably.
    ///
    /// # Errors
    /// [`Fault`]; whether it is so after a failure of the disk is unknown until a restart.
    pub async fn commit(self) -> Result<(), Fault> {
        let done = self.transaction.commit().await;
        if done.as_ref().is_err_and(connect::is_disk_failure) {
            self.store.broken.store(true, Ordering::SeqCst);
            self.store.broke.notify_waiters();
        }
        Ok(done?)
    }

    /// Undoes it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn rollback(self) -> Result<(), Fault> {
        Ok(self.transaction.rollback().await?)
    }

    /// A key that is later than all before it: the moment, and a count within it.
    fn next_id(&self) -> i64 {
        let moment = self.now.as_millis().saturating_mul(IDS_PER_MILLISECOND);
        let next = |newest: i64| moment.max(newest.saturating_add(1));
        let update = |newest| Some(next(newest));
        let newest = &self.store.newest_id;
        match newest.fetch_update(Ordering::SeqCst, Ordering::SeqCst, update) {
            Ok(before) | Err(before) => next(before),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// SQLite counts from 1.
const NONE_YET: i64 = -1;
const IDS_PER_MILLISECOND: i64 = 1 << 12;
