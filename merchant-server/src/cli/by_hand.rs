//! `by-hand redeem`: hands in a handling number that a shopper has read out or written on paper.
//! Under the same reference it is handed in once, however often it is tried.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::json;
use shared_protocol::{Amount, Currency, HandlingNumber, Locale, Reference};

use super::Verdict;
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::domain::{Order, Told};
use crate::driver::{Unsaid, redeem};

/// Orders by telephone and on paper.
#[derive(Subcommand)]
pub(super) enum ByHandCommand {
    /// Hand in a number: from then on it is an order like any other
    Redeem {
        /// As it was read out: any case, with or without hyphens
        #[arg(value_parser = number)]
        number: HandlingNumber,
        /// In minor units: what the shopper was told to name
        #[arg(long)]
        amount: u64,
        /// ISO 4217
        #[arg(long, default_value = "JPY", value_parser = currency)]
        currency: Currency,
        /// Your own name for the order: letters, digits, - _ .
        #[arg(long, value_parser = reference)]
        order_ref: Reference,
    },
}

pub(super) async fn run(
    command: &ByHandCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let ByHandCommand::Redeem { number, amount, currency, order_ref } = command;
    let amount = Amount::new(*amount, *currency).context("there is no such amount")?;
    let told = Told { number: *number, amount, reference: order_ref.clone() };
    let app = App::open(config.clone(), Arc::new(SystemClock)).await?;
    let taken = redeem(&app, &told).await;
    app.store().close().await;
    let Order { purchase, state, .. } = match taken {
        Ok(order) => order,
        Err(Unsaid::Problem(problem)) => bail!("{} ({problem})", problem.text(Locale::En)),
        Err(other) => return Err(other.into()),
    };
    let document = json!({
        "reference": order_ref.as_str(),
        "purchase": purchase.to_string(),
        "handling_number": number.to_string(),
        "state": state.name(),
        "amount": amount.minor,
        "currency": amount.currency.code(),
    });
    match as_json {
        true => writeln!(out, "{document}")?,
        false => writeln!(out, "{order_ref}: {number} is redeemed, {}", state.name())?,
    }
    Ok(Verdict::Fine)
}

fn number(text: &str) -> Result<HandlingNumber, String> {
    text.parse().map_err(|_| "this is not a handling number: ask for it again".into())
}

fn currency(text: &str) -> Result<Currency, String> {
    text.parse().map_err(|_| "three letters, as JPY".into())
}

fn reference(text: &str) -> Result<Reference, String> {
    text.parse().map_err(|_| "1 to 64 letters, digits, - _ .".into())
}
