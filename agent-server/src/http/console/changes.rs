//! A change that an operator prepared: shown exactly as it is signed for, signed by their passkey,
//! and done at once. Nobody else sees it.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;
use shared_protocol::Problem;

use super::{
    desk::{Desk, hex, onward, role, stamp},
    guard::By,
    signing::asked,
};
use crate::{
    app::App,
    domain::{
        operator::{self, Change, PreparedChange, Unchanged, prepare_change, shown_link},
        origins::OriginFault,
        unavailable,
    },
    http::{
        passkey_pages::script,
        passkeys::{Assertion, Said, unkept},
        problem::Refused,
    },
    texts::Words,
};

/// Writes down what was asked for, and leads to where it is signed; or why that cannot be, in
/// words for the page on which it was typed.
pub(super) async fn prepare(
    app: &App,
    by: &By,
    (uri, w): (&axum::http::Uri, Words),
    change: Result<Change, Unchanged>,
) -> Result<Result<Response, String>, Refused> {
    let prepared = match change {
        Ok(change) => prepare_change(app, by.operator(), &change).await,
        Err(unchanged) => Err(unchanged),
    };
    match prepared {
        Ok(id) => Ok(Ok(onward(uri, &format!("/console/changes/{id}")))),
        Err(Unchanged::Store(fault) | Unchanged::Origin(OriginFault::Store(fault))) => {
            Err(unavailable(fault).into())
        }
        Err(unchanged) => Ok(Err(why(&unchanged, w))),
    }
}

/// The page on which it is signed.
pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<i64>,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let prepared = find(&app, &by, id).await?;
    let change = prepared.change().ok_or(Problem::NotFound)?;
    let section = if change.page() == "/console/operators" { "operators" } else { "merchants" };
    let signs = prepared.is_open(app.clock.now());
    let keys = app.store.operator_passkeys(by.operator().id).await.map_err(unavailable)?;
    let link = shown_link(&app, &prepared).await.map_err(unavailable)?;
    let url = &app.config.public_url;
    let desk = Desk::of(&app, &by, &uri, &headers, section);
    let asks = signs && !keys.is_empty();
    let desk = Desk { script: asks.then(|| script(&app)), ..desk };
    let page = Page {
        asks,
        link: link.map(|token| format!("{url}/console/enrol/{}", token.expose())),
        ..Page::of(&prepared, &change, signs, desk)
    };
    Ok(Desk::answer(StatusCode::OK, asks, &page))
}

/// What the script asks the browser for.
pub(super) async fn options(
    State(app): State<App>,
    Path(id): Path<i64>,
    by: By,
) -> Result<impl IntoResponse, Refused> {
    let prepared = find(&app, &by, id).await?;
    asked(&app, by.operator(), (prepared.id, prepared.digest)).await
}

/// What the browser answered: it is done.
pub(super) async fn sign(
    State(app): State<App>,
    Path(id): Path<i64>,
    by: By,
    Said(said): Said<Assertion>,
) -> Result<impl IntoResponse, Refused> {
    let prepared = find(&app, &by, id).await?;
    let done = operator::sign_change(&app, by.operator(), &prepared, &said.read()?).await?;
    let said = match done {
        Ok(()) => "done",
        Err(Unchanged::Closed) => "closed",
        Err(Unchanged::LastAdmin) => "last-admin",
        Err(_) => "not-done",
    };
    Ok(unkept(json!({ "next": format!("/console/changes/{id}?said={said}") })))
}

async fn find(app: &App, by: &By, id: i64) -> Result<PreparedChange, Problem> {
    let known = app.store.prepared_change(id).await.map_err(unavailable)?;
    known.filter(|known| known.operator == by.operator().id).ok_or(Problem::NotFound)
}

