//! Who is signed in: the cookie, and the proof that a form came from one of our own pages. Forms
//! are believed by their origin (Fetch Metadata, RFC 6454) and by the token that stands in them.

use axum::{
    Form,
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use shared_protocol::{Problem, Timestamp};

use super::{policy::origin_of, problem::Refused};
use crate::{
    app::App,
    domain::{
        session::{Proof, Session, SessionDigest, SessionToken},
        unavailable,
    },
};

/// A shopper who is signed in. Whoever is not is sent to `/sign-in` and comes back afterwards.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    /// Their contract.
    pub contract: i64,
    /// By what they signed in.
    pub proof: Proof,
    session: SessionDigest,
}

/// A form that a signed-in shopper sent from one of our own pages.
#[derive(Clone, Copy, Debug)]
pub struct Posted<T> {
    /// Who.
    pub by: SignedIn,
    /// What.
    pub form: T,
}

/// A form that came from one of our own pages, whoever sent it.
#[derive(Clone, Copy, Debug)]
pub struct OwnForm<T>(pub T);

impl SignedIn {
    /// The token to put into every form, as the hidden field `form_token`.
    pub fn form_token(&self, app: &App) -> String {
        self.session.form_token(&app.keys)
    }

    /// Which session it is.
    pub fn session(&self) -> SessionDigest {
        self.session
    }

    /// Whether a token came out of a page of this session: for messages that are no forms.
    ///
    /// # Errors
    /// [`Problem::FormExpired`].
    pub fn check_form_token(&self, app: &App, token: &str) -> Result<(), Problem> {
        let is_own = self.session.is_form_token(&app.keys, token);
        is_own.then_some(()).ok_or(Problem::FormExpired)
    }
}

/// Begins a session of this contract: the value of the `Set-Cookie` that carries it.
///
/// # Errors
/// [`Problem::Unavailable`].
pub async fn begin_session(app: &App, contract: i64, proof: Proof) -> Result<HeaderValue, Problem> {
    let token = SessionToken::random(&app.entropy);
    let begun = app.store.begin_session(token.digest(), contract, proof, app.clock.now()).await;
    begun.map_err(unavailable)?;
    Ok(cookie(app, &token.expose(), "43200"))
}

/// Ends a session: the value of the `Set-Cookie` that forgets it.
///
/// # Errors
/// [`Problem::Unavailable`].
pub async fn end_session(app: &App, by: &SignedIn) -> Result<HeaderValue, Problem> {
    app.store.end_session(by.session).await.map_err(unavailable)?;
    Ok(cookie(app, "", "0"))
}

/// An answer that leads to another of our pages.
pub fn see_other(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, NO_STORE)];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// An answer that leads to another of our pages and sets a cookie.
pub fn see_other_with(to: &str, cookie: HeaderValue) -> Response {
    let mut answer = see_other(to);
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    answer
}

/// Where to go after signing in: a page of ours or the first one.
pub fn own_page(to: Option<&str>) -> &str {
    let is_own = |to: &&str| {
        to.starts_with('/')
            && !to.starts_with("//")
            && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    to.filter(is_own).unwrap_or("/me")
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let now = app.clock.now();
        match session(app, &parts.headers, now).await {
            Ok(Some(session)) => {
                if session.is_to_be_noted(now) {
                    let noted = app.store.note_session(session.digest, now).await;
                    noted.map_err(|fault| Refused(unavailable(fault)).into_response())?;
                }
                let Session { contract, proof, digest, .. } = session;
                Ok(Self { contract, proof, session: digest })
            }
            Ok(None) => Err(see_other(&format!("/sign-in?to={}", here(parts)))),
            Err(problem) => Err(Refused(problem).into_response()),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Posted<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let by = SignedIn::from_request_parts(&mut parts, app).await?;
        let refused = |problem: Problem| Refused(problem).into_response();
        check_origin(app, &parts.headers).map_err(refused)?;
        let bytes = to_bytes(body, FORM_MAX).await;
        let bytes = bytes.map_err(|_| refused(Problem::MessageTooLarge))?;
        let again = || Request::from_parts(parts.clone(), Body::from(bytes.clone()));
        let Form(Token { form_token }) = Form::from_request(again(), app).await.map_err(bad)?;
        by.check_form_token(app, &form_token).map_err(refused)?;
        let Form(form) = Form::from_request(again(), app).await.map_err(bad)?;
        Ok(Self { by, form })
    }
}

impl<T: DeserializeOwned> FromRequest<App> for OwnForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        check_origin(app, request.headers()).map_err(|p| Refused(p).into_response())?;
        let Form(form) = Form::from_request(request, app).await.map_err(bad)?;
        Ok(Self(form))
    }
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    form_token: String,
}

fn bad(_: axum::extract::rejection::FormRejection) -> Response {
    Refused(Problem::MalformedMessage).into_response()
}

async fn session(
    app: &App,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Option<Session>, Problem> {
    let Some(token) = token_of(headers, name(app)) else { return Ok(None) };
    let session = app.store.session(&token.digest()).await.map_err(unavailable)?;
    Ok(session.filter(|session| session.is_alive(now)))
}

/// The session's token in the cookie of this name.
pub(super) fn token_of(headers: &HeaderMap, name: &str) -> Option<SessionToken> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(key, _)| key.trim() == name);
    named.find_map(|(_, value)| value.trim().parse().ok())
}

/// Checks that a browser sent this from a page of ours. Programs that are no browsers say nothing
/// of where they come from, and carry nobody's cookies either.
///
/// # Errors
/// [`Problem::FormExpired`].
pub fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    let is_same_site = said("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let host = said("host").unwrap_or_default();
    let is_own = said("origin").is_none_or(|origin| {
        let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
        origin_of(&app.config.public_url) == Some(origin) || authority == host
    });
    (is_same_site && is_own).then_some(()).ok_or(Problem::FormExpired)
}

/// The page that was asked for, as a parameter; of a form, the first page.
fn here(parts: &Parts) -> String {
    let path = match parts.method {
        Method::GET | Method::HEAD => parts.uri.path_and_query().map(|here| here.as_str()),
        _ => None,
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b);
    let encode = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    path.unwrap_or("/me").bytes().map(encode).collect()
}

fn cookie(app: &App, value: &str, seconds: &str) -> HeaderValue {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let name = name(app);
    let text = format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("base64url and names are visible ASCII")
}

/// With `__Host-` no other host can have set it (RFC 6265bis §4.1.3); only https can.
fn name(app: &App) -> &'static str {
    if is_secure(app) { "__Host-warifu" } else { "warifu" }
}

/// Whether browsers reach us by https.
pub(super) fn is_secure(app: &App) -> bool {
    app.config.public_url.starts_with("https://")
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const FORM_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away_after_signing_in() {
        for away in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a b"] {
            assert_eq!(own_page(Some(away)), "/me", "{away}");
        }
        assert_eq!(own_page(Some("/me/limits?locale=en")), "/me/limits?locale=en");
        assert_eq!(own_page(None), "/me");
    }

    #[test]
    fn the_cookie_is_found_among_others_by_its_whole_name() {
        let value = SessionToken::random(&crate::entropy::Entropy::new()).expose();
        let mut headers = HeaderMap::new();
        let cookies = format!("a=1; xwarifu=no; warifu={value}; b=2");
        headers.insert(header::COOKIE, cookies.parse().unwrap());
        assert_eq!(token_of(&headers, "warifu").unwrap().expose(), value);
        assert!(token_of(&headers, "__Host-warifu").is_none());
    }
}
