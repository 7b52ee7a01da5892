//! What comes in: a message of the protocol under its own media type, or raw bytes whose
//! signature is still to be checked. Nothing else is read.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use shared_protocol::{DecodeError, Message, Problem, PurchaseId, decode, encode};

use crate::domain::Failure;

/// A message, and the bytes as which it came.
pub(super) struct Incoming<M> {
    pub(super) message: M,
    pub(super) bytes: Bytes,
}

impl<M: Message, S: Send + Sync> FromRequest<S> for Incoming<M> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let bytes = raw(request, state, &M::media_type()).await?;
        let message = decode(&bytes).map_err(|error| match error {
            DecodeError::TooLong => Problem::MessageTooLarge,
            DecodeError::Malformed | DecodeError::TrailingBytes | DecodeError::NotCanonical => {
                Problem::MalformedMessage
            }
        })?;
        Ok(Self { message, bytes })
    }
}

/// A JSON body as it came, with its headers.
pub(super) struct RawJson {
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for RawJson {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let headers = request.headers().clone();
        let bytes = raw(request, state, "application/json").await?;
        Ok(Self { headers, bytes })
    }
}

/// The purchase that the address names.
pub(super) struct Named(pub(super) PurchaseId);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::NotFound)?;
        Ok(Self(id.parse().map_err(|_| Problem::NotFound)?))
    }
}

/// Answers with a message under its own media type.
pub(super) fn outgoing<M: Message>(message: &M) -> Response {
    encoded::<M>(encode(message))
}

/// The same with bytes that were encoded before: what was signed is sent as it was signed.
pub(super) fn encoded<M: Message>(bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, M::media_type())], bytes).into_response()
}

async fn raw<S: Send + Sync>(
    request: Request,
    state: &S,
    media_type: &str,
) -> Result<Bytes, Failure> {
    let said = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // Parameters such as a charset are allowed on JSON, where people's tools add them.
    let bare = said.map(|said| said.split(';').next().unwrap_or(said).trim_end());
    if !bare.is_some_and(|bare| bare.eq_ignore_ascii_case(media_type)) {
        return Err(Problem::UnsupportedMediaType.into());
    }
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::MessageTooLarge.into(),
        _ => Problem::MalformedMessage.into(),
    })
}