/// Why nothing is changed, in words.
fn why(unchanged: &Unchanged, w: Words) -> String {
    match unchanged {
        Unchanged::Origin(OriginFault::Form(origin)) => {
            w.fill("console.origin_form", &[("origin", origin)])
        }
        Unchanged::Origin(OriginFault::LooksLike(origin, known, other)) => {
            let names = [("origin", origin.as_str()), ("known", known), ("other", other.as_str())];
            w.fill("console.origin_looks", &names)
        }
        Unchanged::Origin(OriginFault::HandOver(address, _)) => {
            w.fill("console.origin_hand_over", &[("address", address)])
        }
        Unchanged::Key(_) => w.get("console.key_wrong").into(),
        Unchanged::Revoked => w.get("console.key_revoked").into(),
        Unchanged::Name => w.get("console.name_wrong").into(),
        Unchanged::Money => w.get("console.not_money").into(),
        Unchanged::LastAdmin => w.get("console.said_last_admin").into(),
        _ => w.get("console.unchanged").into(),
    }
}

fn title(change: &Change) -> &'static str {
    match change {
        Change::Origins { .. } => "console.change_origins",
        Change::Keys { .. } => "console.change_keys",
        Change::RevokeKey { .. } => "console.change_revoke_key",
        Change::Invite { .. } => "console.change_invite",
        Change::Link { .. } => "console.change_link",
        Change::Role { .. } => "console.change_role",
        Change::Remove { .. } => "console.change_remove",
    }
}

/// All that it says, beside the names of it.
fn rows(change: &Change, w: Words) -> Vec<(&'static str, String)> {
    let called = |name: &str| w.get(role(name)).to_owned();
    let of = |merchant: &String| ("console.merchant", merchant.clone());
    let who = |name: &String| ("console.operator", name.clone());
    let turns = |before, after| [("console.before", before), ("console.after", after)];
    let said = match change {
        Change::Origins { merchant, before, after } => {
            [vec![of(merchant)], turns(before.join("\n"), after.join("\n")).into()].concat()
        }
        Change::Keys { merchant, before, after, verifying, sealing, overlap_hours } => {
            let keys = [("console.verifying", verifying), ("console.sealing", sealing)];
            let keys = keys.map(|(key, value)| (key, value.clone()));
            let overlap = vec![("console.overlap", overlap_hours.to_string())];
            let turn = turns(before.clone(), after.clone());
            [vec![of(merchant)], turn.into(), keys.into(), overlap].concat()
        }
        Change::RevokeKey { merchant, kid } => vec![of(merchant), ("console.kid", kid.clone())],
        Change::Invite { name, role } => vec![who(name), ("console.role", called(role))],
        Change::Role { name, before, after } => {
            [vec![who(name)], turns(called(before), called(after)).into()].concat()
        }
        Change::Link { name } | Change::Remove { name } => vec![who(name)],
    };
    said.into_iter().map(|(key, value)| (w.get(key), value)).collect()
}

impl<'a> Page<'a> {
    fn of(prepared: &PreparedChange, change: &Change, signs: bool, desk: Desk<'a>) -> Self {
        let (standing, standing_name) = stands(prepared, signs);
        Self {
            at: format!("/console/changes/{}", prepared.id),
            title: desk.w.get(title(change)),
            rows: rows(change, desk.w),
            digest: hex(prepared.digest.as_bytes()),
            lapses: stamp(prepared.lapses_at),
            standing: desk.w.get(standing),
            standing_name,
            signs,
            asks: false,
            link: None,
            back: change.page(),
            desk,
        }
    }
}

/// How it stands: in words, and the name of it.
fn stands(prepared: &PreparedChange, is_open: bool) -> (&'static str, &'static str) {
    match (prepared.done_at, prepared.signed_at) {
        (Some(_), _) => ("console.standing_done", "done"),
        (None, Some(_)) => ("console.standing_not_done", "refused"),
        (None, None) if is_open => ("console.standing_open", "waiting"),
        (None, None) => ("console.standing_lapsed", "lapsed"),
    }
}

#[derive(Template)]
#[template(path = "console/change.html")]
struct Page<'a> {
    desk: Desk<'a>,
    /// Where the script asks.
    at: String,
    title: &'static str,
    rows: Vec<(&'static str, String)>,
    digest: String,
    lapses: String,
    standing: &'static str,
    standing_name: &'static str,
    /// Whether it waits for the operator's signature, and whether a passkey is asked for it.
    signs: bool,
    asks: bool,
    /// By which somebody who was invited comes in.
    link: Option<String>,
    /// Where it began.
    back: String,
}
