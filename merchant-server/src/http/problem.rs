//! Failures as problem documents (RFC 9457), in the language that was asked for. The only place
//! that turns a failure into an answer; a fault of ours is logged and told as `unavailable`.

use std::future::{Ready, ready};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rand_core::Rng as _;
use serde_json::{Value, json};
use shared_protocol::{Locale, Problem};
use tower_http::request_id::{MakeRequestId, RequestId};

use crate::config::Origin;
use crate::domain::webhook::WebhookCause;
use crate::domain::{Failure, WrongField};
use crate::entropy::Entropy;

/// What is to be told; the words are chosen on the way out, where the language is known.
#[derive(Clone)]
struct Note {
    problem: Problem,
    more: More,
}

#[derive(Clone)]
enum More {
    Nothing,
    Fields(Vec<WrongField>),
    Refused(Problem),
    Webhook(WebhookCause),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let more = match self {
            Self::Problem(_) => More::Nothing,
            Self::Fields(_, fields) => More::Fields(fields),
            Self::Refused(cause) => More::Refused(cause),
            Self::Webhook(cause) => More::Webhook(cause),
            Self::Fault(fault) => {
                tracing::error!(%fault, "answered unavailable");
                More::Nothing
            }
        };
        let mut response = status_of(problem).into_response();
        response.extensions_mut().insert(Note { problem, more });
        response
    }
}

/// Writes the document. Errors that no handler made (no such address, wrong method, too slow)
/// become documents here too.
pub(super) async fn render(State(agent): State<Origin>, request: Request, next: Next) -> Response {
    let locale = locale(request.headers());
    let request_id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    if response.extensions_mut().remove::<Told>().is_some() {
        return response;
    }
    let note = response.extensions_mut().remove::<Note>().or_else(|| bare(&response));
    let Some(note) = note else { return response };
    let request_id = request_id.as_ref().and_then(|id| id.header_value().to_str().ok());
    let document = document(&note, locale, &agent, request_id);
    let mut told = (status_of(note.problem), Json(document)).into_response();
    let headers = told.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if note.problem.may_pass_later() && note.problem.status() == 503 {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    // What outer rooms set already (allowed methods, who may read this) stays.
    headers.extend(response.headers().iter().filter_map(|(name, value)| {
        let is_about_body = name.as_str().starts_with("content-");
        (!is_about_body).then(|| (name.clone(), value.clone()))
    }));
    told
}

/// Says of an answer that it tells people what is the matter, and stays as it is.
#[derive(Clone)]
pub(super) struct Told;

/// The problem that an answer is about, which then is no problem document any more.
pub(super) fn take(answer: &mut Response) -> Option<Problem> {
    let note = answer.extensions_mut().remove::<Note>().or_else(|| bare(answer))?;
    Some(note.problem)
}

/// There is nothing at this address.
pub(super) fn not_found() -> Ready<Failure> {
    ready(Problem::NotFound.into())
}

fn bare(response: &Response) -> Option<Note> {
    let problem = match response.status() {
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Problem::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::MessageTooLarge,
        status if status.is_client_error() => Problem::MalformedMessage,
        status if status.is_server_error() => Problem::Unavailable,
        _ => return None,
    };
    Some(Note { problem, more: More::Nothing })
}

fn document(note: &Note, locale: Locale, agent: &Origin, request_id: Option<&str>) -> Value {
    let problem = note.problem;
    let mut document = json!({
        "type": agent.at(&problem.path()),
        "title": problem.text(Locale::En),
        "status": problem.status(),
        "detail": problem.text(locale),
        "code": problem.code(),
        "number": problem.number(),
        "retryable": problem.may_pass_later(),
        "next_step": problem.next_step().name(),
        "request_id": request_id,
    });
    match &note.more {
        More::Nothing => {}
        More::Fields(fields) => {
            document["fields"] = fields.iter().map(|wrong| field(*wrong, locale)).collect();
        }
        More::Refused(cause) => {
            document["detail"] = cause.text(locale).into();
            document["cause"] = cause.code().into();
        }
        More::Webhook(cause) => {
            document["detail"] = cause.text(locale).into();
            document["cause"] = cause.to_string().into();
        }
    }
    document
}

fn field(wrong: WrongField, locale: Locale) -> Value {
    json!({
        "name": wrong.field.name(),
        "code": wrong.problem.code(),
        "detail": wrong.problem.text(wrong.field, locale),
    })
}

fn status_of(problem: Problem) -> StatusCode {
    StatusCode::from_u16(problem.status()).expect("the table has HTTP statuses only")
}

/// The first language asked for that we speak; Japanese if none (RFC 9110 §12.5.4, without
/// weights: browsers list languages best first).
pub(super) fn locale(headers: &HeaderMap) -> Locale {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let tags = asked.split(',').map(|tag| tag.split(';').next().unwrap_or(tag).trim());
    tags.into_iter().find_map(|tag| tag.parse().ok()).unwrap_or_default()
}

/// What the log says of a request: never a body, never a query.
pub(super) fn span<B>(request: &axum::http::Request<B>) -> tracing::Span {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok()).unwrap_or("");
    let (method, path) = (request.method(), told(request.uri().path()));
    tracing::info_span!("request", id, %method, path)
}

/// What stands behind the desk's second word may be a link's token, or name somebody.
fn told(path: &str) -> &str {
    let mut slashes = path.match_indices('/').map(|(at, _)| at);
    let third = slashes.nth(2).unwrap_or(path.len());
    if path.starts_with("/desk/") { &path[..third] } else { path }
}

/// Names requests, so that a shopper's failure can be found in the log.
#[derive(Clone)]
pub(super) struct RequestIds(pub(super) Entropy);

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _request: &axum::http::Request<B>) -> Option<RequestId> {
        let name = format!("req_{:016x}", self.0.next_u64());
        HeaderValue::from_str(&name).ok().map(RequestId::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_of_the_desk_is_not_logged() {
        assert_eq!(told("/desk/enrol/secret/options"), "/desk/enrol");
        assert_eq!(told("/desk/orders"), "/desk/orders");
        assert_eq!(told("/warifu/v1/purchases/pur_1"), "/warifu/v1/purchases/pur_1");
    }

    #[test]
    fn the_first_language_that_we_speak_is_taken() {
        for (asked, locale_wanted) in [
            ("", Locale::Ja),
            ("en", Locale::En),
            ("en-GB,ja;q=0.5", Locale::En),
            ("fr, en;q=0.8, ja;q=0.7", Locale::En),
            ("ja-JP", Locale::Ja),
            ("tlh", Locale::Ja),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
            assert_eq!(locale(&headers), locale_wanted, "{asked}");
        }
    }
}
