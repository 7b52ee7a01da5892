//! Messages in bodies: exactly the media type, no longer than the message can be, all of it in
//! time; and messages as answers, which nobody keeps.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{
        HeaderMap,
        header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use shared_protocol::{DecodeError, MerchantId, Message, Problem, PurchaseId, decode, encode};

use super::problem::Refused;
use crate::{app::App, domain::picture::BYTES_MAX};

/// A body that is a message, and its very bytes.
pub struct Wire<M> {
    /// The message.
    pub message: M,
    /// As it came.
    pub bytes: Bytes,
}

impl<M: Message> FromRequest<App> for Wire<M> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        check_head::<M>(request.headers())?;
        let said = format!("{} {}", request.method(), request.uri().path());
        let bytes = read(request.into_body(), M::LEN_MAX).await?;
        if let Some(demo) = &app.demo {
            demo.split.note(said, &bytes, &app.keys, app.clock.now());
        }
        let message = decode(&bytes).map_err(|error| match error {
            DecodeError::TooLong => Problem::MessageTooLarge,
            DecodeError::Malformed | DecodeError::TrailingBytes | DecodeError::NotCanonical => {
                Problem::MalformedMessage
            }
        })?;
        Ok(Self { message, bytes })
    }
}

/// A message as an answer.
pub struct Answer<M>(pub M);

impl<M: Message> IntoResponse for Answer<M> {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, M::media_type()), (CACHE_CONTROL, "no-store".into())];
        (headers, encode(&self.0)).into_response()
    }
}

/// A body that is a compact JWS (RFC 7515).
pub struct Jose(pub String);

impl FromRequest<App> for Jose {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refused> {
        let kind = request.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes());
        if kind != Some(JOSE.as_bytes()) {
            return Err(Problem::UnsupportedMediaType.into());
        }
        let bytes = read(request.into_body(), JOSE_BYTES_MAX).await?;
        let text = String::from_utf8(bytes.into()).map_err(|_| Problem::MalformedMessage)?;
        Ok(Self(text))
    }
}

/// A body that is a file; what it is, its bytes say.
pub struct File(pub Bytes);

impl File {
    /// Its media type.
    pub const KIND: &str = "application/octet-stream";
}

impl FromRequest<App> for File {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refused> {
        let kind = request.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes());
        if kind != Some(Self::KIND.as_bytes()) {
            return Err(Problem::UnsupportedMediaType.into());
        }
        Ok(Self(read(request.into_body(), BYTES_MAX).await?))
    }
}

/// The purchase that the path names.
pub struct OfPurchase(pub PurchaseId);

impl FromRequestParts<App> for OfPurchase {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let Path(id) = path.map_err(|_| Problem::PurchaseUnknown)?;
        Ok(Self(id.parse().map_err(|_| Problem::PurchaseUnknown)?))
    }
}

/// Reads a merchant's id from a path.
///
/// # Errors
/// [`Problem::UnknownMerchant`].
pub fn merchant_id(text: &str) -> Result<MerchantId, Problem> {
    text.parse().map_err(|_| Problem::UnknownMerchant)
}

fn check_head<M: Message>(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
    if kind != Some(M::media_type().as_bytes()) {
        return Err(Problem::UnsupportedMediaType);
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let too_long = length.is_some_and(|text| text.parse().is_ok_and(|n: usize| n > M::LEN_MAX));
    if too_long { Err(Problem::MessageTooLarge) } else { Ok(()) }
}

/// Reads at most so many bytes, for at most so long: a slow sender holds nothing for ever.
async fn read(body: Body, most: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(PATIENCE, to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(Problem::MessageTooLarge),
        Ok(Err(_)) | Err(_) => Err(Problem::MalformedMessage),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

/// The media type of a compact JWS (RFC 7515 §9.2.1).
pub const JOSE: &str = "application/jose";
/// Longer than any that we sign.
pub const JOSE_BYTES_MAX: usize = 2048;
const PATIENCE: Duration = Duration::from_secs(10);
