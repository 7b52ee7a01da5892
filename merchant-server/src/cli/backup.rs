//! `backup` and `restore`: one folder with all that has to be kept.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Verdict;
use crate::backup;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;

#[derive(Args)]
pub(super) struct BackupCommand {
    /// A folder that is not there yet
    folder: PathBuf,
    /// With the private keys: then whoever has the folder has everything
    #[arg(long)]
    with_keys: bool,
}

#[derive(Args)]
pub(super) struct RestoreCommand {
    /// The folder that `backup` made
    folder: PathBuf,
}

pub(super) async fn take(
    command: &BackupCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let about = backup::take(config, &command.folder, command.with_keys, SystemClock.now()).await?;
    if as_json {
        writeln!(out, "{}", json!(about))?;
    } else if about.keys {
        writeln!(out, "backed up; the keys are in it: guard it as you guard them")?;
    } else {
        let keys = config.keys_dir();
        writeln!(out, "backed up; the keys are not in it: keep {} too", keys.display())?;
    }
    Ok(Verdict::Fine)
}

pub(super) async fn restore(
    command: &RestoreCommand,
    config: &Config,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    backup::restore(config, &command.folder, SystemClock.now()).await?;
    writeln!(out, "restored; Grants of the time that is lost are not taken")?;
    Ok(Verdict::Fine)
}
