//! What a shop's developers read: the document at `/openapi.json`, the same as pages at `/docs`,
//! and PROTOCOL.md. Made once, of what stands beside the handlers.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension, Router,
    extract::{OriginalUri, Path, State},
    http::{
        HeaderMap, StatusCode,
        header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing,
};
use serde_json::Value;
use shared_protocol::Problem;

use super::{
    api::{Body, Endpoint, Group, Proof, Routes, get},
    openapi::{by_status, document},
    pages::{Shell, not_found, page},
};
use crate::{app::App, domain::errand::Notice, texts::Words};

/// These routes, and the pages about them.
pub fn with(app: &App, routes: Routes) -> Routes {
    let described = get("/openapi.json", "api.describe", describe)
        .among(Group::Agent)
        .answers_body(Body::object("application/json"));
    let described = Routes::new().and(described);
    let endpoints: Vec<_> =
        routes.endpoints().iter().chain(described.endpoints()).cloned().collect();
    let json = document(&endpoints, &app.config.public_url).to_json();
    let json = json.expect("texts and numbers always become JSON").into();
    let book = Arc::new(Book { endpoints, json });
    let pages = Router::new()
        .route("/docs", routing::get(index))
        .route("/docs/protocol", routing::get(protocol))
        .route("/docs/{name}", routing::get(one))
        .layer(Extension(book.clone()));
    routes.merge(described.knowing(book)).pages(pages)
}

/// All that is said of addresses for programs.
struct Book {
    endpoints: Vec<Endpoint>,
    json: axum::body::Bytes,
}

async fn describe(Extension(book): Extension<Arc<Book>>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=600"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, book.json.clone())
}

async fn protocol() -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "public, max-age=600")];
    (headers, include_str!("../../../shared-protocol/PROTOCOL.md"))
}

async fn index(
    State(app): State<App>,
    Extension(book): Extension<Arc<Book>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let shell = Shell::new(&app, &uri, &headers);
    let w = shell.w;
    let of = |group: &Group| {
        let all = book.endpoints.iter().filter(|endpoint| endpoint.group == *group);
        (w.get(group.text()), all.map(|endpoint| Line::of(endpoint, w)).collect())
    };
    let view = Index {
        base: &app.config.public_url,
        groups: Group::ALL.iter().map(of).collect(),
        notices: Notice::ALL.map(|notice| (notice.name(), w.get(meaning(notice)))),
        shell,
    };
    page(StatusCode::OK, &view)
}

async fn one(
    State(app): State<App>,
    Extension(book): Extension<Arc<Book>>,
    OriginalUri(uri): OriginalUri,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(endpoint) = book.endpoints.iter().find(|endpoint| endpoint.name() == name) else {
        return not_found(&app, &uri, &headers);
    };
    let shell = Shell::new(&app, &uri, &headers);
    let problems = by_status(&endpoint.problems).into_iter().collect();
    page(
        StatusCode::OK,
        &One {
            call: call(endpoint, &app.config.public_url),
            shapes: shapes(endpoint),
            problems,
            endpoint,
            shell,
        },
    )
}

/// How it is asked on a command line.
fn call(endpoint: &Endpoint, base: &str) -> String {
    let mut address = format!("{base}{}", endpoint.path);
    for parameter in endpoint.parameters.iter().filter(|parameter| parameter.in_path) {
        address = address.replace(&format!("{{{}}}", parameter.name), parameter.kind.example);
    }
    let asked =
        endpoint.parameters.iter().filter(|parameter| parameter.required && !parameter.in_path);
    let asked: Vec<_> =
        asked.map(|parameter| format!("{}={}", parameter.name, parameter.kind.example)).collect();
    let mark = if asked.is_empty() { "" } else { "?" };
    let mut call = format!("curl '{address}{mark}{}'", asked.join("&"));
    if endpoint.method != axum::http::Method::GET {
        call = call.replacen("curl", &format!("curl --request {}", endpoint.method), 1);
    }
    if endpoint.proof != Proof::None {
        call.push_str(" \\\n  --header \"Authorization: Bearer $WARIFU_TOKEN\"");
    }
    if let Some(body) = &endpoint.takes {
        let kind = &body.kind;
        call.push_str(&format!(" \\\n  --header 'Content-Type: {kind}' --data-binary @FILE"));
    }
    call
}

/// What a webhook of this type says.
fn meaning(notice: Notice) -> &'static str {
    match notice {
        Notice::Accepted => "docs.accepted",
        Notice::Refused => "docs.refused",
        Notice::Confirmed => "docs.confirmed",
        Notice::Cancelled => "docs.cancelled",
        Notice::Expired => "docs.expired",
        Notice::Lapsed => "docs.lapsed",
        Notice::Shipped => "docs.shipped",
        Notice::Claimed => "docs.claimed",
        Notice::Voided => "docs.voided",
        Notice::Refunded => "docs.refunded",
        Notice::Objected => "docs.objected",
        Notice::ObjectionUpheld => "docs.objection_upheld",
        Notice::ObjectionRejected => "docs.objection_rejected",
        Notice::PaidOut => "docs.paid_out",
        Notice::PayoutReturned => "docs.payout_returned",
        Notice::TransferReceived => "docs.transfer_received",
        Notice::TransferScheduled => "docs.transfer_scheduled",
        Notice::TransferFailed => "docs.transfer_failed",
        Notice::PayeeRefused => "docs.payee_refused",
    }
}

/// An address in a list.
struct Line {
    method: String,
    path: &'static str,
    name: &'static str,
    text: &'static str,
}

impl Line {
    fn of(endpoint: &Endpoint, w: Words) -> Self {
        let Endpoint { method, path, text, .. } = endpoint;
        Self { method: method.to_string(), path, name: endpoint.name(), text: w.get(text) }
    }
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Index<'a> {
    shell: Shell<'a>,
    base: &'a str,
    groups: Vec<(&'static str, Vec<Line>)>,
    notices: [(&'static str, &'static str); Notice::ALL.len()],
}

#[derive(Template)]
#[template(path = "docs_one.html")]
struct One<'a> {
    shell: Shell<'a>,
    endpoint: &'a Endpoint,
    call: String,
    problems: Vec<(u16, Vec<Problem>)>,
    shapes: Vec<(String, Vec<Field>)>,
}

/// A member of a JSON object.
struct Field {
    name: String,
    kind: String,
    says: String,
}

/// The JSON objects that it answers, by name.
fn shapes(endpoint: &Endpoint) -> Vec<(String, Vec<Field>)> {
    let bodies = endpoint.answers.iter().filter_map(|(_, body)| body.as_ref());
    let mut shapes = Vec::new();
    for (name, schema) in bodies.flat_map(|body| &body.schemas) {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        let members = schema["properties"].as_object().into_iter().flatten();
        let field = |(name, member): (&String, &Value)| Field {
            name: name.clone(),
            kind: kind_of(member),
            says: member["description"].as_str().unwrap_or_default().replace('`', ""),
        };
        if !shapes.iter().any(|(known, _)| known == name) {
            shapes.push((name.clone(), members.map(field).collect()));
        }
    }
    shapes
}

/// The type of a member, in a word or two.
fn kind_of(member: &Value) -> String {
    let target = member["$ref"].as_str().and_then(|target| target.rsplit('/').next());
    match (target, &member["type"]) {
        (Some(target), _) => target.into(),
        (None, Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")
        }
        (None, kind) if kind == "array" => format!("{}[]", kind_of(&member["items"])),
        (None, kind) => kind.as_str().unwrap_or_default().into(),
    }
}
