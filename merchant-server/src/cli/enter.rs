//! `orders enter`: takes into the books, where the merchant's key is, an order that a shop without
//! a key has taken.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};
use shared_protocol::{Locale, PurchaseId, PurchaseState};

use super::Verdict;
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::domain::{confirm, enter};

/// Enter orders that a shop without a key took by its form, to claim their money
#[derive(Args)]
pub(super) struct EnterCommand {
    /// JSON files of the forms as they came; only `grant` and `quantity` are read
    #[arg(required = true)]
    forms: Vec<PathBuf>,
}

pub(super) async fn run(
    command: &EnterCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let app = App::open(config.clone(), Arc::new(SystemClock)).await?;
    let mut entered = Vec::new();
    for file in &command.forms {
        let name = file.display();
        let form: Value =
            serde_json::from_slice(&fs::read(file).with_context(|| name.to_string())?)
                .with_context(|| name.to_string())?;
        let grant = form["grant"].as_str().with_context(|| format!("{name}: no grant"))?;
        let quantity = form["quantity"].as_str().and_then(|digits| digits.parse().ok());
        let quantity = quantity.with_context(|| format!("{name}: no quantity"))?;
        let order = enter(app.shop(), app.store(), (grant, quantity), app.now()).await;
        let order = order.map_err(|failure| {
            let problem = failure.problem();
            anyhow::anyhow!("{name}: {} ({problem})", problem.text(Locale::En))
        })?;
        entered.push(order.purchase);
    }
    let mut lines = Vec::new();
    for purchase in entered {
        let state = consented(&app, purchase).await?;
        lines.push(json!({ "purchase": purchase.to_string(), "state": state.name() }));
        if !as_json {
            writeln!(out, "{purchase}  {}", state.name())?;
        }
    }
    app.store().close().await;
    if as_json {
        writeln!(out, "{}", Value::from(lines))?;
    }
    Ok(Verdict::Fine)
}

/// How it stands, after the agent was asked whether the shopper has consented.
async fn consented(app: &App, purchase: PurchaseId) -> anyhow::Result<PurchaseState> {
    let status = app.agent().purchase_status(purchase).await?;
    if let Some(said) = &status.confirmation {
        let heard = confirm(app.shop(), app.store(), purchase, said, app.now()).await;
        return Ok(heard.map_err(|failure| anyhow::anyhow!("{failure}"))?.state);
    }
    let order = app.store().order(purchase).await?.context("it was entered")?;
    Ok(order.state)
}
