//! The way to the confirmation page for whoever has the mail on another device (Fig 13): the
//! handling number and the six digits from the mail lead to it. Deciding happens there alone.

use axum::{
    Router,
    extract::{OriginalUri, State},
    http::{HeaderMap, Uri},
    response::Response,
    routing::get,
};
use serde::Deserialize;

use super::{
    form::{Asked, FormPage, Place},
    peer::Caller,
    session::{OwnForm, see_other},
};
use crate::{
    app::App,
    domain::confirm::{self, ByCode},
};

/// Its route.
pub fn routes() -> Router<App> {
    Router::new().route("/confirm", get(show).post(find))
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    number: String,
    #[serde(default)]
    code: String,
}

async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&app, &uri).await;
    form(&app, &uri, &headers, &place).answer()
}

async fn find(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Caller(network): Caller,
    OwnForm(typed): OwnForm<Typed>,
) -> Response {
    let place = Place::of(&app, &uri).await;
    let mut page = form(&app, &uri, &headers, &place);
    page.fields[0].value.clone_from(&typed.number);
    match confirm::by_code(&app, network, &typed.number, &typed.code).await {
        Ok(ByCode::Right(token)) => see_other(&place.at(&format!("/confirm/{}", token.expose()))),
        Ok(ByCode::Wrong) => {
            page.fields[1].error = Some(page.shell.w.get("confirm.code_wrong").to_owned());
            page.answer()
        }
        Err(problem) => page.refused(problem),
    }
}

fn form<'a>(app: &'a App, uri: &Uri, headers: &HeaderMap, place: &'a Place) -> FormPage<'a> {
    let shell = place.shell(app, uri, headers, "/confirm");
    let w = shell.w;
    let hint = w.get("confirm.code_hint").to_owned();
    FormPage {
        place,
        screen: "confirm-code",
        title: w.get("confirm.title"),
        lead: vec![w.get("confirm.code_lead").to_owned()],
        action: place.at("/confirm"),
        hidden: Vec::new(),
        fields: vec![
            Asked::text("number", w.get("mail.number"), "text", "off"),
            Asked { hint, ..Asked::digits("code", w.get("form.code"), "one-time-code") },
        ],
        button: w.get("form.next"),
        error: None,
        back: None,
        passkey: None,
        links: Vec::new(),
        shell,
    }
}
