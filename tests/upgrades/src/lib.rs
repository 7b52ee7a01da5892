//! An upgrade of an SQLite database that dies anywhere (TRUST.md F21): what is then on the disk is
//! copied away, as a kill leaves it, and started from. The same for both servers.
#![allow(clippy::missing_panics_doc, reason = "a test that cannot go on says where it stopped")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{
    ConnectOptions as _, Row as _, SqliteConnection,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tempfile::TempDir;

/// Kills the upgrade in so many of its steps, spread evenly: each time `start`, which opens the
/// database of a URL and closes it, must make of what is left the schema that it makes of nothing.
/// Returns how many steps there are.
pub async fn are_done_by(start: impl AsyncFn(String), upgrade: &Migrator, kills: u32) -> u32 {
    let (steps, _) = killed_at(u32::MAX, upgrade).await;
    let whole = folder();
    start(url(whole.path())).await;
    let wanted = schema(whole.path()).await;
    let kills = kills.min(steps);
    for kill in 0..kills {
        let at = u32::try_from(u64::from(steps) * u64::from(kill) / u64::from(kills)).unwrap();
        let (_, left) = killed_at(at, upgrade).await;
        start(url(left.path())).await;
        assert_eq!(schema(left.path()).await, wanted, "killed in step {at} of {steps}");
    }
    steps
}

/// A database that a newer program has upgraded further, to this version; its URL.
pub async fn newer(start: impl AsyncFn(String), version: i64) -> (TempDir, String) {
    let folder = folder();
    let url = url(folder.path());
    start(url.clone()).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum,
        execution_time) VALUES ($1, 'of tomorrow', TRUE, x'00', 0)";
    let mut connection = connect(folder.path()).await;
    sqlx::query(newer).bind(version).execute(&mut connection).await.unwrap();
    (folder, url)
}

/// Upgrades, and dies in its `step`-th step; returns how many steps it came to, and where the
/// files lie as they were at that moment.
async fn killed_at(step: u32, upgrade: &Migrator) -> (u32, TempDir) {
    let (folder, left) = (folder(), folder());
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
    let _ = upgrade.run(&mut connection).await;
    drop(connection);
    (steps.load(Ordering::Relaxed), left)
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

async fn connect(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::from_str(&url(folder)).unwrap().create_if_missing(true);
    options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap()
}

fn url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("upgraded.sqlite").display())
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Instructions of SQLite's virtual machine between two moments at which it may die.
const STEP: i32 = 3;
