//! Around every request: an id, a patience, the problem document of a refusal, one log line that
//! holds neither bodies nor addresses nor numbers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{ALLOW, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use shared_protocol::Problem;
use tracing::{Instrument as _, field::Empty};

use super::{
    api::{Declared, Routes},
    overload::{Class, Load, Within},
    pages,
    problem::{Refused, document, of_status},
};
use crate::app::App;

/// Puts the edge around all routes.
pub fn around(routes: Routes, app: &App) -> Router<App> {
    let (router, endpoints) = routes.parts();
    let said = Arc::new(Declared::of(&endpoints));
    router
        .fallback(async || Refused(Problem::NotFound))
        .method_not_allowed_fallback(async || Refused(Problem::MethodNotAllowed))
        .layer(from_fn_with_state((app.clone(), said), answer))
}

async fn answer(
    State((app, said)): State<(App, Arc<Declared>)>,
    request: Request,
    next: Next,
) -> Response {
    let request_id = format!("req_{}", BASE64URL.encode(app.entropy.bytes::<12>()));
    let asked = Asked::of(&request);
    let (method, route) = (&asked.method, asked.route());
    let span = tracing::info_span!("request", %method, route, request_id, status = Empty);
    let class = match request.extensions().get::<Within>() {
        Some(Within) => Class::Health,
        None => Class::of(route),
    };
    let response = admit(&app.load, class, next.run(request).instrument(span.clone())).await;
    let problem = problem_of(&response);
    asked.gets_what_was_said(&said, problem, &response);
    let mut response = explain(response, problem, &app, &asked, &request_id);
    let status = response.status();
    span.record("status", status.as_u16());
    let to = response.headers_mut();
    to.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    to.extend(HeaderValue::from_str(&request_id).ok().map(|id| (REQUEST_ID, id)));
    asked.note(status, &request_id);
    response
}

/// What is kept of a request while it is answered.
struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    route: Option<MatchedPath>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
        }
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("-", MatchedPath::as_str)
    }

    fn note(&self, status: StatusCode, request_id: &str) {
        let (method, route, code) = (&self.method, self.route(), status.as_u16());
        let labels = [("route", route.to_owned()), ("status", code.to_string())];
        metrics::counter!("agent_requests", &labels).increment(1);
        tracing::debug!(%method, route, code, request_id, "answered");
    }

    /// While it is built for trying things: an address for programs answers nothing that `/docs`
    /// does not say of it.
    fn gets_what_was_said(&self, said: &Declared, problem: Option<Problem>, answer: &Response) {
        if cfg!(debug_assertions) {
            let (method, route) = (&self.method, self.route());
            let is_said = match problem {
                Some(problem) => said.refuses(method, route, problem),
                None => said.answers(method, route, answer),
            };
            let (status, kind) = (answer.status(), answer.headers().get(CONTENT_TYPE));
            assert!(is_said, "{method} {route} says nothing of {problem:?}, {status}, {kind:?}");
        }
    }
}

/// What is asked is done, unless too much of its class is under way or it takes too long.
async fn admit(load: &Load, class: Class, work: impl Future<Output = Response>) -> Response {
    let Some(_under_way) = load.enter(class) else {
        metrics::counter!("agent_shed", "class" => class.name()).increment(1);
        return Refused(Problem::Unavailable).into_response();
    };
    let in_time = tokio::time::timeout(PATIENCE, work).await;
    in_time.unwrap_or_else(|_| Refused(Problem::Unavailable).into_response())
}

/// Gives a refusal its document, or its page where a person asks. A page that was rendered
/// already stays as it is.
fn explain(
    response: Response,
    problem: Option<Problem>,
    app: &App,
    Asked { uri, headers, .. }: &Asked,
    request_id: &str,
) -> Response {
    let Some(problem) = problem else { return response };
    metrics::counter!("agent_problems", "code" => problem.code()).increment(1);
    tracing::info!(code = problem.code(), request_id, "refused");
    let mut explained = match pages::is_wanted(headers) {
        true => pages::refused(app, uri, headers, problem),
        false => document(problem, &app.config.public_url, headers, request_id),
    };
    // Who asks in the wrong way hears which ways there are (RFC 9110 §15.5.6).
    let ways = response.headers().get(ALLOW).map(|ways| (ALLOW, ways.clone()));
    explained.headers_mut().extend(ways);
    explained
}

/// Why a request was refused, if it was.
fn problem_of(response: &Response) -> Option<Problem> {
    let known = response.extensions().get::<Refused>().map(|Refused(problem)| *problem);
    known.or_else(|| bare_problem(response.status(), response.headers()))
}

fn bare_problem(status: StatusCode, headers: &HeaderMap) -> Option<Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_plain = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    of_status(status).filter(|_| is_plain)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer than a body may take and a merchant's server is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
