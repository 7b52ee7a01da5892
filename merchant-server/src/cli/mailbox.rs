//! `mailbox list | read | accept | refuse | ship`: orders that wait at the agent for a seller
//! without a server (¶79–80), opened, taken and shipped with the seller's own key. Each command
//! first says what the agent has not heard yet and hears what shoppers have said; done twice, it is
//! done once.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::{
    HandlingNumber, Locale, MailboxEntry, Problem, PurchaseId, PurchaseState, Reference,
    ReferralId, encode,
};

use super::Verdict;
use super::offers::plainly;
use super::orders::{add_person, local, show};
use super::settle::{receipt_json, reference, settled};
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::domain::{Order, Step, Waiting, accept, peek, refuse};
use crate::driver::{Unsaid, catch_up, look};

#[derive(Subcommand)]
pub(super) enum MailboxCommand {
    /// What lies in the mailbox, oldest first
    List,
    /// One order, opened: who ordered what, and where it goes
    Read {
        /// H7K2-9QMD-4VX8 or pur_…
        order: String,
    },
    /// Take an order: its number is used up, the shopper is asked to confirm
    Accept {
        /// H7K2-9QMD-4VX8 or pur_…
        order: String,
    },
    /// Refuse an order for good; nothing is charged, the shopper is told
    Refuse {
        /// H7K2-9QMD-4VX8 or pur_…
        order: String,
        /// It is sold out
        #[arg(long)]
        sold_out: bool,
    },
    /// Tell the agent that an order was shipped, and claim its money
    Ship {
        /// H7K2-9QMD-4VX8, pur_… or the reference that `accept` gave it
        order: String,
        /// Your own name for the shipment: letters, digits, - _ .
        #[arg(long, value_parser = reference, default_value = "1")]
        name: Reference,
        /// Claim nothing yet
        #[arg(long)]
        no_claim: bool,
    },
}

pub(super) async fn run(
    command: &MailboxCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let app = App::open(config.clone(), Arc::new(SystemClock)).await?;
    catch_up(&app).await?;
    let document = match command {
        MailboxCommand::List => list(&app).await?,
        MailboxCommand::Read { order } => read(&app, order).await?,
        MailboxCommand::Accept { order } => decide(&app, order, None).await?,
        MailboxCommand::Refuse { order, sold_out } => {
            let reason = if *sold_out { Problem::OutOfStock } else { Problem::OrderRefused };
            decide(&app, order, Some(reason)).await?
        }
        MailboxCommand::Ship { order, name, no_claim } => {
            ship(&app, order, name, *no_claim).await?
        }
    };
    app.store().close().await;
    match (as_json, &document) {
        (true, document) => writeln!(out, "{document}")?,
        (false, Value::Array(entries)) => lines(entries, out)?,
        (false, document) => show("", document, out)?,
    }
    Ok(Verdict::Fine)
}

/// Nothing personal, and what cannot be opened too.
async fn list(app: &App) -> anyhow::Result<Value> {
    let mut listed = Vec::new();
    for entry in look(app, None).await.map_err(told)? {
        let waiting = peek(app.shop(), app.store(), &entry).await;
        listed.push(match waiting {
            Ok(waiting) => summary(app, &entry, &waiting).await?,
            Err(failure) => json!({
                "state": "unreadable",
                "why": failure.to_string(),
                "deposited": local(entry.deposited, &app.config().time_zone),
            }),
        });
    }
    Ok(listed.into())
}

async fn read(app: &App, called: &str) -> anyhow::Result<Value> {
    let (entry, waiting) = fetch(app, called).await?;
    let mut document = summary(app, &entry, &waiting).await?;
    let half = waiting.order.half();
    document["plan_class"] = waiting.grant.plan_class.name().into();
    document["language"] = half.locale.tag().into();
    document["referral"] = ReferralId::of(&half.purchase).to_string().into();
    add_person(&mut document, &half.contact, &half.delivery);
    Ok(document)
}

