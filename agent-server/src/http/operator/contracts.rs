//! Contracts by their last digits: never a number, an address, or who it is.

use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::{Deserialize, Serialize};
use shared_protocol::Timestamp;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::unavailable,
    http::{
        api::{Served, get, kinds},
        console::contracts::which,
        merchants::{moment, unkept},
        problem::Refused,
    },
    store::ContractRow,
};

pub(super) fn served() -> Vec<Served> {
    let list = get("/v1/operator/contracts", "api.console_contracts", list)
        .with("tail", kinds::TAIL)
        .with("which", kinds::WHICH)
        .answers_json::<ContractsJson>();
    vec![list]
}

#[derive(Deserialize)]
struct Asked {
    tail: Option<String>,
    #[serde(default)]
    which: String,
}

async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response, Refused> {
    let found = app.store.find_contracts(asked.tail.as_deref(), which(&asked.which), AT_ONCE).await;
    let (found, now) = (found.map_err(unavailable)?, app.clock.now());
    let contracts = found.iter().map(|row| ContractJson::of(row, now)).collect();
    Ok(unkept(ContractsJson { contracts }))
}

/// Contracts, newest first, at most 100.
#[derive(Serialize, ToSchema)]
#[schema(as = Contracts)]
struct ContractsJson {
    contracts: Vec<ContractJson>,
}

/// A contract.
#[derive(Serialize, ToSchema)]
#[schema(as = Contract)]
struct ContractJson {
    /// Its row.
    id: String,
    /// The last two digits of its number.
    tail: String,
    /// active, suspended or lapsed
    status: &'static str,
    /// Whether too many wrong codes have locked it.
    is_locked: bool,
    /// Wrong codes since the last right one.
    failures: u32,
    /// What purchases hold now, in minor units.
    reserved: u64,
    /// The most that may be held.
    limit: u64,
    /// ISO 4217
    currency: String,
    /// Until when it runs; without end, if it is not said.
    valid_until: Option<String>,
    /// When it was entered.
    since: String,
}

impl ContractJson {
    fn of(row: &ContractRow, now: Timestamp) -> Self {
        let facts = &row.facts;
        Self {
            id: facts.id.to_string(),
            tail: row.number_tail.clone(),
            status: facts.stands(now).name(),
            is_locked: facts.is_locked(),
            failures: facts.code_failures,
            reserved: facts.reserved,
            limit: facts.credit_limit.minor,
            currency: facts.credit_limit.currency.to_string(),
            valid_until: facts.valid_until.map(moment),
            since: moment(row.created_at),
        }
    }
}

const AT_ONCE: u32 = 100;
