//! Who may come in: before any handler of the console runs, it is known where a form came from, who
//! is signed in, what their role may do, and that the form stood in a page of their session.

use axum::{
    Form,
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Multipart, Request, State},
    http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use shared_protocol::Problem;

use super::table::Needs;
use crate::{
    app::App,
    domain::{
        operator::{LONGEST, Operator, OperatorSession},
        session::SessionToken,
        unavailable,
    },
    http::{
        problem::Refused,
        session::{check_origin, is_secure, see_other, token_of},
    },
};

/// The way in to one address.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) app: App,
    pub(super) needs: Needs,
    /// The most bytes that a form has.
    pub(super) most: usize,
}

/// The operator who is signed in, and may do what they ask for. Only [`guard`] makes one.
#[derive(Clone)]
pub(super) struct By {
    operator: Operator,
    session: OperatorSession,
}

impl By {
    /// Who.
    pub(super) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// By which session.
    pub(super) fn session(&self) -> OperatorSession {
        self.session
    }

    /// The token to put into every form.
    pub(super) fn form_token(&self, app: &App) -> String {
        self.session.digest.form_token(&app.keys)
    }

    /// Writes down what they are about to do: without that, it is not done.
    pub(super) async fn notes(
        &self,
        app: &App,
        act: &'static str,
        about: impl ToString,
    ) -> Result<(), Problem> {
        let now = app.clock.now();
        let noted = app.store.note_act(self.operator.id, act, about.to_string(), now).await;
        noted.map_err(unavailable)
    }
}

/// Lets in whoever may come in.
pub(super) async fn guard(State(entry): State<Entry>, request: Request, next: Next) -> Response {
    match let_in(&entry, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    }
}

async fn let_in(Entry { app, needs, most }: &Entry, request: Request) -> Result<Request, Response> {
    let is_form = request.method() == Method::POST;
    if is_form {
        check_page(app, request.headers()).map_err(refused)?;
    }
    let Needs::Power(power) = needs else { return Ok(request) };
    let (mut parts, body) = request.into_parts();
    let by = signed_in(app, &parts.headers).await.map_err(refused)?;
    let Some(by) = by else { return Err(see_other("/console/sign-in")) };
    if !by.operator.role.may(*power) {
        return Err(refused(Problem::RoleNotAllowed));
    }
    let body = match is_form {
        true => {
            let form = to_bytes(body, *most).await;
            let form = form.map_err(|_| refused(Problem::MessageTooLarge))?;
            check_token(app, &by, &parts, form).await?
        }
        false => body,
    };
    parts.extensions.insert(by);
    Ok(Request::from_parts(parts, body))
}

/// Only browsers carry an operator's cookie, and they say where a form comes from.
fn check_page(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let says = ["origin", "sec-fetch-site"].iter().any(|name| headers.contains_key(*name));
    check_origin(app, headers)?;
    says.then_some(()).ok_or(Problem::FormExpired)
}

async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<By>, Problem> {
    let Some(token) = token_of(headers, cookie_name(app)) else { return Ok(None) };
    let now = app.clock.now();
    let session = app.store.operator_session(&token.digest()).await.map_err(unavailable)?;
    let Some(session) = session.filter(|session| session.is_alive(now)) else { return Ok(None) };
    if session.is_to_be_noted(now) {
        app.store.note_operator_session(session.digest, now).await.map_err(unavailable)?;
    }
    let operator = app.store.operator(session.operator).await.map_err(unavailable)?;
    Ok(operator.map(|operator| By { operator, session }))
}

/// The token stands in the form, or in a header where a script of ours sends no form.
async fn check_token(app: &App, by: &By, parts: &Parts, bytes: Bytes) -> Result<Body, Response> {
    let said = parts.headers.get("x-form-token").and_then(|token| token.to_str().ok());
    let token = match said {
        Some(token) => token.to_owned(),
        None => token_in(app, parts, bytes.clone()).await,
    };
    match by.session.digest.is_form_token(&app.keys, &token) {
        true => Ok(Body::from(bytes)),
        false => Err(refused(Problem::FormExpired)),
    }
}

async fn token_in(app: &App, parts: &Parts, bytes: Bytes) -> String {
    #[derive(Deserialize)]
    struct Token {
        #[serde(default)]
        form_token: String,
    }
    let again = Request::from_parts(parts.clone(), Body::from(bytes));
    let kind = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if kind.starts_with(b"multipart/form-data") {
        return token_beside_file(app, again).await.unwrap_or_default();
    }
    let read = Form::<Token>::from_request(again, app).await;
    read.map(|Form(token)| token.form_token).unwrap_or_default()
}

/// Where a form holds a file, the token comes before it.
async fn token_beside_file(app: &App, request: Request) -> Option<String> {
    let mut form = Multipart::from_request(request, app).await.ok()?;
    let field = form.next_field().await.ok()??;
    if field.name() == Some("form_token") { field.text().await.ok() } else { None }
}

impl FromRequestParts<App> for By {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refused> {
        parts.extensions.get::<Self>().cloned().ok_or(Refused(Problem::NotFound))
    }
}

/// Begins a session of this operator: the value of the `Set-Cookie` that carries it.
pub(super) async fn begin_session(app: &App, operator: i64) -> Result<HeaderValue, Problem> {
    let token = SessionToken::random(&app.entropy);
    let begun = app.store.begin_operator_session(token.digest(), operator, app.clock.now());
    begun.await.map_err(unavailable)?;
    Ok(cookie(app, &token.expose(), LONGEST.as_millis() / 1000))
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
    if is_secure(app) { "__Host-warifu-console" } else { "warifu-console" }
}

fn refused(problem: Problem) -> Response {
    Refused(problem).into_response()
}
