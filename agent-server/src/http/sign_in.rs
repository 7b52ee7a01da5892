//! Signing in by a code that is mailed, and signing out.

use axum::{
    Router,
    extract::{OriginalUri, State},
    http::{HeaderMap, Uri},
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use shared_protocol::{Field, Problem, read_field};

use super::{
    enrol::{Address, Typed},
    form::{Asked, FormPage, Place},
    passkey_pages::script as passkey_script,
    peer::Caller,
    problem::Refused,
    session::{OwnForm, Posted, begin_session, end_session, own_page, see_other_with},
};
use crate::{
    app::App,
    domain::{
        mailed_code::{self, Step, Tried, form_token},
        session::Proof,
        unavailable,
    },
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in", get(show).post(send))
        .route("/sign-in/code", post(prove))
        .route("/sign-out", post(leave))
}

async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&app, &uri).await;
    address(&app, &uri, &headers, &place).answer()
}

async fn send(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Caller(network): Caller,
    OwnForm(form): OwnForm<Address>,
) -> Response {
    let place = Place::of(&app, &uri).await;
    let locale = Place::locale(&uri, &headers);
    let mut page = address(&app, &uri, &headers, &place);
    page.fields[0].value.clone_from(&form.email);
    let email = match read_field(Field::ContactEmail, &form.email, str::to_owned) {
        Ok(email) => email,
        Err(wrong) => {
            page.fields[0].error = Some(wrong.text(Field::ContactEmail, locale));
            return page.answer();
        }
    };
    match mailed_code::ask(&app, network, email.clone(), locale, false).await {
        Ok(id) => {
            let about = form_token(id, Step::Asked, &app.keys);
            code(&app, &uri, &headers, &place).asking_code(about, Some(&email), None).answer()
        }
        Err(problem) => page.refused(problem),
    }
}

async fn prove(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Caller(network): Caller,
    OwnForm(form): OwnForm<Typed>,
) -> Result<Response, Refused> {
    let place = Place::of(&app, &uri).await;
    let again =
        |left| code(&app, &uri, &headers, &place).asking_code(form.about.clone(), None, left);
    Ok(match mailed_code::prove(&app, network, &form.about, &form.code).await {
        Ok((id, Tried::Right)) => enter(&app, id, &place).await?,
        Ok((_, Tried::Wrong(left))) => again(Some(left)).answer(),
        Ok((_, Tried::Over)) | Err(Problem::FormExpired) => {
            let page = address(&app, &uri, &headers, &place);
            FormPage { error: Some(page.shell.w.get("form.code_over").to_owned()), ..page }.answer()
        }
        Err(problem) => again(None).refused(problem),
    })
}

/// The right code was typed: it was good for this once.
async fn enter(app: &App, code: i64, place: &Place) -> Result<Response, Problem> {
    let mailed = app.store.mailed_code(code).await.map_err(unavailable)?;
    let mailed = mailed.ok_or(Problem::FormExpired)?;
    let contract = app.store.contract_of_address(&mailed.email).await.map_err(unavailable)?;
    let cookie = begin_session(app, contract.ok_or(Problem::FormExpired)?, Proof::Address).await?;
    Ok(see_other_with(own_page(place.to()), cookie))
}

async fn leave(State(app): State<App>, posted: Posted<Nothing>) -> Result<Response, Refused> {
    let forgotten = end_session(&app, &posted.by).await?;
    Ok(see_other_with("/", forgotten))
}

fn address<'a>(app: &'a App, uri: &Uri, headers: &HeaderMap, place: &'a Place) -> FormPage<'a> {
    let shell = place.shell(app, uri, headers, "/sign-in");
    let w = shell.w;
    let enrol = (place.at("/enrol"), w.get("sign_in.enrol"));
    FormPage {
        place,
        screen: "sign-in",
        title: w.get("sign_in.title"),
        lead: vec![w.fill("sign_in.lead", &[("agent", shell.agent)])],
        action: place.at("/sign-in"),
        hidden: Vec::new(),
        fields: vec![Asked::text("email", w.get("form.email"), "email", "email")],
        button: w.get("form.next"),
        error: None,
        back: None,
        passkey: (!place.is_inline()).then(|| passkey_script(app)),
        links: app.config.enrolment.open.then_some(enrol).into_iter().collect(),
        shell,
    }
}

fn code<'a>(app: &'a App, uri: &Uri, headers: &HeaderMap, place: &'a Place) -> FormPage<'a> {
    let page = address(app, uri, headers, place);
    let w = page.shell.w;
    FormPage {
        screen: "code",
        title: w.get("form.code_title"),
        action: place.at("/sign-in/code"),
        button: w.get("sign_in.enter"),
        passkey: None,
        links: vec![(place.at("/sign-in"), w.get("form.code_again"))],
        ..page
    }
}

/// A form of one button.
#[derive(Deserialize)]
pub struct Nothing {}
