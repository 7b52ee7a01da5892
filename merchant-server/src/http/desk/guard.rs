//! Who may come in: before any handler of the desk runs, it is known where a form came from, who is
//! signed in, what their role may do, and that the form stood in a page of their session.

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest as _, FromRequestParts, Request, State};
use axum::http::header::{COOKIE, HOST, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use shared_protocol::Problem;

use super::shell::{Asked, parameter};
use super::table::Needs;
use crate::app::App;
use crate::domain::Failure;
use crate::domain::desk::{Person, SESSION_LONGEST, Session, Token};

/// The way in to one address.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) app: App,
    pub(super) needs: Needs,
}

/// Who is signed in, and may do what they ask for. Only [`guard`] makes one.
#[derive(Clone)]
pub(super) struct By {
    person: Person,
    session: Session,
    token: Token,
}

impl By {
    /// Who.
    pub(super) fn person(&self) -> &Person {
        &self.person
    }

    /// By which session.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The token to put into every form.
    pub(super) fn form_token(&self) -> String {
        self.token.form_token()
    }
}

/// Lets in whoever may come in.
pub(super) async fn guard(State(entry): State<Entry>, request: Request, next: Next) -> Response {
    match let_in(&entry, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    }
}

async fn let_in(Entry { app, needs }: &Entry, request: Request) -> Result<Request, Response> {
    if !app.has_desk().await.map_err(|fault| Failure::from(fault).into_response())? {
        return Err(refused(Problem::NotFound));
    }
    let (mut parts, body) = request.into_parts();
    let asked = Asked::of(&parts);
    let is_form = parts.method == Method::POST;
    if is_form {
        check_page(app, &parts.headers).map_err(refused)?;
    } else if let Some(elsewhere) = by_its_name(app, &parts.headers, &asked) {
        return Err(elsewhere);
    }
    let Needs::Power(power) = needs else { return Ok(Request::from_parts(parts, body)) };
    let by = signed_in(app, &parts.headers).await.map_err(|failure| failure.into_response())?;
    let Some(by) = by else { return Err(asked.onward("/desk/sign-in")) };
    if !by.person.role.may(*power) {
        return Err(refused(Problem::RoleNotAllowed));
    }
    let body = if is_form { check_token(&by, &parts, body).await? } else { body };
    parts.extensions.insert(by);
    Ok(Request::from_parts(parts, body))
}

/// Passkeys belong to a name. Where this machine was asked for by its number, the page is at its
/// name.
fn by_its_name(app: &App, headers: &HeaderMap, asked: &Asked) -> Option<Response> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let by_number = host.starts_with("127.0.0.1") || host.starts_with("[::1]");
    let desk = &app.desk_party().origin;
    if !by_number || !desk.starts_with("http://localhost") {
        return None;
    }
    let path = asked.uri.path_and_query().map_or("/desk", |path| path.as_str());
    Some(see_other(&format!("{desk}{path}")))
}

/// Only browsers carry somebody's cookie, and they say where a form comes from (Fetch Metadata,
/// RFC 6454).
fn check_page(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    let (origin, site) = (said("origin"), said("sec-fetch-site"));
    let is_own = origin.is_none_or(|origin| origin == app.desk_party().origin)
        && site.is_none_or(|site| site == "same-origin")
        && (origin.is_some() || site.is_some());
    is_own.then_some(()).ok_or(Problem::FormExpired)
}

async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<By>, Failure> {
    let Some(token) = token_of(headers, cookie_name(app)) else { return Ok(None) };
    let now = app.now();
    let session = app.store().person_session(token.digest()).await?;
    let Some(session) = session.filter(|session| session.is_alive(now)) else { return Ok(None) };
    if session.is_to_be_noted(now) {
        let mut tx = app.store().begin("note-session", now).await?;
        tx.note_session(session.digest).await?;
        tx.commit().await?;
    }
    let person = app.store().person(session.person).await?;
    Ok(person.map(|person| By { person, session, token }))
}

/// The token stands in the form, or in a header where a script of ours sends no form.
async fn check_token(by: &By, parts: &Parts, body: Body) -> Result<Body, Response> {
    #[derive(Deserialize)]
    struct Said {
        #[serde(default)]
        form_token: String,
    }
    let bytes = to_bytes(body, FORM_MAX).await.map_err(|_| refused(Problem::MessageTooLarge))?;
    let said = parts.headers.get("x-form-token").and_then(|token| token.to_str().ok());
    let again = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
    let token = match said {
        Some(token) => token.to_owned(),
        None => Form::<Said>::from_request(again, &())
            .await
            .map(|Form(said)| said.form_token)
            .unwrap_or_default(),
    };
    match by.token.is_form_token(&token) {
        true => Ok(Body::from(bytes)),
        false => Err(refused(Problem::FormExpired)),
    }
}

impl FromRequestParts<App> for By {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::NotFound.into())
    }
}

/// Begins a session: the value of the `Set-Cookie` that carries it.
pub(super) async fn begin_session(app: &App, person: i64) -> Result<HeaderValue, Failure> {
    let token = Token::random(&mut app.entropy());
    let mut tx = app.store().begin("begin-session", app.now()).await?;
    tx.begin_session(token.digest(), person).await?;
    tx.commit().await?;
    Ok(cookie(app, &token.expose(), SESSION_LONGEST.as_millis() / 1000))
}

/// The value of the `Set-Cookie` that forgets a session.
pub(super) fn forgotten(app: &App) -> HeaderValue {
    cookie(app, "", 0)
}

/// Sent with nothing that another site begins (RFC 6265bis §5.6.7.1).
fn cookie(app: &App, value: &str, seconds: i64) -> HeaderValue {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let name = cookie_name(app);
    let text =
        format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("base64url and names are visible ASCII")
}

/// With `__Host-` no other host can have set it (RFC 6265bis §4.1.3); only https can.
fn cookie_name(app: &App) -> &'static str {
    if is_secure(app) { "__Host-warifu-desk" } else { "warifu-desk" }
}

fn is_secure(app: &App) -> bool {
    app.desk_party().origin.starts_with("https://")
}

fn token_of(headers: &HeaderMap, name: &str) -> Option<Token> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(key, _)| key.trim() == name);
    named.find_map(|(_, value)| value.trim().parse().ok())
}

/// An answer that leads to another page.
pub(super) fn see_other(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/desk"));
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

fn refused(problem: Problem) -> Response {
    Failure::from(problem).into_response()
}

impl Asked {
    /// Leads to another page of the desk, in the language of this one.
    pub(super) fn onward(&self, to: &str) -> Response {
        let mark = if to.contains('?') { '&' } else { '?' };
        match parameter(&self.uri, "locale") {
            Some(tag @ ("ja" | "en")) => see_other(&format!("{}{to}{mark}locale={tag}", self.base)),
            _ => see_other(&format!("{}{to}", self.base)),
        }
    }
}

const FORM_MAX: usize = 16 * 1024;
