//! The audit, run from here; and the record of what operators did.

use askama::Template;
use axum::{
    extract::{OriginalUri, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;

use super::{
    desk::{Desk, hex, onward, stamp},
    guard::By,
};
use crate::{
    app::App,
    domain::{audit::audit_and_note, operator::Act, unavailable},
    http::problem::Refused,
    store::AuditRun,
};

/// What the last audits said.
pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "audit");
    let runs = app.store.audits(AT_ONCE).await.map_err(unavailable)?;
    let page = Page {
        last: runs.first().map(Run::of),
        runs: runs.iter().map(Run::of).collect(),
        is_running: app.audits.is_running(),
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// Runs one, unless one is running: it may take longer than a page.
pub(super) async fn run(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
) -> Result<Response, Refused> {
    by.notes(&app, "audit-run", "").await?;
    if app.audits.begins() {
        let app = app.clone();
        tokio::spawn(async move {
            let audited = audit_and_note(&app.store, app.keys.history(), &*app.clock).await;
            if let Err(fault) = audited {
                tracing::error!(%fault, "the audit could not be run");
            }
            app.audits.ends();
        });
    }
    Ok(onward(&uri, "/console/audit?said=running"))
}

/// What operators did, newest first.
pub(super) async fn record(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
    Query(typed): Query<Typed>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "audit");
    let before = typed.before.parse().unwrap_or(i64::MAX);
    let acts = app.store.acts(before, ACTS).await.map_err(unavailable)?;
    let is_full = acts.len() == ACTS as usize;
    let older = acts.last().map(|act| act.number).filter(|_| is_full);
    let line =
        |act: Act| (stamp(act.at), act.name, desk.w.get(says(&act.act)), act.about, act.number);
    let page = Record { lines: acts.into_iter().map(line).collect(), older, desk };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// What an operator did, in words.
fn says(act: &str) -> &'static str {
    let known = SAID.iter().find(|(name, _)| *name == act);
    known.map_or("console.act_tried_again", |(_, key)| key)
}

/// What operators do, and how it is said.
const SAID: [(&str, &str); 29] = [
    ("added", "console.act_added"),
    ("approved", "console.act_approved"),
    ("audit-run", "console.act_audit_run"),
    ("carried-out", "console.act_carried_out"),
    ("contract-resumed", "console.act_contract_resumed"),
    ("contract-suspended", "console.act_contract_suspended"),
    ("contract-unlocked", "console.act_contract_unlocked"),
    ("drafted", "console.act_drafted"),
    ("file-fetched", "console.act_file_fetched"),
    ("invited", "console.act_invited"),
    ("key-revoked", "console.act_key_revoked"),
    ("keys-replaced", "console.act_keys_replaced"),
    ("merchant-resumed", "console.act_merchant_resumed"),
    ("merchant-suspended", "console.act_merchant_suspended"),
    ("operator-added", "console.act_operator_added"),
    ("operator-invited", "console.act_operator_invited"),
    ("operator-removed", "console.act_operator_removed"),
    ("operator-role-given", "console.act_operator_role_given"),
    ("origins-set", "console.act_origins_set"),
    ("passkey-added", "console.act_passkey_added"),
    ("proposed", "console.act_proposed"),
    ("refused", "console.act_refused"),
    ("removed", "console.act_removed"),
    ("resent", "console.act_resent"),
    ("role-given", "console.act_role_given"),
    ("signed-in", "console.act_signed_in"),
    ("signed-out", "console.act_signed_out"),
    ("token-added", "console.act_token_added"),
    ("token-revoked", "console.act_token_revoked"),
];

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    before: String,
}

struct Run {
    at: String,
    took: String,
    purchases: u64,
    entries: u64,
    findings: u64,
    named: Vec<String>,
    head: String,
}

impl Run {
    fn of(run: &AuditRun) -> Self {
        let millis = run.ended_at.since(run.began_at).as_millis();
        Self {
            at: stamp(run.ended_at),
            took: format!("{}.{:03} s", millis / 1000, millis % 1000),
            purchases: run.purchases,
            entries: run.entries,
            findings: run.findings,
            named: run.named.lines().map(str::to_owned).collect(),
            head: hex(run.head.as_bytes()),
        }
    }
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct Page<'a> {
    desk: Desk<'a>,
    last: Option<Run>,
    runs: Vec<Run>,
    is_running: bool,
}

#[derive(Template)]
#[template(path = "console/record.html")]
struct Record<'a> {
    desk: Desk<'a>,
    /// When, who, what, about what, and its number.
    lines: Vec<(String, String, &'static str, String, u64)>,
    older: Option<u64>,
}

const AT_ONCE: u32 = 20;
const ACTS: u32 = 100;
