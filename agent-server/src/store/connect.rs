//! Opens the database: SQLite or PostgreSQL, as its URL says. The same statements run on both
//! (`sqlx::Any`); what differs is in `sqlite.rs` and `postgres.rs`.

use std::{str::FromStr as _, time::Duration};

use sqlx::{
    Any, AnyPool, ConnectOptions as _, Connection as _, any::AnyConnectOptions, migrate::Migrator,
    pool::PoolOptions,
};

use super::{
    Fault,
    ids::{self, Ids},
    postgres, sqlite,
    writer::{Connection, Trouble},
};

pub(super) type ReadPool = AnyPool;

/// Which kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of this machine's.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// By the scheme of the database's URL.
    ///
    /// # Errors
    /// [`Fault::Scheme`].
    pub fn of(url: &str) -> Result<Self, Fault> {
        match url.split_once(':').map_or("", |(scheme, _)| scheme) {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" | "postgresql" => Ok(Self::Postgres),
            _ => Err(Fault::Scheme),
        }
    }

    /// How a transaction that writes begins: on SQLite with the lock, so that it waits at its
    /// beginning only. On PostgreSQL several run beside each other, and one that has to wait for a
    /// row has met another that writes to it, after which it can but fail: it does so soon. `alone`
    /// waits until the others have ended and holds up those that come, so that nothing can get
    /// into its way. A transaction has its number there before it makes keys (`events.rs`).
    pub(super) fn begin(self, alone: bool) -> &'static str {
        match (self, alone) {
            (Self::Sqlite, _) => "BEGIN IMMEDIATE",
            (Self::Postgres, false) => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE leases IN ROW SHARE MODE;
                 SET LOCAL lock_timeout = '20ms'; SELECT pg_current_xact_id()"
            }
            (Self::Postgres, true) => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE leases IN EXCLUSIVE MODE;
                 SELECT pg_current_xact_id()"
            }
        }
    }

    /// How a transaction begins that sees one moment only.
    pub(super) fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        }
    }

    /// What follows from a fault.
    pub(super) fn trouble(self, fault: &Fault) -> Trouble {
        match (self, fault) {
            (Self::Sqlite, Fault::Database(error)) => sqlite::trouble(error),
            (Self::Postgres, Fault::Database(error)) => postgres::trouble(error),
            _ => Trouble::Own,
        }
    }

    /// Whether the connection is of no use after this fault: it is made anew.
    pub(super) fn is_over(self, fault: &Fault) -> bool {
        match (self, fault) {
            (Self::Sqlite, Fault::Database(error)) => sqlite::has_rolled_back(error),
            _ => self.trouble(fault) == Trouble::Lost,
        }
    }
}

/// A database's URL as it may be shown: without a password.
pub fn shown(url: &str) -> String {
    let Ok(AnyConnectOptions { mut database_url, .. }) = AnyConnectOptions::from_str(url) else {
        return "the database".into();
    };
    // A file has neither.
    let _ = database_url.set_password(None);
    database_url.set_query(None);
    database_url.to_string()
}

/// Where the database is.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) engine: Engine,
    options: AnyConnectOptions,
}

impl Place {
    pub(super) fn of(url: &str) -> Result<Self, Fault> {
        sqlx::any::install_default_drivers();
        let engine = Engine::of(url)?;
        let options = AnyConnectOptions::from_str(url)?.disable_statement_logging();
        Ok(Self { engine, options })
    }

    /// A connection on which nothing is set.
    pub(super) async fn connect(&self) -> Result<Connection, Fault> {
        Ok(self.options.connect().await?)
    }

    /// A connection that writes.
    pub(super) async fn writing(&self) -> Result<Connection, Fault> {
        let connecting = tokio::time::timeout(PATIENCE, self.connect()).await;
        let mut connection = connecting.map_err(|_| Fault::Unreachable)??;
        match self.engine {
            Engine::Sqlite => sqlite::make_writing(&mut connection).await?,
            Engine::Postgres => postgres::make_writing(&mut connection).await?,
        }
        Ok(connection)
    }

    /// Connections that cannot write.
    pub(super) async fn reading(&self) -> Result<ReadPool, Fault> {
        let engine = self.engine;
        let pool = PoolOptions::<Any>::new()
            .max_connections(READERS)
            .min_connections(1)
            .acquire_timeout(PATIENCE)
            // A server may have gone since; a file has not.
            .test_before_acquire(engine == Engine::Postgres)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    match engine {
                        Engine::Sqlite => sqlite::make_reading(connection).await,
                        Engine::Postgres => postgres::make_reading(connection).await,
                    }
                })
            });
        Ok(pool.connect_with(self.options.clone()).await?)
    }
}

/// All versions of the schema, the same for both.
pub(super) fn migrations() -> Migrator {
    sqlx::migrate!()
}

/// Brings the schema up to date, one process at a time, and begins this process's keys.
pub(super) async fn prepare(place: &Place) -> Result<Ids, Fault> {
    let mut connection = place.connect().await?;
    let ids = match place.engine {
        Engine::Sqlite => {
            let mut open = connection.begin_with("BEGIN IMMEDIATE").await?;
            migrations().run(&mut *open).await?;
            let ids = ids::begin(&mut open).await?;
            open.commit().await?;
            ids
        }
        // sqlx holds a lock of the server's meanwhile.
        Engine::Postgres => {
            migrations().run(&mut connection).await?;
            ids::begin(&mut connection).await?
        }
    };
    connection.close().await?;
    Ok(ids)
}

/// Whether it answers.
pub(super) async fn probe(reads: &ReadPool) -> Result<(), Fault> {
    sqlx::query("SELECT COUNT(*) FROM merchants").fetch_one(reads).await?;
    Ok(())
}

const READERS: u32 = 4;
/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_which_and_no_password_is_shown() {
        assert_eq!(Engine::of("sqlite:a/b.sqlite").unwrap(), Engine::Sqlite);
        for url in ["postgres://u:secret@h/d?sslmode=require", "postgresql:///d?password=secret"] {
            assert_eq!(Engine::of(url).unwrap(), Engine::Postgres);
            assert!(!shown(url).contains("secret"), "{}", shown(url));
        }
        assert_eq!(shown("sqlite:a/b.sqlite"), "sqlite:a/b.sqlite");
        assert!(matches!(Engine::of("mysql://h/d"), Err(Fault::Scheme)));
        assert!(matches!(Engine::of("agent.sqlite"), Err(Fault::Scheme)));
    }
}
