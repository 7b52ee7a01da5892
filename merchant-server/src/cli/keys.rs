//! `keys init`, `show`, `rotate`, `activate`, `retire`: prints public keys only, as the agent's
//! operator needs them.

use std::io::Write;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::json;

use super::Verdict;
use crate::config::{Config, Origin};
use crate::driver::AgentClient;
use crate::entropy::Entropy;
use crate::keys::{Keyring, public_text};

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Make the shop's keys, once
    Init,
    /// Show the public halves, to be registered with the agent
    Show,
    /// Make the next pair and show it, to be registered with the agent; nothing uses it yet
    Rotate,
    /// Use the next pair, once the agent knows it
    Activate {
        /// Although the agent does not say that it knows it
        #[arg(long)]
        force: bool,
    },
    /// End the pair before: a day after `activate` nothing needs it any more
    Retire,
}

pub(super) async fn run(
    command: &KeysCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let dir = config.keys_dir();
    let mut shows_next = false;
    match command {
        KeysCommand::Init => drop(Keyring::init(&dir, &mut Entropy::system())?),
        KeysCommand::Show => {}
        KeysCommand::Rotate => {
            Keyring::rotate(&dir, &mut Entropy::system())?;
            shows_next = true;
        }
        KeysCommand::Activate { force } => {
            if !force {
                agent_knows_next(config).await?;
            }
            Keyring::activate(&dir)?;
        }
        KeysCommand::Retire => Keyring::retire(&dir)?,
    }
    let keys = Keyring::load(&dir)?;
    let next = keys.next().filter(|_| shows_next);
    let (verifying, sealing) = match next {
        Some(next) => (next.verifying(), next.sealing()),
        None => (keys.verifying(), keys.sealing()),
    };
    let (verifying, sealing) = (public_text(verifying.as_bytes()), public_text(sealing.as_bytes()));
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

/// Whoever had its Mark from the agent would not believe a pair that the agent does not know.
async fn agent_knows_next(config: &Config) -> anyhow::Result<()> {
    let keys = Keyring::load(&config.keys_dir())?;
    let next = keys.next().context("there is no next pair of keys: run `keys rotate` first")?;
    let agent = AgentClient::new(config.agent.url.clone())?;
    if !agent.knows_key(&config.merchant_id, &next.verifying()).await? {
        bail!("the agent does not know the next pair yet: its operator registers it");
    }
    Ok(())
}
