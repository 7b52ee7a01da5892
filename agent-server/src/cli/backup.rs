//! `agent-server backup` and `restore`: one folder with all that has to be kept.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Place, Said, say::Report};
use crate::{
    backup,
    clock::{Clock as _, SystemClock},
};

/// Copy the database, also while the server runs.
#[derive(Args)]
pub struct Backup {
    /// A folder that is not there yet
    folder: PathBuf,
    /// With the private keys: then whoever has the folder has everything
    #[arg(long)]
    with_keys: bool,
}

/// Go on from a backup.
#[derive(Args)]
pub struct Restore {
    /// The folder that `backup` made
    folder: PathBuf,
}

impl Backup {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let config = place.settings(None)?;
        let now = SystemClock.now();
        let about = backup::take(&config, &self.folder, self.with_keys, now).await?;
        let keys = match about.keys {
            true => "keys are in it: guard it as you guard them".to_owned(),
            false => {
                format!("keys are not in it: {} is to be kept too", config.keys_dir().display())
            }
        };
        let line = format!("backed up to {}; {keys}", self.folder.display());
        Ok(Report::line(line, json!(about)))
    }
}

impl Restore {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let config = place.settings(None)?;
        let head = backup::restore(&config, &self.folder, SystemClock.now()).await?;
        let digest: String =
            head.digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let lines = vec![
            format!("restored; the journal ends with entry {} {digest}", head.number),
            "what was promised since is lost: shoppers begin anew, merchants' receipts tell of it"
                .to_owned(),
        ];
        let json = json!({ "entry": head.number, "journal": digest });
        Ok(Report::new(lines, json))
    }
}
