//! How people come in and go: by passkey, which they register by a link that was shown once. In a
//! demo one of each role comes in by a button.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use passkeys::{Party, SaidAssertion, SaidRegistration, creation, descriptor, request};
use serde::Deserialize;
use serde_json::json;
use shared_protocol::Problem;

use super::guard::{By, begin_session, forgotten};
use super::shell::{Asked, Shell};
use crate::app::App;
use crate::demo::PEOPLE;
use crate::domain::Failure;
use crate::domain::desk::{self, Invitation, Purpose, Token};

/// The page on which somebody signs in.
pub(super) async fn show(State(app): State<App>, asked: Asked) -> Response {
    let shell = Shell::of_nobody(&app, &asked).with_script(true);
    let demo = if app.demo().is_some() { PEOPLE.map(|(name, _)| name).to_vec() } else { vec![] };
    Shell::answer(true, &SignIn { shell, demo })
}

/// What the script asks the browser for.
pub(super) async fn sign_in_options(State(app): State<App>) -> impl IntoResponse {
    let challenge = app.challenge(Purpose::SignIn);
    Json(request(app.desk_party(), &[], &challenge))
}

/// What the browser answered.
pub(super) async fn sign_in(
    State(app): State<App>,
    asked: Asked,
    Json(said): Json<SaidAssertion>,
) -> Result<Response, Failure> {
    let person = desk::sign_in(&app.door(), &said.read()?).await?;
    come_in(&app, &asked, person).await
}

async fn come_in(app: &App, asked: &Asked, person: i64) -> Result<Response, Failure> {
    let cookie = begin_session(app, person).await?;
    let next = json!({ "next": format!("{}/desk", asked.base) });
    Ok(([(SET_COOKIE, cookie)], Json(next)).into_response())
}

/// The page to which a link leads.
pub(super) async fn enrol_page(
    State(app): State<App>,
    asked: Asked,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    let known = desk::link_of(&app.door(), &read(&token)?).await?;
    let shell = Shell::of_nobody(&app, &asked).with_script(true);
    let at = shell.at(&format!("/desk/enrol/{token}"));
    Ok(Shell::answer(true, &Enrol { at, name: known.name, shell }))
}

/// What the script asks the browser for.
pub(super) async fn enrol_options(
    State(app): State<App>,
    asked: Asked,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    let token = read(&token)?;
    let known = desk::link_of(&app.door(), &token).await?;
    let keys = app.store().person_passkeys(known.id).await?;
    let keys = keys.iter().map(|key| descriptor(&key.credential_id, &key.transports)).collect();
    let party = Party {
        server: app.desk_party(),
        server_name: app.config().shop_name(asked.words().locale()),
        user: &known.handle,
        user_name: &known.name,
    };
    let challenge = app.challenge(Purpose::Register(token.digest()));
    Ok(Json(creation(&party, keys, &challenge)).into_response())
}

/// What the browser answered: the passkey is entered, and its owner is in.
pub(super) async fn enrol(
    State(app): State<App>,
    asked: Asked,
    Path(token): Path<String>,
    Json(said): Json<SaidRegistration>,
) -> Result<Response, Failure> {
    let person = desk::enrol(&app.door(), &read(&token)?, &said).await?;
    come_in(&app, &asked, person).await
}

/// Ends this session, or all of whoever is signed in.
pub(super) async fn sign_out(
    State(app): State<App>,
    asked: Asked,
    by: By,
    Form(form): Form<Leaving>,
) -> Result<Response, Failure> {
    let mut tx = app.store().begin("end-session", app.now()).await?;
    tx.end_session(by.session(), form.everywhere.is_some()).await?;
    tx.commit().await?;
    let mut answer = asked.onward("/desk/sign-in?said=signed-out");
    answer.headers_mut().insert(SET_COOKIE, forgotten(&app));
    Ok(answer)
}

/// In a demo: who presses the button is this person.
pub(super) async fn demo_sign_in(
    State(app): State<App>,
    asked: Asked,
    Form(form): Form<Named>,
) -> Result<Response, Failure> {
    let person = of_demo(&app, &form.name).await?;
    let mut answer = asked.onward("/desk");
    answer.headers_mut().insert(SET_COOKIE, begin_session(&app, person).await?);
    Ok(answer)
}

/// In a demo: a link by which this person registers a passkey, to sign with.
pub(super) async fn demo_passkey(
    State(app): State<App>,
    asked: Asked,
    Form(form): Form<Named>,
) -> Result<Response, Failure> {
    of_demo(&app, &form.name).await?;
    let (again, now) = (Invitation::Again(&form.name), app.now());
    let link = desk::invite(app.store(), &mut app.entropy(), again, None, now).await?;
    let token = link.ok_or(Problem::NotFound)?;
    Ok(asked.onward(&format!("/desk/enrol/{}", token.expose())))
}

/// Only those whom every demo has.
async fn of_demo(app: &App, name: &str) -> Result<i64, Failure> {
    let is_one = PEOPLE.iter().any(|(known, _)| *known == name);
    let all = app.store().people().await?;
    let found = all.into_iter().find(|known| known.name == name && known.removed.is_none());
    Ok(found.filter(|_| is_one).map(|found| found.id).ok_or(Problem::NotFound)?)
}

/// The script by which passkeys are asked for.
pub(super) async fn script() -> impl IntoResponse {
    let text = include_str!("../../../../www/passkey.js");
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], text)
}

fn read(token: &str) -> Result<Token, Problem> {
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
#[template(path = "sign_in.html")]
struct SignIn {
    shell: Shell,
    /// Who may come in by a button.
    demo: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct Enrol {
    shell: Shell,
    at: String,
    name: String,
}
