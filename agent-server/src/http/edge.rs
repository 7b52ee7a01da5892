//! Around every request: an id, a patience, the problem document of a refusal, one log line that
//! holds neither bodies nor addresses nor numbers.

use std::time::Duration;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use shared_protocol::Problem;
use tracing::{Instrument as _, field::Empty};

use super::{
    overload::{Class, Load, Within},
    pages,
    problem::{Refused, document, of_status},
};
use crate::app::App;

/// Puts the edge around all routes.
pub fn around(routes: Router<App>, app: &App) -> Router<App> {
    routes
        .fallback(async || Refused(Problem::NotFound))
        .method_not_allowed_fallback(async || Refused(Problem::MethodNotAllowed))
        .layer(from_fn_with_state(app.clone(), answer))
}

async fn answer(State(app): State<App>, request: Request, next: Next) -> Response {
    let request_id = format!("req_{}", BASE64URL.encode(app.entropy.bytes::<12>()));
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", %method, route, request_id, status = Empty);
    let class = match request.extensions().get::<Within>() {
        Some(Within) => Class::Health,
        None => Class::of(route),
    };
    let response = admit(&app.load, class, next.run(request).instrument(span.clone())).await;
    let mut response = explain(response, &app, (&uri, &headers), &request_id);
    let status = response.status();
    span.record("status", status.as_u16());
    let to = response.headers_mut();
    to.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    to.extend(HeaderValue::from_str(&request_id).ok().map(|id| (REQUEST_ID, id)));
    let code = status.as_u16();
    metrics::counter!("agent_requests", "route" => route.to_owned(), "status" => code.to_string())
        .increment(1);
    tracing::debug!(%method, route, code, request_id, "answered");
    response
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
    app: &App,
    (uri, headers): (&Uri, &HeaderMap),
    request_id: &str,
) -> Response {
    let known = response.extensions().get::<Refused>().map(|Refused(problem)| *problem);
    let bare = || bare_problem(response.status(), response.headers());
    let Some(problem) = known.or_else(bare) else { return response };
    metrics::counter!("agent_problems", "code" => problem.code()).increment(1);
    tracing::info!(code = problem.code(), request_id, "refused");
    match pages::is_wanted(headers) {
        true => pages::refused(app, uri, headers, problem),
        false => document(problem, &app.config.public_url, headers, request_id),
    }
}

fn bare_problem(status: StatusCode, headers: &HeaderMap) -> Option<Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_plain = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    of_status(status).filter(|_| is_plain)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer than a body may take and a merchant's server is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
