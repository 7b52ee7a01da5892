//! What a month or a year brought, as a page and as a file for spreadsheets.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use shared_protocol::{Amount, Problem};

use super::guard::By;
use super::shell::{Asked, Shell};
use crate::app::App;
use crate::domain::Failure;
use crate::domain::desk::{Line, Period, lines};
use crate::driver;
use crate::store::Fault;
use crate::texts::{amount, number, signed, signed_number};

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    asked: Asked,
    by: By,
    Query(typed): Query<Typed>,
) -> Result<Response, Failure> {
    let shell = Shell::of(&app, &by, &asked, "reports");
    let period = typed.period(&app);
    let (found, is_silent) = report(&app, period).await?;
    let page = Page {
        name: period.name(),
        before: period.before().name(),
        after: period.after().name(),
        other: period.other_grain().name(),
        is_month: matches!(period, Period::Month(_)),
        lines: found.iter().map(Shown::of).collect(),
        is_silent,
        shell,
    };
    Ok(Shell::answer(false, &page))
}

/// The file (RFC 4180). It has all of the agent's numbers or is not made.
pub(super) async fn csv(
    State(app): State<App>,
    Query(typed): Query<Typed>,
) -> Result<Response, Failure> {
    let period = typed.period(&app);
    let (found, is_silent) = report(&app, period).await?;
    if is_silent {
        return Err(Problem::AgentUnavailable.into());
    }
    let name = format!("attachment; filename=\"report-{}.csv\"", period.name());
    let kind = "text/csv; charset=utf-8".to_owned();
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)], written(&found)?).into_response())
}

/// The lines, and whether the agent kept silent of what it paid.
async fn report(app: &App, period: Period) -> Result<(Vec<Line>, bool), Failure> {
    let zone = &app.config().time_zone;
    let counted = app.store().counted(period.moments(zone)).await?;
    let told = driver::payouts(app, period.days()).await;
    let is_silent = told.is_err();
    Ok((lines(period, zone, &counted, &told.unwrap_or_default()), is_silent))
}

fn written(lines: &[Line]) -> Result<Vec<u8>, Failure> {
    let builder = &mut csv::WriterBuilder::new();
    let mut csv = builder.terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let row = |line: &Line| {
        let money = |minor| Amount::new(minor, line.currency).map(number).unwrap_or_default();
        [
            line.label.clone(),
            line.currency.code().to_owned(),
            line.orders.to_string(),
            money(line.ordered),
            money(line.claimed),
            money(line.refunded),
            signed_number(line.fees, line.currency),
            money(line.paid),
        ]
    };
    let mut write = || {
        csv.write_record(COLUMNS)?;
        lines.iter().try_for_each(|line| csv.write_record(row(line)))
    };
    write().map_err(|_| Fault::Damaged("report"))?;
    Ok(csv.into_inner().map_err(|_| Fault::Damaged("report"))?)
}

const COLUMNS: [&str; 8] =
    ["period", "currency", "orders", "ordered", "claimed", "refunded", "fees", "paid"];

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    of: String,
}

impl Typed {
    fn period(&self, app: &App) -> Period {
        let this_month = || Period::month_of(app.now(), &app.config().time_zone);
        Period::read(&self.of).unwrap_or_else(this_month)
    }
}

/// A line as people read it.
struct Shown {
    label: String,
    orders: u64,
    ordered: String,
    claimed: String,
    refunded: String,
    fees: String,
    paid: String,
}

impl Shown {
    fn of(line: &Line) -> Self {
        let money = |minor| Amount::new(minor, line.currency).map(amount).unwrap_or_default();
        Self {
            label: line.label.clone(),
            orders: line.orders,
            ordered: money(line.ordered),
            claimed: money(line.claimed),
            refunded: money(line.refunded),
            fees: signed(line.fees, line.currency.code()),
            paid: money(line.paid),
        }
    }
}

#[derive(Template)]
#[template(path = "reports.html")]
struct Page {
    shell: Shell,
    name: String,
    before: String,
    after: String,
    other: String,
    is_month: bool,
    lines: Vec<Shown>,
    is_silent: bool,
}
