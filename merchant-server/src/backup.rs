//! Backup and restore: one folder with a copy of the database, what it is, and the keys only if
//! they were asked for. Whoever has both has everything, so the keys are better kept apart.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use shared_protocol::Timestamp;

use crate::config::Config;
use crate::store::Store;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Whose it is.
    pub merchant: String,
    /// When it was begun: all that was answered before is in it.
    pub taken: Timestamp,
    /// By which version.
    pub version: String,
    /// Whether the private keys are in it.
    pub keys: bool,
}

/// Copies the database into a new folder, while the server may be writing; with the keys if asked.
///
/// # Errors
/// In words for the shop's owner.
pub async fn take(
    config: &Config,
    folder: &Path,
    keys: bool,
    now: Timestamp,
) -> anyhow::Result<About> {
    database_file(config)?;
    make_folder(folder)?;
    Store::copy(&config.database_url(), &folder.join(DATABASE)).await?;
    if keys {
        copy_keys(&config.keys_dir(), &folder.join(KEYS))?;
    }
    let about = About {
        merchant: config.merchant_id.to_string(),
        taken: now,
        version: env!("CARGO_PKG_VERSION").into(),
        keys,
    };
    // Last: a folder without it is no backup.
    fs::write(folder.join(ABOUT), serde_json::to_vec_pretty(&about)?)?;
    for file in [folder.join(DATABASE), folder.join(ABOUT), folder.to_owned()] {
        fs::File::open(file)?.sync_all()?;
    }
    Ok(about)
}

/// Puts a backup where the configuration wants the database, which must not be there.
///
/// # Errors
/// In words for the shop's owner.
pub async fn restore(config: &Config, folder: &Path, now: Timestamp) -> anyhow::Result<()> {
    let text = fs::read(folder.join(ABOUT)).context("this folder holds no backup")?;
    let about: About = serde_json::from_slice(&text).context("this folder holds no backup")?;
    let own = config.merchant_id.as_str();
    ensure!(about.merchant == own, "this is a backup of {}, not of {own}", about.merchant);
    let (target, keys) = (database_file(config)?, config.keys_dir());
    ensure!(!target.exists(), "{} is there already: move it away first", target.display());
    if !keys.exists() {
        ensure!(about.keys, "the keys are not in the backup: put them into {}", keys.display());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(config.data_dir.relative())?;
        copy_keys(&folder.join(KEYS), &keys)?;
    }
    // Under another name until it is whole.
    let beside = target.with_extension("restoring");
    fs::copy(folder.join(DATABASE), &beside)?;
    let store = Store::open(&format!("sqlite:{}", beside.display())).await?;
    let noted = store.note_restore(about.taken, now).await;
    store.close().await;
    noted?;
    fs::File::open(&beside)?.sync_all()?;
    Ok(fs::rename(&beside, &target)?)
}

fn database_file(config: &Config) -> anyhow::Result<PathBuf> {
    let url = config.database_url();
    let Some(file) = url.strip_prefix("sqlite:") else {
        bail!("this is for SQLite only");
    };
    let file = file.trim_start_matches("//");
    Ok(PathBuf::from(file.split('?').next().unwrap_or(file)))
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().mode(0o700).create(folder);
    made.with_context(|| format!("{} must be a folder that is not there yet", folder.display()))
}

/// Also those of pairs in folders of their own.
fn copy_keys(from: &Path, to: &Path) -> anyhow::Result<()> {
    make_folder(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let copy = to.join(file.file_name());
        if file.file_type()?.is_dir() {
            copy_keys(&file.path(), &copy)?;
            continue;
        }
        fs::copy(file.path(), &copy)?;
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600))?;
        fs::File::open(&copy)?.sync_all()?;
    }
    Ok(())
}

const DATABASE: &str = "merchant.sqlite";
const KEYS: &str = "keys";
const ABOUT: &str = "backup.json";
