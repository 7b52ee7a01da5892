//! What the agent paid, as it tells when it is asked: the payments of a year, and one of them word
//! by word.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use shared_protocol::{Amount, Problem, PurchaseId, Timestamp};

use super::guard::By;
use super::shell::{Asked, Shell};
use crate::app::App;
use crate::domain::desk::Period;
use crate::domain::{Failure, Payout, PayoutLine};
use crate::driver::{self, AgentSilence};
use crate::texts::{Words, amount, minute, signed};

/// Those of a year, newest first.
pub(super) async fn list(
    State(app): State<App>,
    asked: Asked,
    by: By,
    Query(typed): Query<Typed>,
) -> Result<Response, Failure> {
    let shell = Shell::of(&app, &by, &asked, "payouts");
    let this_year = Period::month_of(app.now(), &app.config().time_zone).other_grain();
    let year = Period::read(&typed.year).filter(|year| matches!(year, Period::Year(_)));
    let year = year.unwrap_or(this_year);
    let told = driver::payouts(&app, year.days()).await;
    let is_silent = told.is_err();
    let lines =
        told.unwrap_or_default().iter().map(|payout| Line::of(payout, &app, shell.w)).collect();
    let (before, after) = (year.before().name(), year.after().name());
    let page = List { year: year.name(), before, after, lines, is_silent, shell };
    Ok(Shell::answer(false, &page))
}

/// One of them.
pub(super) async fn show(
    State(app): State<App>,
    asked: Asked,
    Path(id): Path<String>,
    by: By,
) -> Result<Response, Failure> {
    let shell = Shell::of(&app, &by, &asked, "payouts");
    if !id.strip_prefix("pay_").is_some_and(|row| row.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Problem::NotFound.into());
    }
    let paid = match driver::payout(&app, &id).await {
        Ok(paid) => paid,
        Err(AgentSilence::Status(404)) => return Err(Problem::NotFound.into()),
        Err(silence) => {
            tracing::warn!(%silence, "the agent did not tell of a payout");
            return Err(Problem::AgentUnavailable.into());
        }
    };
    let mut words = Vec::new();
    for line in &paid.lines {
        words.push(Word::of(line, &paid.payout.currency, &app, shell.w).await?);
    }
    Ok(Shell::answer(false, &One { line: Line::of(&paid.payout, &app, shell.w), words, shell }))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    year: String,
}

/// A payment, in one line.
struct Line {
    id: String,
    pay_on: String,
    cutoff: String,
    claimed: String,
    refunded: String,
    fees: String,
    amount: String,
    words: u64,
    /// What became of it, where it came back.
    returned: Option<String>,
    /// What is in it of payments that came back; empty for nothing.
    brought: String,
}

impl Line {
    fn of(payout: &Payout, app: &App, w: Words) -> Self {
        let code = &payout.currency;
        Self {
            id: payout.id.clone(),
            pay_on: payout.pay_on.clone(),
            cutoff: minute(moment(&payout.cutoff), &app.config().time_zone),
            claimed: money(payout.claimed, code),
            refunded: money(payout.refunded, code),
            fees: signed(payout.fees, code),
            amount: money(payout.amount, code),
            words: payout.words,
            returned: payout.is_returned().then(|| returned(payout, w)),
            brought: if payout.brought == 0 { String::new() } else { signed(payout.brought, code) },
        }
    }
}

/// That it came back, why, and how it goes on.
fn returned(payout: &Payout, w: Words) -> String {
    let why = payout.returned.clone().unwrap_or_default();
    match &payout.again {
        Some(again) => w.fill("desk.payout_again", &[("why", &why), ("payout", again)]),
        None => w.fill("desk.payout_back", &[("why", &why)]),
    }
}

/// What the agent calls a moment.
fn moment(text: &str) -> Timestamp {
    let read = text.parse::<jiff::Timestamp>().unwrap_or_default();
    Timestamp::from_millis(read.as_millisecond())
}

fn money(minor: u64, code: &str) -> String {
    let read = code.parse().ok().and_then(|currency| Amount::new(minor, currency));
    read.map_or_else(|| format!("{minor} {code}"), amount)
}

/// A word in a payment.
struct Word {
    purchase: String,
    order: String,
    what: &'static str,
    name: String,
    at: String,
    minor: String,
    fee: String,
    share: String,
}

impl Word {
    async fn of(line: &PayoutLine, code: &str, app: &App, w: Words) -> Result<Self, Failure> {
        let order = match line.purchase.parse::<PurchaseId>() {
            Ok(purchase) => app.store().order(purchase).await?,
            Err(_) => None,
        };
        let reference = order.and_then(|order| order.deal).and_then(|deal| deal.reference);
        let at = moment(&line.at);
        let what = match line.kind.as_str() {
            "claim" => "desk.step_claimed",
            "refund" => "desk.step_gave_back",
            _ => "desk.step_upheld",
        };
        Ok(Self {
            order: reference.unwrap_or_else(|| line.purchase.clone()),
            purchase: line.purchase.clone(),
            what: w.get(what),
            name: line.name.clone(),
            at: minute(at, &app.config().time_zone),
            minor: signed(line.minor, code),
            fee: signed(line.fee, code),
            share: signed(line.share, code),
        })
    }
}

#[derive(Template)]
#[template(path = "payouts.html")]
struct List {
    shell: Shell,
    year: String,
    before: String,
    after: String,
    lines: Vec<Line>,
    is_silent: bool,
}

#[derive(Template)]
#[template(path = "payout.html")]
struct One {
    shell: Shell,
    line: Line,
    words: Vec<Word>,
}
