//! Contracts, by their last digits: what they hold, whether they are locked; stopping and opening
//! one. Numbers and addresses are never shown.

use askama::Template;
use axum::{
    Form,
    extract::{OriginalUri, Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use shared_protocol::{Amount, Problem, Timestamp};

use super::{
    desk::{Desk, onward, stamp},
    guard::By,
};
use crate::{
    app::App,
    domain::{contract::ContractStatus, operator::Power, unavailable},
    http::problem::Refused,
    store::{Change, ContractRow, FoundContract},
    texts::{self, Words},
};

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
    Query(typed): Query<Typed>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "contracts");
    let which = which(&typed.which);
    let tail = typed.tail.trim();
    let tail = (!tail.is_empty()).then_some(tail);
    let found = app.store.find_contracts(tail, which, AT_ONCE).await.map_err(unavailable)?;
    let now = app.clock.now();
    let page = Page {
        lines: found.iter().map(|row| Line::of(row, now, desk.w)).collect(),
        may_care: by.operator().role.may(Power::Care),
        typed,
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// Which contracts are looked for by this name.
pub(in crate::http) fn which(name: &str) -> FoundContract {
    match name {
        "suspended" => FoundContract::Suspended,
        "locked" => FoundContract::Locked,
        _ => FoundContract::Any,
    }
}

/// Stops a contract, opens it, or forgives its wrong codes.
pub(super) async fn set_status(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<i64>,
    by: By,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Refused> {
    let (change, act, said) = match wanted.to.as_str() {
        "suspended" => (Change::Status(ContractStatus::Suspended), "contract-suspended", "stopped"),
        "active" => (Change::Status(ContractStatus::Active), "contract-resumed", "opened"),
        "unlocked" => (Change::Unlock, "contract-unlocked", "unlocked"),
        _ => return Err(Problem::MalformedMessage.into()),
    };
    let known = app.store.contract_row(id).await.map_err(unavailable)?;
    let tail = known.ok_or(Problem::NotFound)?.number_tail;
    by.notes(&app, act, id).await?;
    app.store.change(id, change, app.clock.now()).await.map_err(unavailable)?;
    Ok(onward(&uri, &format!("/console/contracts?tail={tail}&said={said}")))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    tail: String,
    #[serde(default)]
    which: String,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    to: String,
}

struct Line {
    id: i64,
    tail: String,
    status: &'static str,
    is_active: bool,
    is_locked: bool,
    failures: u32,
    reserved: String,
    limit: String,
    until: String,
    since: String,
}

impl Line {
    fn of(row: &ContractRow, now: Timestamp, w: Words) -> Self {
        let facts = &row.facts;
        let status = match facts.stands(now) {
            ContractStatus::Active => "console.active",
            ContractStatus::Suspended => "console.suspended",
            ContractStatus::Lapsed => "console.lapsed",
        };
        let currency = facts.credit_limit.currency;
        Self {
            id: facts.id,
            tail: format!("•••• {}", row.number_tail),
            status: w.get(status),
            is_active: facts.status == ContractStatus::Active,
            is_locked: facts.is_locked(),
            failures: facts.code_failures,
            reserved: texts::amount(Amount { minor: facts.reserved, currency }),
            limit: texts::amount(facts.credit_limit),
            until: facts.valid_until.map(stamp).unwrap_or_default(),
            since: stamp(row.created_at),
        }
    }
}

#[derive(Template)]
#[template(path = "console/contracts.html")]
struct Page<'a> {
    desk: Desk<'a>,
    typed: Typed,
    lines: Vec<Line>,
    may_care: bool,
}

const AT_ONCE: u32 = 100;
