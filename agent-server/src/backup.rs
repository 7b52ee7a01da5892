//! Backup and restore: one folder with a copy of the database, what it is, and the keys only if
//! they were asked for. Whoever has both has everything, so the keys are better kept apart.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use shared_protocol::Timestamp;

use crate::{
    config::Config,
    domain::ledger::Head,
    store::{Fault, Store},
};

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Whose it is.
    pub agent: String,
    /// When it was begun: all that was answered before is in it.
    pub taken: Timestamp,
    /// By which version.
    pub version: String,
    /// Whether the private keys are in it.
    pub keys: bool,
}

/// Why there is no backup, or no restore.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// The folder or the database is there already, and nothing is ever written over.
    #[error("{0} is there already")]
    There(PathBuf),
    /// It is no backup of this agent.
    #[error("{0} is not a backup of {1}")]
    Other(PathBuf, String),
    /// PostgreSQL has its own.
    #[error("this is for SQLite only: take pg_dump and pg_restore")]
    NotSqlite,
    /// The keys are neither in the backup nor in their place: without them it opens nothing.
    #[error("{0}: the keys are not in the backup; put them there first")]
    NoKeys(PathBuf),
    /// The database.
    #[error(transparent)]
    Store(#[from] Fault),
    /// A file.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
}

/// Copies the database into a new folder, while the server may be writing; with the keys if asked.
///
/// # Errors
/// [`BackupFault`].
pub async fn take(
    config: &Config,
    folder: &Path,
    keys: bool,
    now: Timestamp,
) -> Result<About, BackupFault> {
    database_file(config)?;
    make_folder(folder)?;
    Store::copy(&config.database(), &folder.join(DATABASE)).await?;
    if keys {
        copy_keys(&config.keys_dir(), &folder.join(KEYS))?;
    }
    let about = About {
        agent: config.agent_id.to_string(),
        taken: now,
        version: env!("CARGO_PKG_VERSION").into(),
        keys,
    };
    // Last: a folder without it is no backup.
    let text = serde_json::to_vec_pretty(&about).unwrap_or_default();
    let path = folder.join(ABOUT);
    io(&path, fs::write(&path, text))?;
    for file in [folder.join(DATABASE), path, folder.to_owned()] {
        io(&file, fs::File::open(&file).and_then(|open| open.sync_all()))?;
    }
    Ok(about)
}

/// Puts a backup where the settings want the database, which must not be there; returns the newest
/// entry of its journal.
///
/// # Errors
/// [`BackupFault`].
pub async fn restore(config: &Config, folder: &Path, now: Timestamp) -> Result<Head, BackupFault> {
    let about = about(folder)?;
    if about.agent != config.agent_id.as_str() {
        return Err(BackupFault::Other(folder.into(), config.agent_id.to_string()));
    }
    let target = database_file(config)?;
    if target.exists() {
        return Err(BackupFault::There(target));
    }
    io(&config.data_dir, config.make_data_dir())?;
    let keys = config.keys_dir();
    match (about.keys, keys.exists()) {
        (_, true) => {}
        (true, false) => copy_keys(&folder.join(KEYS), &keys)?,
        (false, false) => return Err(BackupFault::NoKeys(keys)),
    }
    // Under another name until it is whole.
    let beside = target.with_extension("restoring");
    io(&beside, fs::copy(folder.join(DATABASE), &beside).map(drop))?;
    let head = Store::adopt(&beside, about.taken, now).await?;
    io(&beside, fs::File::open(&beside).and_then(|file| file.sync_all()))?;
    io(&target, fs::rename(&beside, &target))?;
    Ok(head)
}

/// What the backup in this folder says of itself.
///
/// # Errors
/// [`BackupFault::Io`], [`BackupFault::Other`].
pub fn about(folder: &Path) -> Result<About, BackupFault> {
    let path = folder.join(ABOUT);
    let text = io(&path, fs::read(&path))?;
    serde_json::from_slice(&text).map_err(|_| BackupFault::Other(folder.into(), "an agent".into()))
}

fn database_file(config: &Config) -> Result<PathBuf, BackupFault> {
    let url = config.database();
    let file = url.strip_prefix("sqlite:").ok_or(BackupFault::NotSqlite)?;
    let file = file.trim_start_matches("//").split('?').next().unwrap_or(file);
    Ok(PathBuf::from(file))
}

fn make_folder(folder: &Path) -> Result<(), BackupFault> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {
            Err(BackupFault::There(folder.into()))
        }
        made => io(folder, made),
    }
}

fn copy_keys(from: &Path, to: &Path) -> Result<(), BackupFault> {
    make_folder(to)?;
    for file in io(from, fs::read_dir(from))? {
        let file = io(from, file)?;
        let copy = to.join(file.file_name());
        io(&copy, fs::copy(file.path(), &copy).map(drop))?;
        io(&copy, fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)))?;
        io(&copy, fs::File::open(&copy).and_then(|file| file.sync_all()))?;
    }
    Ok(())
}

fn io<T>(path: &Path, done: io::Result<T>) -> Result<T, BackupFault> {
    done.map_err(|fault| BackupFault::Io(path.into(), fault))
}

const DATABASE: &str = "agent.sqlite";
const KEYS: &str = "keys";
const ABOUT: &str = "backup.json";
