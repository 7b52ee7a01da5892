//! The one way in which a request is refused: a problem document (RFC 9457) with our number, in
//! the caller's language. What went wrong inside is in the log, never here.

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use shared_protocol::{Field, FieldProblem, Locale, MerchantView, Problem};
use utoipa::ToSchema;

use super::language::language;

/// A refusal. It becomes a document at the edge, which knows language and request.
#[derive(Clone, Copy, Debug)]
pub struct Refused(pub Problem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = status(self.0).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// RFC 9457 with our extensions.
#[derive(Serialize, ToSchema)]
pub struct ProblemDocument {
    /// The address of the page about it.
    r#type: String,
    /// In English.
    title: &'static str,
    /// HTTP's.
    status: u16,
    /// In the caller's language.
    detail: &'static str,
    /// What programs look at.
    code: &'static str,
    /// The same as a number.
    number: u16,
    /// Whether the very same request may pass later.
    retryable: bool,
    /// What the shopper can do.
    next_step: &'static str,
    /// What a merchant may learn of it, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    merchant_view: Option<&'static str>,
    /// Which fields of the form it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fields: Vec<WrongField>,
    /// Of this one answer, as in our log.
    request_id: String,
}

/// A field of the form.
#[derive(Serialize, ToSchema)]
pub struct WrongField {
    name: &'static str,
    code: &'static str,
    detail: String,
}

/// The document of a problem, as an answer to a request with these headers.
pub fn document(problem: Problem, base: &str, headers: &HeaderMap, request_id: &str) -> Response {
    let locale = language(None, headers);
    let view = problem.merchant_view();
    let document = ProblemDocument {
        r#type: format!("{base}{}", problem.path()),
        title: problem.text(Locale::En),
        status: problem.status(),
        detail: problem.text(locale),
        code: problem.code(),
        number: problem.number(),
        retryable: problem.may_pass_later(),
        next_step: problem.next_step().name(),
        merchant_view: (view != MerchantView::Nothing).then_some(view.name()),
        fields: wrong_fields(problem, locale),
        request_id: request_id.into(),
    };
    let body = serde_json::to_vec(&document).expect("texts and numbers always become JSON");
    let headers = [(CONTENT_TYPE, PROBLEM_KIND), (CACHE_CONTROL, "no-store")];
    let mut response = (status(problem), headers, body).into_response();
    if problem.may_pass_later() {
        response.headers_mut().insert(RETRY_AFTER, retry_after(problem));
    }
    if problem == Problem::TokenInvalid {
        let bearer = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    }
    response
}

/// The media type of a problem document (RFC 9457 §6.1).
pub const PROBLEM_KIND: &str = "application/problem+json";

/// After how many seconds the same request may pass.
pub fn retry_after(problem: Problem) -> HeaderValue {
    HeaderValue::from_static(if problem == Problem::TooManyRequests { "60" } else { "2" })
}

/// The problem that a bare status stands for, where axum itself refused.
pub fn of_status(status: StatusCode) -> Option<Problem> {
    match status {
        StatusCode::NOT_FOUND => Some(Problem::NotFound),
        StatusCode::METHOD_NOT_ALLOWED => Some(Problem::MethodNotAllowed),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Problem::MessageTooLarge),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(Problem::UnsupportedMediaType),
        status if status.is_client_error() => Some(Problem::MalformedMessage),
        status if status.is_server_error() => Some(Problem::Unavailable),
        _ => None,
    }
}

/// Which fields of the agent's half a problem is about (Fig 9).
fn wrong_fields(problem: Problem, locale: Locale) -> Vec<WrongField> {
    let fields: &[(Field, FieldProblem)] = match problem {
        Problem::ContractNotRecognised => &[
            (Field::PaymentContractNumber, FieldProblem::NotRecognised),
            (Field::PaymentCode, FieldProblem::NotRecognised),
        ],
        Problem::CardNumberRefused => &[(Field::PaymentContractNumber, FieldProblem::CardNumber)],
        Problem::PlanNotAccepted => &[(Field::PaymentPlan, FieldProblem::PlanNotAccepted)],
        _ => &[],
    };
    let wrong = |(field, problem): &(Field, FieldProblem)| WrongField {
        name: field.name(),
        code: problem.code(),
        detail: problem.text(*field, locale),
    };
    fields.iter().map(wrong).collect()
}

fn status(problem: Problem) -> StatusCode {
    StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use axum::http::header::ACCEPT_LANGUAGE;

    use super::*;

    #[test]
    fn every_problem_has_its_document_in_both_languages() {
        for problem in Problem::ALL {
            for locale in Locale::ALL {
                let value = HeaderValue::from_static(locale.tag());
                let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, value)]);
                let response = document(*problem, "http://agent.example", &headers, "req_1");
                assert_eq!(response.status().as_u16(), problem.status());
                assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
                assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
            }
        }
    }
}
