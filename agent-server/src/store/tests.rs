//! The writer's promises: one flush for many, exactly one for one, a fault of one is nobody
//! else's, a lock is waited for and then told.

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::future::join_all;
use shared_protocol::Timestamp;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use super::{
    Engine, Fault, Store, connect, sqlite,
    writer::{Connection, Tx, Work},
};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// Adds a stranger; may fail on purpose after having written.
struct Note {
    name: u8,
    fails: bool,
}

impl Work for Note {
    type Answer = i64;
    const NAME: &'static str = "note";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        sqlx::query(
            "INSERT INTO strangers (number_hash, code_failures, updated_at) VALUES ($1, 1, $2)",
        )
        .bind(vec![self.name])
        .bind(NOW.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        if self.fails { Err(Fault::Damaged("on purpose")) } else { Ok(tx.id(NOW)) }
    }
}

/// The URL of a fresh database, of the kind that is tested.
pub(super) fn fresh(folder: &Path) -> String {
    let file = || format!("sqlite:{}", folder.join("agent.sqlite").display());
    postgres_cluster::wanted().unwrap_or_else(file)
}

/// A connection of another process's.
pub(super) async fn another(url: &str) -> Connection {
    connect::Place::of(url).unwrap().writing().await.unwrap()
}

struct Open {
    store: Arc<Store>,
    url: String,
    _folder: TempDir,
}

impl Open {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = fresh(folder.path());
        let store = Arc::new(Store::open(&url).await.unwrap());
        Self { store, url, _folder: folder }
    }

    async fn note(&self, name: u8, fails: bool) -> Result<i64, Fault> {
        self.store.0.writer.write(Note { name, fails }).await
    }

    fn commits(&self) -> u64 {
        self.store.0.writer.watch().commits()
    }

    async fn noted(&self) -> i64 {
        let row = sqlx::query_scalar("SELECT COUNT(*) FROM strangers");
        row.fetch_one(&self.store.0.reads).await.unwrap()
    }
}

/// A purchase that was granted, and one that was declined, before plans were kept.
#[tokio::test]
async fn purchases_from_before_plans_are_lump_sums() {
    let options = sqlx::sqlite::SqliteConnectOptions::new().in_memory(true);
    let mut connection = options.connect().await.unwrap();
    let run = |sql: &'static str| sqlx::raw_sql(sql);
    run(include_str!("../../migrations/0001_first_purchase.sql"))
        .execute(&mut connection)
        .await
        .unwrap();
    let before = "PRAGMA foreign_keys = OFF;
        INSERT INTO purchases (id, purchase_id, handling_number, merchant, request_digest, state,
            problem, amount, currency, quantity, item_ja, item_en, locale, tally, grant_signed,
            events, created_at, updated_at, updated_by)
        VALUES (1, x'01', 'N', 'mrc_tea', x'', 'granted', NULL, 3850, 'JPY', 1, '', '', 'ja', x'',
                x'00', 1, 0, 0, 'test'),
            (2, x'02', NULL, 'mrc_tea', x'', 'declined', 44, 3850, 'JPY', 1, '', '', 'ja', x'',
                NULL, 1, 0, 0, 'test')";
    run(before).execute(&mut connection).await.unwrap();
    run(include_str!("../../migrations/0004_plans.sql")).execute(&mut connection).await.unwrap();
    let query = "SELECT plan, fee, total FROM purchases ORDER BY id";
    let rows: Vec<(Option<String>, Option<i64>, Option<i64>)> =
        sqlx::query_as(query).fetch_all(&mut connection).await.unwrap();
    let granted = (Some("single".to_owned()), Some(0), Some(3850));
    assert_eq!(rows, [granted, (None, None, None)]);
}

#[tokio::test]
async fn one_alone_is_one_commit_and_waits_for_nobody() {
    let open = Open::new().await;
    let before = open.commits();
    for name in 0..10 {
        let _in_flight = open.store.in_flight();
        open.note(name, false).await.unwrap();
    }
    assert_eq!(open.commits() - before, 10);
}

