//! `keys init` and `keys show`: prints public keys only, as the agent's operator needs them.

use std::io::Write;

use clap::Subcommand;
use serde_json::json;

use super::Verdict;
use crate::config::{Config, Origin};
use crate::entropy::Entropy;
use crate::keys::{Keyring, public_text};

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Make the shop's keys, once
    Init,
    /// Show the public halves, to be registered with the agent
    Show,
}

pub(super) fn run(
    command: &KeysCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let dir = config.keys_dir();
    let keys = match command {
        KeysCommand::Init => Keyring::init(&dir, &mut Entropy::system())?,
        KeysCommand::Show => Keyring::load(&dir)?,
    };
    let verifying = public_text(keys.verifying().as_bytes());
    let sealing = public_text(keys.sealing().as_bytes());
    if as_json {
        let document = json!({
            "merchant": config.merchant_id.as_str(),
            "server": config.public_url.as_ref().map(Origin::as_str),
            "verifying_key": verifying,
            "sealing_key": sealing,
        });
        writeln!(out, "{document}")?;
    } else {
        writeln!(out, "merchant       {}", config.merchant_id)?;
        writeln!(out, "verifying_key  {verifying}")?;
        writeln!(out, "sealing_key    {sealing}")?;
    }
    Ok(Verdict::Fine)
}
