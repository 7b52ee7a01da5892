//! `orders list` and `orders show`. The list holds nothing personal; one order shown in full does,
//! for whoever packs the parcel.

use std::io::Write;

use anyhow::Context as _;
use clap::Subcommand;
use jiff::Timestamp as Moment;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shared_protocol::{Contact, Delivery, Standing, Timestamp};

use super::Verdict;
use super::enter::{self, EnterCommand};
use super::offers::plainly;
use super::settle::{self, SettleCommand};
use crate::config::Config;
use crate::domain::{Order, OrderEvent, Recipient};
use crate::store::{Store, Told};

#[derive(Subcommand)]
pub(super) enum OrdersCommand {
    /// The latest orders, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One order in full: by its reference, handling number or purchase id
    Show {
        /// Y-20261122-0001, H7K2-9QMD-4VX8 or pur_…
        name: String,
    },
    /// How the money of transfers stands, newest first, as the agent has said it
    Transfers {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Enter orders that a shop without a key took by its form, to claim their money
    Enter(EnterCommand),
    /// What is said to the agent of one order
    #[command(flatten)]
    Settle(SettleCommand),
}

pub(super) async fn run(
    command: &OrdersCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    match command {
        OrdersCommand::Settle(command) => return settle::run(command, config, as_json, out).await,
        OrdersCommand::Enter(command) => return enter::run(command, config, as_json, out).await,
        OrdersCommand::List { .. }
        | OrdersCommand::Transfers { .. }
        | OrdersCommand::Show { .. } => {}
    }
    let store = Store::open(&config.database_url()).await.context("opening the database")?;
    let zone = &config.time_zone;
    match command {
        OrdersCommand::Settle(_) | OrdersCommand::Enter(_) => {}
        OrdersCommand::List { limit } => {
            let orders = store.orders(*limit).await?;
            if as_json {
                let orders: Vec<_> = orders.iter().map(|order| summary(order, zone)).collect();
                writeln!(out, "{}", Value::from(orders))?;
            } else {
                list(&orders, zone, out)?;
            }
        }
        OrdersCommand::Transfers { limit } => {
            let mut rows = Vec::new();
            for told in store.remittances(*limit).await? {
                let order = store.order(told.purchase).await?;
                let deal = order.and_then(|order| order.deal);
                rows.push(json!({
                    "purchase": told.purchase.to_string(),
                    "reference": deal.and_then(|deal| deal.reference),
                    "money": money(&told),
                }));
            }
            if as_json {
                writeln!(out, "{}", Value::from(rows))?;
            } else {
                rows.iter().try_for_each(|row| show("", row, out))?;
            }
        }
        OrdersCommand::Show { name } => {
            let order = store.order_called(name).await?;
            let order = order.with_context(|| format!("there is no order {name}"))?;
            let recipient = store.recipient(order.id).await?;
            let events = store.order_events(order.id).await?;
            let mut document = in_full(&order, recipient.as_ref(), &events, zone);
            let told = store.remittance(order.purchase).await?;
            document["money"] = told.as_ref().map(money).into();
            if as_json {
                writeln!(out, "{document}")?;
            } else {
                show("", &document, out)?;
            }
        }
    }
    store.close().await;
    Ok(Verdict::Fine)
}

fn list(orders: &[Order], zone: &TimeZone, out: &mut impl Write) -> std::io::Result<()> {
    let columns = ["reference", "state", "item", "quantity", "amount", "handling_number", "taken"];
    let mut rows = vec![columns.map(str::to_owned)];
    rows.extend(orders.iter().map(|order| {
        let mut summary = summary(order, zone);
        summary["amount"] = order.deal.as_ref().map(|deal| plainly(deal.amount)).into();
        columns.map(|column| match &summary[column] {
            Value::String(text) => text.clone(),
            Value::Null => "–".to_owned(),
            other => other.to_string(),
        })
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 7] = std::array::from_fn(|column| width(column).unwrap_or(0));
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

fn summary(order: &Order, zone: &TimeZone) -> Value {
    let deal = order.deal.as_ref();
    json!({
        "reference": deal.and_then(|deal| deal.reference.clone()),
        "state": order.state.name(),
        "item": deal.map(|deal| deal.item.to_string()),
        "quantity": deal.map(|deal| deal.quantity),
        "amount": deal.map(|deal| deal.amount.minor),
        "currency": deal.map(|deal| deal.amount.currency.code()),
        "handling_number": deal.map(|deal| deal.handling_number.to_string()),
        "taken": local(order.created, zone),
        "purchase": order.purchase.to_string(),
    })
}

fn in_full(
    order: &Order,
    recipient: Option<&Recipient>,
    events: &[OrderEvent],
    zone: &TimeZone,
) -> Value {
    let mut document = summary(order, zone);
    let deal = order.deal.as_ref();
    document["plan_class"] = deal.map(|deal| deal.plan_class.name()).into();
    document["language"] = deal.map(|deal| deal.locale.tag()).into();
    if let Some(Recipient { contact, delivery }) = recipient {
        add_person(&mut document, contact, delivery);
    }
    let event =
        |event: &OrderEvent| json!({ "event": event.event, "at": local(event.happened, zone) });
    document["events"] = events.iter().map(event).collect();
    document
}

/// Who ordered and where it goes, for whoever packs the parcel.
pub(super) fn add_person(document: &mut Value, contact: &Contact, delivery: &Delivery) {
    document["contact"] = json!({
        "name": contact.name.expose(),
        "kana": contact.kana.expose(),
        "email": contact.email.expose(),
        "phone": contact.phone.expose(),
    });
    document["delivery"] = match delivery {
        Delivery::Intangible => "by e-mail".into(),
        Delivery::Physical(address) => json!({
            "name": address.name.expose(),
            "postal_code": address.postal_code.expose(),
            "region": address.region.as_str(),
            "locality": address.locality.expose(),
            "line1": address.line1.expose(),
            "line2": address.line2.expose(),
            "phone": address.phone.expose(),
        }),
    };
}

/// One line per value, with the way to it.
pub(super) fn show(way: &str, value: &Value, out: &mut impl Write) -> std::io::Result<()> {
    let deeper = |key: &str| if way.is_empty() { key.to_owned() } else { format!("{way}.{key}") };
    match value {
        Value::Object(members) => {
            members.iter().try_for_each(|(key, value)| show(&deeper(key), value, out))
        }
        Value::Array(values) => values
            .iter()
            .enumerate()
            .try_for_each(|(at, value)| show(&deeper(&(at + 1).to_string()), value, out)),
        Value::Null => Ok(()),
        Value::String(text) => writeln!(out, "{way:24} {text}"),
        other => writeln!(out, "{way:24} {other}"),
    }
}

/// "received", "scheduled 2026-11-25", "not-received"
fn money(told: &Told) -> String {
    match told.said.claimed().map(|word| word.standing) {
        Ok(Standing::Scheduled(day)) => format!("scheduled {day}"),
        Ok(standing) => standing.name().to_owned(),
        Err(problem) => problem.code().to_owned(),
    }
}

pub(super) fn local(moment: Timestamp, zone: &TimeZone) -> String {
    let moment = Moment::from_millisecond(moment.as_millis()).unwrap_or(Moment::UNIX_EPOCH);
    moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
