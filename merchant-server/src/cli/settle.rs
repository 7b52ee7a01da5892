//! `orders ship | claim | void | refund`: says to the agent what became of an order. Under the same
//! name the same is said once, however often it is tried.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared_protocol::{Amount, Locale, Receipt, Reference};

use super::Verdict;
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::domain::{Order, Step};
use crate::driver::{Unsaid, settle};

/// What became of an order.
#[derive(Subcommand)]
pub(super) enum SettleCommand {
    /// Tell the agent that goods of an order went
    Ship {
        #[command(flatten)]
        which: Which,
    },
    /// Claim an order's money, whole or in part
    Claim {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        how_much: HowMuch,
        /// For the shipment of this name
        #[arg(long, value_parser = reference)]
        shipment: Option<Reference>,
    },
    /// Let go of an order's money, whole or in part; all of it cancels the order
    Void {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        how_much: HowMuch,
    },
    /// Give back what was claimed, whole or in part
    Refund {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        how_much: HowMuch,
    },
}

/// Of which order, and under which name.
#[derive(Args)]
pub(super) struct Which {
    /// Y-20261122-0001, H7K2-9QMD-4VX8 or pur_…
    order: String,
    /// Your own name for it: letters, digits, - _ .
    #[arg(long, value_parser = reference)]
    name: Reference,
}

/// How much.
#[derive(Args)]
pub(super) struct HowMuch {
    /// In minor units of the order's currency; without it all of the order
    #[arg(long)]
    amount: Option<u64>,
}

impl SettleCommand {
    fn which(&self) -> &Which {
        match self {
            Self::Ship { which }
            | Self::Claim { which, .. }
            | Self::Void { which, .. }
            | Self::Refund { which, .. } => which,
        }
    }

    fn step(&self, order: &Order) -> anyhow::Result<Step> {
        Ok(match self {
            Self::Ship { .. } => Step::Ship,
            Self::Claim { how_much, shipment, .. } => {
                Step::Claim(amount(order, how_much)?, shipment.clone())
            }
            Self::Void { how_much, .. } => Step::Void(amount(order, how_much)?),
            Self::Refund { how_much, .. } => Step::Refund(amount(order, how_much)?),
        })
    }
}

pub(super) fn reference(text: &str) -> Result<Reference, String> {
    text.parse().map_err(|_| "1 to 64 letters, digits, - _ .".into())
}

pub(super) async fn run(
    command: &SettleCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let app = App::open(config.clone(), Arc::new(SystemClock)).await?;
    let Which { order: called, name } = command.which();
    let order = app.store().order_called(called).await?;
    let order = order.with_context(|| format!("there is no order {called}"))?;
    let said = settled(&app, &order, name, &command.step(&order)?).await;
    app.store().close().await;
    let receipt = said?;
    match as_json {
        true => writeln!(out, "{}", receipt_json(&receipt))?,
        false => writeln!(
            out,
            "{}: {} of {} claimed, {} let go, {} given back",
            receipt.standing.name(),
            receipt.claimed.minor,
            receipt.granted.minor,
            receipt.voided.minor,
            receipt.refunded.minor,
        )?,
    }
    Ok(Verdict::Fine)
}

/// Says it; or why not, in words for the shop.
pub(super) async fn settled(
    app: &App,
    order: &Order,
    name: &Reference,
    step: &Step,
) -> anyhow::Result<Receipt> {
    match settle(app, order, name, step).await {
        Ok(receipt) => Ok(receipt),
        Err(Unsaid::Problem(problem)) => bail!("{} ({problem})", problem.text(Locale::En)),
        Err(other) => Err(other.into()),
    }
}

pub(super) fn receipt_json(receipt: &Receipt) -> Value {
    json!({
        "purchase": receipt.purchase.to_string(),
        "standing": receipt.standing.name(),
        "granted": receipt.granted.minor,
        "claimed": receipt.claimed.minor,
        "voided": receipt.voided.minor,
        "refunded": receipt.refunded.minor,
        "currency": receipt.granted.currency.code(),
        "entry": receipt.entry,
    })
}

fn amount(order: &Order, how_much: &HowMuch) -> anyhow::Result<Amount> {
    let whole = order.deal.as_ref().context("this order never came")?.amount;
    let minor = how_much.amount.unwrap_or(whole.minor);
    Amount::new(minor, whole.currency).context("there is no such amount")
}