/// Takes an order up, or refuses it, as a merchant's server would, and says so to the agent.
async fn decide(app: &App, called: &str, refusal: Option<Problem>) -> anyhow::Result<Value> {
    let (entry, waiting) = fetch(app, called).await?;
    let known = app.store().order(waiting.grant.purchase).await?;
    if known.is_none() && entry.state != PurchaseState::Granted {
        bail!("it is too late: this order is {}", entry.state.name());
    }
    let came = encode(&entry.submission);
    let (shop, store, catalogue) = (app.shop(), app.store(), app.shelf().catalogue().await);
    let (purchase, came, now) = (waiting.grant.purchase, (&*came, &entry.submission), app.now());
    let decided = match refusal {
        None => accept(shop, store, &catalogue, purchase, came, now).await.map(drop),
        Some(reason) => refuse(shop, store, (&catalogue, reason), purchase, came, now).await,
    };
    // Also what could not be taken is said to the agent, so that the credit is free.
    catch_up(app).await?;
    decided.map_err(|failure| told(failure.into()))?;
    if app.store().vitals().await?.parcels_waiting > 0 {
        bail!("kept, but the agent has not heard of it yet: try the same again");
    }
    summary(app, &entry, &waiting).await
}

async fn ship(app: &App, called: &str, name: &Reference, no_claim: bool) -> anyhow::Result<Value> {
    let order = app.store().order_called(called).await?;
    let order = order.with_context(|| format!("{called} was not accepted here"))?;
    let shipped = settled(app, &order, name, &Step::Ship).await?;
    if no_claim {
        return Ok(receipt_json(&shipped));
    }
    let amount = order.deal.as_ref().context("this order never came")?.amount;
    let claim = Step::Claim(amount, Some(name.clone()));
    Ok(receipt_json(&settled(app, &order, name, &claim).await?))
}

/// The order of this name, fetched anew and opened; it counts as read from then on.
async fn fetch(app: &App, called: &str) -> anyhow::Result<(MailboxEntry, Waiting)> {
    let purchase = match called.parse::<PurchaseId>() {
        Ok(purchase) => purchase,
        Err(_) => find(app, called).await?,
    };
    let entry = look(app, Some(purchase)).await.map_err(told)?.pop();
    let entry = entry.with_context(|| format!("{called} is not in the mailbox"))?;
    let waiting = peek(app.shop(), app.store(), &entry).await;
    Ok((entry, waiting.map_err(|failure| told(failure.into()))?))
}

async fn find(app: &App, called: &str) -> anyhow::Result<PurchaseId> {
    let number: HandlingNumber =
        called.parse().ok().with_context(|| format!("{called} is no handling number, no pur_…"))?;
    for entry in look(app, None).await.map_err(told)? {
        if let Ok(waiting) = peek(app.shop(), app.store(), &entry).await
            && waiting.grant.handling_number == number
        {
            return Ok(waiting.grant.purchase);
        }
    }
    bail!("{called} is not in the mailbox")
}

async fn summary(app: &App, entry: &MailboxEntry, waiting: &Waiting) -> anyhow::Result<Value> {
    let (grant, zone) = (&waiting.grant, &app.config().time_zone);
    let known: Option<Order> = app.store().order(grant.purchase).await?;
    let state = known.as_ref().map_or(entry.state, |order| order.state);
    let state = if state == PurchaseState::Granted { "waiting" } else { state.name() };
    Ok(json!({
        "handling_number": grant.handling_number.to_string(),
        "state": state,
        "reference": known.and_then(|order| order.deal).and_then(|deal| deal.reference),
        "item": waiting.order.offer().item.as_str(),
        "quantity": waiting.order.half().quantity,
        "amount": grant.amount.minor,
        "currency": grant.amount.currency.code(),
        "price": plainly(grant.amount),
        "deposited": local(entry.deposited, zone),
        "take_by": local(grant.expires, zone),
        "purchase": grant.purchase.to_string(),
    }))
}

fn lines(entries: &[Value], out: &mut impl Write) -> std::io::Result<()> {
    let columns = ["handling_number", "state", "item", "quantity", "price", "take_by", "reference"];
    for entry in entries {
        let cell = |column: &&str| match &entry[*column] {
            Value::String(text) => text.clone(),
            Value::Null => "–".to_owned(),
            other => other.to_string(),
        };
        let cells: Vec<_> = columns.iter().map(cell).collect();
        writeln!(out, "{}", cells.join("  "))?;
    }
    Ok(())
}

/// In words for the seller.
fn told(unsaid: Unsaid) -> anyhow::Error {
    match unsaid {
        Unsaid::Problem(problem) => {
            anyhow::anyhow!("{} ({problem})", problem.text(Locale::En))
        }
        other => other.into(),
    }
}
