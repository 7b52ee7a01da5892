//! The operator's command line. Each command says what it did in words, or as JSON with `--json`;
//! exit code 1 means that it could not, 2 that it was not understood.

mod audit;
mod backup;
mod confirmations;
mod contracts;
mod doctor;
mod events;
mod files;
mod hand_over;
mod keys;
mod ledger;
mod mark;
mod merchant_bank;
mod merchant_keys;
mod merchant_statement;
mod merchant_token;
mod merchants;
mod operator_token;
mod operators;
mod outbox;
mod placements;
mod purchases;
mod relay;
mod say;
mod serve;
mod webhook;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use shared_protocol::HandlingNumber;

use crate::{
    config::{Config, Overrides},
    store::Store,
};

/// The Warifu agent server: sees payment, never delivery.
#[derive(Parser)]
#[command(name = "agent-server", version)]
struct CommandLine {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where settings and data are.
#[derive(Args)]
struct Place {
    /// The settings
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of keys and database, whatever the settings say
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Use the demo's settings where the file says nothing
    #[arg(long, global = true)]
    demo: bool,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// The agent's own keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Merchants with a contract
    #[command(subcommand)]
    Merchants(merchants::Merchants),
    /// Where sellers' windows may stand in others' pages
    #[command(subcommand)]
    Placements(placements::Placements),
    /// Pictures of Marks
    #[command(subcommand)]
    Mark(mark::Marks),
    /// Shoppers' contracts
    #[command(subcommand)]
    Contracts(contracts::Contracts),
    /// Purchases, and what shoppers object to
    #[command(subcommand)]
    Purchases(purchases::Purchases),
    /// What shoppers said by telephone, fax, post or in person
    #[command(subcommand)]
    Confirmations(confirmations::Confirmations),
    /// Who may use the console
    #[command(subcommand)]
    Operators(operators::Operators),
    /// Letters and webhooks that are owed
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    /// What merchants are told of their purchases
    #[command(subcommand)]
    Events(events::Events),
    /// The books: balances, payouts, bills
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Files that banks and accountants take and give
    #[command(subcommand)]
    Files(files::Files),
    /// Recompute the books from what was signed
    Audit,
    /// Copy the database, also while the server runs
    Backup(backup::Backup),
    /// Go on from a backup
    Restore(backup::Restore),
    /// Look whether everything is in place
    Doctor,
}

/// What a command gives back: what it says, or why it could not.
type Said = Result<say::Report, Box<dyn std::error::Error + Send + Sync>>;

/// Runs the command that the command line names.
pub fn main() -> ExitCode {
    let CommandLine { place, command } = CommandLine::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(fault) => return say::failure(&fault, place.json),
    };
    match runtime.block_on(run(&place, command)) {
        Ok(report) => report.print(place.json),
        Err(fault) => say::failure(&*fault, place.json),
    }
}

async fn run(place: &Place, command: Command) -> Said {
    match command {
        Command::Serve(serve) => serve.run(place).await,
        Command::Keys(keys) => keys.run(place).await,
        Command::Merchants(merchants) => merchants.run(place).await,
        Command::Placements(placements) => placements.run(place).await,
        Command::Mark(mark) => mark.run(place).await,
        Command::Contracts(contracts) => contracts.run(place).await,
        Command::Purchases(purchases) => purchases.run(place).await,
        Command::Confirmations(confirmations) => confirmations.run(place).await,
        Command::Operators(operators) => operators.run(place).await,
        Command::Outbox(outbox) => outbox.run(place).await,
        Command::Events(events) => events.run(place).await,
        Command::Ledger(ledger) => ledger.run(place).await,
        Command::Files(files) => files.run(place).await,
        Command::Audit => audit::run(place).await,
        Command::Backup(backup) => backup.run(place).await,
        Command::Restore(restore) => restore.run(place).await,
        Command::Doctor => Ok(doctor::examine(place).await),
    }
}

impl Place {
    /// The settings, with what the command line says over them.
    fn settings(&self, widget_dir: Option<&Path>) -> Result<Config, crate::config::ConfigFault> {
        let file = self.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        let overrides = Overrides {
            file_is_named: self.config.is_some(),
            data_dir: self.data.clone(),
            widget_dir: widget_dir.map(Into::into),
            demo: self.demo,
        };
        Config::load(&file, &overrides)
    }

    /// The database that the settings name.
    async fn store(&self) -> Result<Store, Box<dyn std::error::Error + Send + Sync>> {
        let config = self.settings(None)?;
        config.make_data_dir()?;
        Ok(Store::open(&config.database()).await?)
    }
}

/// Reads a handling number as people write it.
fn handling_number(text: &str) -> Result<HandlingNumber, String> {
    text.parse().map_err(|_| "this is not a handling number".into())
}

const DEFAULT_FILE: &str = "agent.toml";
