//! The shop owner's command line. Every command reads one configuration file, prints for people or
//! (`--json`) for programs, and says by its exit code whether all is well.

mod backup;
mod by_hand;
mod doctor;
mod enter;
mod events;
mod keys;
mod mailbox;
mod offers;
mod orders;
mod placements;
mod relay;
mod serve;
mod settle;
mod sign_offers;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::relay::RelayConfig;

/// The merchant's side of Warifu: signed offers, orders, acceptances.
#[derive(Parser)]
#[command(name = "merchant-server", version)]
struct Arguments {
    /// The configuration file
    #[arg(long, global = true, default_value = "merchant.toml", env = "WARIFU_MERCHANT_CONFIG")]
    config: PathBuf,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::ServeCommand),
    /// Run the agent's relay by itself (see relay.sample.toml)
    Relay,
    /// Make or show the shop's keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Look at orders
    #[command(subcommand)]
    Orders(orders::OrdersCommand),
    /// Orders by telephone and on paper
    #[command(subcommand)]
    ByHand(by_hand::ByHandCommand),
    /// What the agent tells
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Look after the catalogue
    #[command(subcommand)]
    Offers(offers::OffersCommand),
    /// Orders that wait at the agent, for a seller without a server
    #[command(subcommand)]
    Mailbox(mailbox::MailboxCommand),
    /// Agree on a seller's window in another merchant's pages
    #[command(subcommand)]
    Placements(placements::PlacementsCommand),
    /// Copy the database, also while the server runs
    Backup(backup::BackupCommand),
    /// Go on from a backup
    Restore(backup::RestoreCommand),
    /// Check that everything is as it should be
    Doctor,
}

/// What a command has to say about itself.
enum Verdict {
    Fine,
    Amiss,
}

/// Reads the command line, does what it says. 0: done; 1: something is wrong; 2: not understood.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = io::stdout().lock();
    match run(arguments, &mut out) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Amiss) => ExitCode::FAILURE,
        Err(trouble) => {
            // Nobody can be told if even stderr is gone.
            let _ = writeln!(io::stderr(), "merchant-server: {trouble:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let config = || Config::load(&arguments.config);
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.command {
        Command::Serve(command) => runtime.block_on(serve::run(&command, config()?)),
        Command::Relay => runtime.block_on(relay::run(RelayConfig::load(&arguments.config)?)),
        Command::Keys(command) => {
            runtime.block_on(keys::run(&command, &config()?, arguments.json, out))
        }
        Command::Orders(command) => {
            runtime.block_on(orders::run(&command, &config()?, arguments.json, out))
        }
        Command::ByHand(command) => {
            runtime.block_on(by_hand::run(&command, &config()?, arguments.json, out))
        }
        Command::Events(command) => {
            runtime.block_on(events::run(&command, config()?, arguments.json, out))
        }
        Command::Offers(command) => {
            runtime.block_on(offers::run(&command, &config()?, arguments.json, out))
        }
        Command::Mailbox(command) => {
            runtime.block_on(mailbox::run(&command, &config()?, arguments.json, out))
        }
        Command::Placements(command) => {
            runtime.block_on(placements::run(&command, &config()?, arguments.json, out))
        }
        Command::Backup(command) => {
            runtime.block_on(backup::take(&command, &config()?, arguments.json, out))
        }
        Command::Restore(command) => runtime.block_on(backup::restore(&command, &config()?, out)),
        Command::Doctor => runtime.block_on(doctor::run(&arguments.config, arguments.json, out)),
    }
}
