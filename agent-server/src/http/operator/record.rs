//! What audits said, and what operators did.

use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{operator::Act, unavailable},
    http::{
        api::{Served, get, kinds},
        merchants::{moment, unkept},
        problem::Refused,
    },
    store::AuditRun,
};

pub(super) fn served() -> Vec<Served> {
    let audits = get("/v1/operator/audits", "api.console_audits", audits).answers_json::<Audits>();
    let record = get("/v1/operator/record", "api.console_record", record)
        .with("before", kinds::BEFORE)
        .answers_json::<Record>();
    vec![audits, record]
}

async fn audits(State(app): State<App>) -> Result<Response, Refused> {
    let runs = app.store.audits(AUDITS).await.map_err(unavailable)?;
    Ok(unkept(Audits { audits: runs.iter().map(AuditJson::of).collect() }))
}

/// Before which record.
#[derive(Deserialize)]
struct Asked {
    before: Option<i64>,
}

async fn record(
    State(app): State<App>,
    Query(Asked { before }): Query<Asked>,
) -> Result<Response, Refused> {
    let acts = app.store.acts(before.unwrap_or(i64::MAX), ACTS).await.map_err(unavailable)?;
    let is_full = acts.len() == ACTS as usize;
    let next = acts.last().filter(|_| is_full).map(|act| act.number.to_string());
    Ok(unkept(Record { acts: acts.into_iter().map(ActJson::of).collect(), next }))
}

/// The last audits, newest first, at most 20.
#[derive(Serialize, ToSchema)]
struct Audits {
    audits: Vec<AuditJson>,
}

/// What an audit said.
#[derive(Serialize, ToSchema)]
#[schema(as = Audit)]
pub(super) struct AuditJson {
    /// When it began.
    began_at: String,
    /// When it ended.
    ended_at: String,
    /// Purchases that were looked at.
    purchases: u64,
    /// Entries of the journal.
    entries: u64,
    /// How many rows are wrong; 0: the books are sound.
    findings: u64,
    /// The first of them.
    named: Vec<String>,
    /// The digest of the newest entry, hexadecimal.
    head: String,
}

/// What operators did, newest first, at most 100.
#[derive(Serialize, ToSchema)]
struct Record {
    acts: Vec<ActJson>,
    /// What to ask for as `before` for older ones.
    next: Option<String>,
}

/// One thing that an operator did.
#[derive(Serialize, ToSchema)]
#[schema(as = Act)]
struct ActJson {
    /// 1, 2, 3 …
    number: u64,
    /// When.
    at: String,
    /// Who.
    operator: String,
    /// What.
    act: String,
    /// About which; never what is in it.
    about: String,
}

impl AuditJson {
    pub(super) fn of(run: &AuditRun) -> Self {
        Self {
            began_at: moment(run.began_at),
            ended_at: moment(run.ended_at),
            purchases: run.purchases,
            entries: run.entries,
            findings: run.findings,
            named: run.named.lines().map(str::to_owned).collect(),
            head: run.head.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

impl ActJson {
    fn of(act: Act) -> Self {
        let (number, at) = (act.number, moment(act.at));
        Self { number, at, operator: act.name, act: act.act, about: act.about }
    }
}

const AUDITS: u32 = 20;
const ACTS: u32 = 100;
