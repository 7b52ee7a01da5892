//! How operators come in and go: by passkey, which they register by a link that the command line
//! printed. In a demo two of them come in by a button.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode, Uri, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use shared_protocol::Problem;

use super::{
    desk::{Desk, onward},
    guard::{By, begin_session, forgotten},
};
use crate::{
    app::App,
    demo::OPERATORS,
    domain::{
        operator::{self, Invitation, LinkToken},
        passkey::{IssuedChallenge, Purpose},
        unavailable,
    },
    http::{
        passkey_pages::script,
        passkeys::{
            Assertion, NewPasskey, Said, creation, descriptor, registration, request, unkept,
        },
        problem::Refused,
        session::see_other_with,
    },
};

/// The page on which an operator signs in.
pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let desk = desk(&app, &uri, &headers);
    let demo = if app.demo.is_some() { OPERATORS.map(|(name, _)| name).to_vec() } else { vec![] };
    Desk::answer(StatusCode::OK, true, &SignIn { desk, demo })
}

/// What the script asks the browser for.
pub(super) async fn sign_in_options(State(app): State<App>) -> impl IntoResponse {
    let (now, mut rng) = (app.clock.now(), app.entropy.clone());
    let challenge = IssuedChallenge::new(Purpose::OperatorSignIn, &app.keys, now, &mut rng);
    unkept(request(&app, &[], &challenge))
}

/// What the browser answered.
pub(super) async fn sign_in(
    State(app): State<App>,
    Said(said): Said<Assertion>,
) -> Result<Response, Refused> {
    let operator = operator::sign_in(&app, &said.read()?).await?;
    come_in(&app, operator).await
}

async fn come_in(app: &App, operator: i64) -> Result<Response, Refused> {
    let cookie = begin_session(app, operator).await?;
    let next = json!({ "next": "/console" });
    Ok(([(SET_COOKIE, cookie)], unkept(next)).into_response())
}

/// The page to which a link leads.
pub(super) async fn enrol_page(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let known = operator::link_of(&app, &read(&token)?).await?;
    let desk = desk(&app, &uri, &headers);
    let page = Enrol { at: format!("/console/enrol/{token}"), name: known.name, desk };
    Ok(Desk::answer(StatusCode::OK, true, &page))
}

/// What the script asks the browser for.
pub(super) async fn enrol_options(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let token = read(&token)?;
    let known = operator::link_of(&app, &token).await?;
    let keys = app.store.operator_passkeys(known.id).await.map_err(unavailable)?;
    let keys = keys.iter().map(|key| descriptor(&key.credential_id, &key.transports)).collect();
    let purpose = Purpose::OperatorRegister { link: token.digest().0 };
    let (now, mut rng) = (app.clock.now(), app.entropy.clone());
    let challenge = IssuedChallenge::new(purpose, &app.keys, now, &mut rng);
    let w = crate::texts::Words::of(crate::http::language::language(None, &headers));
    let options = creation(&app, w, (&known.name, &known.handle), keys, &challenge);
    Ok(unkept(options).into_response())
}

/// What the browser answered: the passkey is entered, and its owner is in.
pub(super) async fn enrol(
    State(app): State<App>,
    Path(token): Path<String>,
    Said(said): Said<NewPasskey>,
) -> Result<Response, Refused> {
    let operator = operator::enrol(&app, &read(&token)?, registration(&said)?).await?;
    come_in(&app, operator).await
}

/// Ends this session, or all of the operator.
pub(super) async fn sign_out(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    axum::Form(form): axum::Form<Leaving>,
) -> Result<Response, Refused> {
    let (session, now) = (by.session(), app.clock.now());
    let ended = app.store.end_operator_session(session, form.everywhere.is_some(), now).await;
    ended.map_err(unavailable)?;
    let mut answer = onward(&uri, "/console/sign-in?said=signed-out");
    answer.headers_mut().insert(SET_COOKIE, forgotten(&app));
    Ok(answer)
}

/// In a demo: who presses the button is this operator.
pub(super) async fn demo_sign_in(
    State(app): State<App>,
    axum::Form(form): axum::Form<Named>,
) -> Result<Response, Refused> {
    let operator = of_demo(&app, &form.name).await?;
    Ok(see_other_with("/console", begin_session(&app, operator).await?))
}

/// In a demo: a link by which this operator registers a passkey, to sign with.
pub(super) async fn demo_passkey(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    axum::Form(form): axum::Form<Named>,
) -> Result<Response, Refused> {
    of_demo(&app, &form.name).await?;
    let again = Invitation::Again(&form.name);
    let link = operator::invite(&app.store, &app.entropy, again, app.clock.now()).await;
    let token = link.map_err(unavailable)?.ok_or(Problem::NotFound)?;
    Ok(onward(&uri, &format!("/console/enrol/{}", token.expose())))
}

/// Only those whom every demo has.
async fn of_demo(app: &App, name: &str) -> Result<i64, Problem> {
    let is_one = OPERATORS.iter().any(|(known, _)| *known == name);
    let all = app.store.operators().await.map_err(unavailable)?;
    let found = all.into_iter().find(|known| known.name == name && known.removed_at.is_none());
    found.filter(|_| is_one).map(|found| found.id).ok_or(Problem::NotFound)
}

fn desk<'a>(app: &'a App, uri: &Uri, headers: &HeaderMap) -> Desk<'a> {
    let desk = Desk::of_nobody(app, uri, headers, "");
    Desk { script: Some(script(app)), ..desk }
}

fn read(token: &str) -> Result<LinkToken, Problem> {
    token.parse().map_err(|_| Problem::LinkInvalid)
}

#[derive(Deserialize)]
pub(super) struct Leaving {
    everywhere: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignIn<'a> {
    desk: Desk<'a>,
    /// Who may come in by a button.
    demo: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "console/enrol.html")]
struct Enrol<'a> {
    desk: Desk<'a>,
    at: String,
    name: String,
}
