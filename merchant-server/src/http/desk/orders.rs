//! Orders, newest first, by search and state.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use shared_protocol::Locale;

use super::guard::By;
use super::shell::{Asked, Shell};
use crate::app::App;
use crate::catalogue::Catalogue;
use crate::domain::{Failure, Order, OrderId};
use crate::store::Find;
use crate::texts::{amount, minute, state_key};

/// Those that were looked for.
pub(super) async fn list(
    State(app): State<App>,
    asked: Asked,
    by: By,
    Query(typed): Query<Typed>,
) -> Result<Response, Failure> {
    let shell = Shell::of(&app, &by, &asked, "orders");
    let mut found = app.store().find_orders(&typed.find(), AT_ONCE + 1).await?;
    let has_more = found.len() > AT_ONCE as usize;
    found.truncate(AT_ONCE as usize);
    let older = found.last().filter(|_| has_more).map(|order| order.id.0);
    let catalogue = app.shelf().catalogue().await;
    let lines = found.iter().map(|order| Line::of(order, &app, &catalogue, &shell)).collect();
    let states = STATES.map(|name| (name, shell.w.get(state_key(name))));
    Ok(Shell::answer(false, &Page { typed, states, lines, older, shell }))
}

/// What is looked for.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    before: Option<i64>,
}

impl Typed {
    fn find(&self) -> Find {
        let known = STATES.contains(&self.state.as_str());
        let state = if known { self.state.clone() } else { String::new() };
        Find { text: self.q.clone(), state, before: self.before.map(OrderId) }
    }
}

/// An order, in one line.
struct Line {
    id: String,
    name: String,
    at: String,
    item: String,
    quantity: u32,
    amount: String,
    state: &'static str,
    state_name: &'static str,
}

impl Line {
    fn of(order: &Order, app: &App, catalogue: &Catalogue, shell: &Shell) -> Self {
        let deal = order.deal.as_ref();
        let number = || deal.map(|deal| deal.handling_number.to_string());
        let name = deal.and_then(|deal| deal.reference.clone()).or_else(number);
        Self {
            id: order.purchase.to_string(),
            name: name.unwrap_or_default(),
            at: minute(order.created, &app.config().time_zone),
            item: item_name(order, catalogue, shell.w.locale()),
            quantity: deal.map_or(0, |deal| deal.quantity),
            amount: deal.map(|deal| amount(deal.amount)).unwrap_or_default(),
            state: shell.w.get(state_key(order.state.name())),
            state_name: order.state.name(),
        }
    }
}

/// The item as the catalogue calls it, or its id where it is sold no more.
pub(super) fn item_name(order: &Order, catalogue: &Catalogue, locale: Locale) -> String {
    let Some(deal) = &order.deal else { return String::new() };
    let item = catalogue.item(&deal.item);
    let named = item.map(|item| item.terms().name.get(locale).to_owned());
    named.unwrap_or_else(|| deal.item.to_string())
}

/// In the order of the story; what is to be shipped first, as that is what most come for.
const STATES: [&str; 7] =
    ["to-ship", "granted", "accepted", "confirmed", "refused", "cancelled", "expired"];
const AT_ONCE: u32 = 50;

#[derive(Template)]
#[template(path = "orders.html")]
struct Page {
    shell: Shell,
    typed: Typed,
    states: [(&'static str, &'static str); 7],
    lines: Vec<Line>,
    older: Option<i64>,
}
