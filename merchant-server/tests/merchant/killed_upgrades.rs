//! An upgrade that dies anywhere (TRUST.md F21): what is then on the disk is copied away, as a kill
//! leaves it, and started from. An old program on a newer database refuses, and says why.

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use merchant_server::store::{Fault, Store};
use sqlx::{
    ConnectOptions as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

const DATABASE: &str = "merchant.sqlite";

async fn connect(folder: &Path) -> SqliteConnection {
    let url = format!("sqlite:{}", folder.join(DATABASE).display());
    let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true);
    options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap()
}

/// Everything that the database is made of.
async fn schema(folder: &Path) -> Vec<String> {
    let mut connection = connect(folder).await;
    let all = "SELECT COALESCE(sql, name) AS made FROM sqlite_master ORDER BY type, name";
    let rows = sqlx::query(all).fetch_all(&mut connection).await.unwrap();
    let done = "SELECT CAST(COUNT(*) AS TEXT) AS made FROM _sqlx_migrations WHERE success";
    let done = sqlx::query(done).fetch_all(&mut connection).await.unwrap();
    rows.iter().chain(&done).map(|row| row.get("made")).collect()
}

async fn open(folder: &Path) -> Result<Store, Fault> {
    Store::open(&format!("sqlite:{}", folder.join(DATABASE).display())).await
}

/// Upgrades, and dies in its `step`-th step; returns how many steps it came to, and where the
/// files lie as they were at that moment.
async fn killed_at(step: u32) -> (u32, tempfile::TempDir) {
    let (folder, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let steps = Arc::new(AtomicU32::new(0));
    let (counted, from, to): (_, PathBuf, PathBuf) =
        (steps.clone(), folder.path().into(), left.path().into());
    let mut connection = connect(folder.path()).await;
    connection.lock_handle().await.unwrap().set_progress_handler(STEP, move || {
        let now = counted.fetch_add(1, Ordering::Relaxed);
        if now == step {
            for file in fs::read_dir(&from).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
        now < step
    });
    // That it fails is the point.
    let _ = sqlx::migrate!().run(&mut connection).await;
    drop(connection);
    (steps.load(Ordering::Relaxed), left)
}

#[tokio::test]
async fn an_upgrade_that_is_killed_anywhere_is_done_by_the_next_start() {
    let (steps, _) = killed_at(u32::MAX).await;
    let whole = tempfile::tempdir().unwrap();
    open(whole.path()).await.unwrap().close().await;
    let wanted = schema(whole.path()).await;
    let kills = 60.min(steps);
    for kill in 0..kills {
        let at = u32::try_from(u64::from(steps) * u64::from(kill) / u64::from(kills)).unwrap();
        let (_, left) = killed_at(at).await;
        open(left.path()).await.unwrap().close().await;
        assert_eq!(schema(left.path()).await, wanted, "killed in step {at} of {steps}");
    }
    println!("  {kills} kills in {steps} steps");
    assert!(steps > 300, "every statement takes some steps: {steps}");
}

#[tokio::test]
async fn an_old_program_refuses_a_newer_database() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.unwrap().close().await;
    let mut connection = connect(folder.path()).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum,
        execution_time) VALUES (9001, 'of tomorrow', TRUE, x'00', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    drop(connection);
    let fault = open(folder.path()).await.err().unwrap();
    assert!(matches!(fault, Fault::NewerSchema(9001)), "{fault}");
    assert!(fault.to_string().contains("newer version"), "{fault}");
}

/// Instructions of SQLite's virtual machine between two moments at which it may die.
const STEP: i32 = 3;
