//! Who is signed in: a signed cookie that names a contract and expires.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use shared_protocol::{Problem, Span, Timestamp};
use subtle::ConstantTimeEq as _;

use crate::app::App;

/// A visitor whose contract is known.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    /// The contract's row.
    pub contract: i64,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let cookies = parts.headers.get_all(header::COOKIE).iter();
        let mut texts = cookies.filter_map(|value| value.to_str().ok());
        let found = texts.find_map(|text| {
            let mut pairs = text.split("; ").filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == NAME).and_then(|(_, value)| read(app, value))
        });
        let to_sign_in = || {
            let place =
                [(header::LOCATION, "/sign-in/passkey"), (header::CACHE_CONTROL, "no-store")];
            (StatusCode::SEE_OTHER, place).into_response()
        };
        found.map(|contract| Self { contract }).ok_or_else(to_sign_in)
    }
}

/// The cookie that signs a contract's owner in.
///
/// # Errors
/// [`Problem::Unavailable`].
pub async fn begin_session(app: &App, contract: i64) -> Result<HeaderValue, Problem> {
    let mut bytes = contract.to_be_bytes().to_vec();
    bytes.extend(app.clock.now().plus(LIFETIME).as_millis().to_be_bytes());
    bytes.extend(app.keys.keyed_hash(NAME, &[&bytes]));
    let secure = if app.config.public_url.starts_with("https:") { "; Secure" } else { "" };
    let value = BASE64URL.encode(bytes);
    let cookie = format!("{NAME}={value}; Path=/; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).map_err(|_| Problem::Unavailable)
}

fn read(app: &App, value: &str) -> Option<i64> {
    let bytes = BASE64URL.decode(value).ok()?;
    let (contract, rest) = bytes.split_first_chunk::<8>()?;
    let (expires, hash) = rest.split_first_chunk::<8>()?;
    let expected = app.keys.keyed_hash(NAME, &[&bytes[..16]]);
    let in_time = app.clock.now() < Timestamp::from_millis(i64::from_be_bytes(*expires));
    let is_ours = bool::from(expected.ct_eq(hash));
    (is_ours && in_time).then_some(i64::from_be_bytes(*contract))
}

const NAME: &str = "warifu_session";
const LIFETIME: Span = Span::hours(1);