#[tokio::test]
async fn many_at_once_share_commits() {
    let open = Open::new().await;
    let before = open.commits();
    let announced: Vec<_> = (0..64).map(|_| open.store.in_flight()).collect();
    let answers = join_all((0..64).map(|name| open.note(name, false))).await;
    drop(announced);
    let mut ids: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 64);
    assert!(open.commits() - before <= 4, "{} commits", open.commits() - before);
    assert_eq!(open.noted().await, 64);
}

#[tokio::test]
async fn the_fault_of_one_is_nobody_elses() {
    let open = Open::new().await;
    let answers = join_all((0..32).map(|name| open.note(name, name % 8 == 3))).await;
    for (name, answer) in answers.into_iter().enumerate() {
        match name % 8 {
            3 => assert!(matches!(answer, Err(Fault::Damaged("on purpose"))), "{name}"),
            _ => assert!(answer.is_ok(), "{name}"),
        }
    }
    assert_eq!(open.noted().await, 28);
}

/// Also what two transactions of one batch do to each other comes out one by one.
#[tokio::test]
async fn the_same_twice_at_once_is_once() {
    let open = Open::new().await;
    let answers = join_all((0..8).map(|_| open.note(1, false))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(open.noted().await, 1);
}

/// TRUST.md F10.
#[tokio::test]
async fn a_lock_that_another_process_holds_is_waited_for_and_then_told() {
    let open = Open::new().await;
    let mut other = another(&open.url).await;
    let begin = open.store.engine().begin(true);
    if open.url.starts_with("postgres:") {
        // Ours would be ended after ten seconds, which is before the last one has waited.
        let set = sqlx::raw_sql("SET idle_in_transaction_session_timeout = 0");
        set.execute(&mut other).await.unwrap();
    }

    let lock = other.begin_with(begin).await.unwrap();
    let (answer, ()) = tokio::join!(open.note(1, false), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        lock.rollback().await.unwrap();
    });
    assert!(answer.is_ok());

    let lock = other.begin_with(begin).await.unwrap();
    let answers = join_all((2..10).map(|name| open.note(name, false)));
    // At most two batches wait, five seconds each; each for itself would take forty.
    let answers = tokio::time::timeout(Duration::from_secs(30), answers).await.unwrap();
    let told = answers.iter().filter(|answer| matches!(answer, Err(Fault::Locked))).count();
    assert_eq!(told, answers.len(), "{answers:?}");
    open.store.check().await.unwrap();
    lock.rollback().await.unwrap();
    open.note(2, false).await.unwrap();
    assert_eq!(open.noted().await, 2);
}

#[tokio::test]
async fn what_is_queued_when_it_closes_is_committed() {
    let open = Open::new().await;
    let (answers, ()) = tokio::join!(join_all((0..16).map(|name| open.note(name, false))), async {
        tokio::task::yield_now().await;
        open.store.0.writer.close().await;
    });
    assert!(answers.iter().all(Result::is_ok));
    assert!(matches!(open.note(99, false).await, Err(Fault::Stopped)));
    assert!(matches!(open.store.check().await, Err(Fault::Stopped)));
    let again = Store::open(&open.url).await.unwrap();
    again.close().await;
}

#[tokio::test]
async fn a_long_log_is_moved_into_the_file_while_others_write() {
    let open = Open::new().await;
    if open.store.engine() == Engine::Postgres {
        return;
    }
    let options = sqlite::options(&open.url).unwrap();
    let mut checkpointing = options.connect().await.unwrap();
    for name in 0..50 {
        open.note(name, false).await.unwrap();
    }
    let (frames, moved) = super::checkpoint::run(&mut checkpointing).await.unwrap();
    assert!(frames > 0 && moved == frames, "{moved} of {frames}");
    assert!(open.store.0.writer.watch().checkpoint().await);
    open.note(50, false).await.unwrap();
    assert_eq!(open.noted().await, 51);
}
