//! The demo's own addresses: the tea shop's page, the split inspector's view of this side, a clock
//! to move. Mounted only in a server that was started as a demo.

use std::future::{Ready, ready};

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, Method, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::{Form, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use shared_protocol::{Problem, Span};

use super::images;
use crate::app::App;
use crate::domain::Failure;

/// `GET /_demo/received.json`: all that came to the shop, read and as raw bytes.
pub(super) fn received(State(app): State<App>) -> Ready<Result<Json<Value>, Failure>> {
    let demo = app.demo().ok_or(Problem::NotFound.into());
    ready(demo.map(|demo| Json(demo.received())))
}

#[derive(Deserialize)]
pub(super) struct Advance {
    advance: u32,
}

/// `POST /_demo/clock` with `advance=<seconds>`.
pub(super) fn advance(
    State(app): State<App>,
    Form(by): Form<Advance>,
) -> Ready<Result<Json<Value>, Failure>> {
    let moved = app.clock().advance(Span::secs(i64::from(by.advance)));
    app.wake_driver();
    let now = moved.ok_or(Problem::NotFound.into());
    ready(now.map(|now| Json(json!({ "now": now.as_millis() }))))
}

/// The tea shop: plain files of `shop_dir`, where `{{agent}}` stands for the agent's address.
pub(super) async fn shop_page(
    State(app): State<App>,
    method: Method,
    uri: Uri,
) -> Result<Response, Failure> {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(Problem::NotFound.into());
    }
    let file = match uri.path().trim_start_matches('/') {
        "" => "index.html".to_owned(),
        page if !page.contains('.') => format!("{page}.html"),
        file => file.to_owned(),
    };
    let media_type = media_type(&file).ok_or(Problem::NotFound)?;
    let dir = app.config().shop_dir.relative();
    let mut bytes = images::read(&dir, &file).await.ok_or(Problem::NotFound)?;
    let agent = app.config().agent.url.as_str();
    if media_type.starts_with("text/html") {
        bytes = String::from_utf8_lossy(&bytes).replace("{{agent}}", agent).into_bytes();
    }
    let csp = CSP.replace("AGENT", agent);
    let headers = [(CONTENT_TYPE, media_type.to_owned()), (CONTENT_SECURITY_POLICY, csp)];
    Ok((headers, AS_ANY_SHOP, bytes).into_response())
}

fn media_type(file: &str) -> Option<&'static str> {
    Some(match file.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        _ => return None,
    })
}

/// What browsers do by themselves with a page that says nothing on it: back and forward work.
const AS_ANY_SHOP: [(HeaderName, &str); 2] =
    [(CACHE_CONTROL, "no-cache"), (REFERRER_POLICY, "strict-origin-when-cross-origin")];

/// What a strict shop sends: Warifu adds the two directives that name the agent and nothing else.
const CSP: &str = "default-src 'none'; script-src AGENT; frame-src AGENT; style-src 'self'; \
     img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";
