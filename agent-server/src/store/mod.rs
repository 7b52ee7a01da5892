//! What is kept: one writer with group commit, a few readers, a checkpointer. The only room with
//! SQL; it calls nobody. The SQL is for SQLite and PostgreSQL alike.

mod accounts;
mod audit;
mod backup;
mod bills;
mod by_hand;
mod checkpoint;
mod connect;
mod console;
mod contracts;
mod deposits;
mod dues;
mod endpoints;
mod events;
mod file_audit;
mod grant_rows;
mod grants;
mod ids;
mod instalments;
mod job;
mod journal;
mod leases;
mod link;
mod mailbox;
mod mailed_codes;
mod merchant_accounts;
mod merchant_books;
mod merchant_keys;
mod merchant_tokens;
mod merchants;
mod moves;
mod objections;
mod operators;
mod outbox;
mod owed;
mod paid_words;
mod parked_lines;
mod passkeys;
mod payments;
mod payout_files;
mod payout_returns;
mod payouts;
mod pictures;
mod placements;
mod portal;
mod postgres;
mod purchases;
mod questions;
mod recorded;
mod remittances;
mod return_audit;
mod rewrap;
mod row;
#[cfg(test)]
mod schema_tests;
mod sent_back;
mod sessions;
mod settlements;
mod sqlite;
mod statements;
#[cfg(test)]
mod tests;
mod transfer_audit;
mod turns;
#[cfg(test)]
mod upgrade_tests;
mod writer;

use std::sync::Arc;

use shared_protocol::Timestamp;

pub use accounts::{Change, NewNumber};
pub use audit::{PurchaseBooks, Snapshot, StoredBill, StoredPart, StoredPayout, StoredWord};
pub use bills::BillRow;
pub use connect::{Engine, shown};
pub use console::{AuditRun, Found, FoundContract, Happened, Letter, PurchasesAsked, Shape, Today};
pub use contracts::{ContractRow, NewContract};
pub use endpoints::{Attempt, EndpointChange};
pub use events::{EventsAsked, ToldEvent};
pub use file_audit::{StoredFile, StoredLine};
pub use grants::{Filed, Filing, Promise};
pub use instalments::StatementLine;
pub use journal::{StoredEntry, StoredTransfer};
pub use mailbox::{Deposition, NewOffer, Visit};
pub use mailed_codes::{Enrolled, NewMailedCode};
pub use merchant_accounts::AccountNames;
pub use merchant_keys::KeyChange;
pub use moves::Moved;
pub use operators::{NewChange, NewLink, NewOperator, NewProposal, NewToken, SignedHow};
pub use outbox::{About, Delivery, Parcel};
pub use owed::OutboxEntry;
pub use paid_words::{PaidWord, PayoutSums};
pub use parked_lines::{NotSo, ParkedLine, TurnedOut};
pub use passkeys::{Added, PasskeyLabel, Used};
pub use payout_files::{NewFile, PayoutFile, Unfiled};
pub use payout_returns::ReturnedPayout;
pub use payouts::PayoutRun;
pub use pictures::NewPicture;
pub use placements::KeptPlacement;
pub use portal::OwnPurchase;
pub use recorded::StoredRecord;
pub use return_audit::StoredReturn;
pub use rewrap::{Protected, Rewrapped};
pub use sqlite::{SQLITE_OLDEST, sqlite_version};
pub use statements::{Brought, NoticeRefusal};
pub use transfer_audit::{StoredDeposit, StoredPayment, StoredTransferOrder};
pub use turns::Turn;
pub use writer::InFlight;

use connect::{Place, ReadPool};
use ids::Ids;
use writer::Writer;

/// The database.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    engine: Engine,
    writer: Writer,
    reads: ReadPool,
    ids: Arc<Ids>,
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
    /// The URL is of neither.
    #[error("database_url must begin with sqlite: or postgres:")]
    Scheme,
    /// The SQLite that was linked loses commits (TRUST.md D8).
    #[error("SQLite {0} is older than {SQLITE_OLDEST} and can lose commits")]
    OldSqlite(String),
    /// A column holds what this program never writes.
    #[error("column {0} is damaged")]
    Damaged(&'static str),
    /// Another process holds the database; nothing was written.
    #[error("another process holds the database")]
    Locked,
    /// The database's server is not there. What was to be written may have been: whoever asks the
    /// same again finds out.
    #[error("the database is not reachable")]
    Unreachable,
    /// Somebody else changed the row first; the same transaction may pass when run again.
    #[error("raced")]
    Raced,
    /// The writer's thread could not be started.
    #[error("writer: {0}")]
    Thread(#[source] std::io::Error),
    /// The writer has stopped: shutdown, or the disk failed under it.
    #[error("the store has stopped")]
    Stopped,
}

impl Fault {
    /// Whether a text that came from outside holds a NUL, which PostgreSQL keeps in none (22021).
    pub fn is_of_a_text(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().as_deref() == Some("22021")
    }
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
    /// Opens the database, brings its schema up to date, starts writer and checkpointer.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn open(url: &str) -> Result<Self, Fault> {
        let place = Place::of(url)?;
        let engine = place.engine;
        let file = match engine {
            Engine::Sqlite => {
                let options = sqlite::options(url)?;
                Some((sqlite::create(&options).await?, options))
            }
            Engine::Postgres => None,
        };
        let ids = Arc::new(connect::prepare(&place).await?);
        let reads = place.reading().await?;
        let writer = Writer::start(place, ids.clone())?;
        if let Some((connection, options)) = file {
            checkpoint::start(connection, &options, &writer);
        }
        Ok(Self(Arc::new(Inner { engine, writer, reads, ids })))
    }

    /// Which kind of database it is.
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Whether it reads and still writes.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn check(&self) -> Result<(), Fault> {
        connect::probe(&self.0.reads).await?;
        if self.0.writer.has_stopped() { Err(Fault::Stopped) } else { Ok(()) }
    }

    /// What the database is; `Err` says what about it loses what was acknowledged.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn examine(&self) -> Result<Result<String, String>, Fault> {
        match self.0.engine {
            Engine::Sqlite => Ok(Ok("SQLite".into())),
            Engine::Postgres => postgres::examine(&self.0.reads).await,
        }
    }

    /// A fresh primary key, for what has to be known before the row is written.
    pub fn fresh_id(&self, now: Timestamp) -> i64 {
        self.0.ids.next(now)
    }

    /// Counts a grant request that is being worked on until the value is dropped: the writer
    /// waits a moment for those that are about to come.
    pub fn in_flight(&self) -> InFlight {
        self.0.writer.in_flight()
    }

    /// Waits until the writer has stopped by itself: the disk failed, nothing can be promised.
    pub async fn broken(&self) {
        self.0.writer.broken().await;
    }

    /// Commits what is queued, then stops.
    pub async fn close(&self) {
        self.0.writer.close().await;
        self.0.reads.close().await;
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}
