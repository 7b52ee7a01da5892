//! The pages about passkeys: those of a contract, the sign-in, and the pop-up that asks for one
//! where the frame may not. What is there is shown and changed without script; passkeys need it.

use askama::Template;
use axum::{
    Router,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri},
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use shared_protocol::{Problem, Timestamp};

use super::{
    form::own_page,
    html::answer,
    me,
    pages::{Shell, rendered},
    passkeys::NAME_MAX,
    policy::passkey_policy,
    problem::Refused,
    session::{Posted, SignedIn, see_other},
    sign_in::Nothing,
};
use crate::{
    app::App,
    domain::{
        account,
        passkey::{PASSKEYS_MAX, Passkey},
        unavailable,
    },
    texts,
    texts::Words,
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/me/passkeys", get(list))
        .route("/me/passkeys/{id}/name", post(rename))
        .route("/me/passkeys/{id}/removal", post(remove))
        .route("/sign-in/passkey", get(sign_in))
        .route("/passkey/pop-up", get(pop_up))
}

async fn list(
    State(app): State<App>,
    by: SignedIn,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    let shell = me::shell(&app, &uri, &account);
    let known = app.store.passkeys(by.contract).await.map_err(unavailable)?;
    let w = shell.w;
    let is_full = known.len() >= PASSKEYS_MAX;
    let view = List {
        w,
        script: script(&app),
        full: is_full.then(|| w.fill("passkey.full", &[("most", &PASSKEYS_MAX.to_string())])),
        passkeys: known.into_iter().map(|passkey| Shown::of(passkey, &app, w)).collect(),
        longest: NAME_MAX,
        form_token: by.form_token(&app),
        shell,
    };
    Ok(own_page(answer(StatusCode::OK, &passkey_policy(), rendered(&view))))
}

fn date(app: &App, at: Timestamp, w: Words) -> String {
    let day = app.plans.calendar.today(at);
    day.map(|day| texts::date(day, w.locale())).unwrap_or_default()
}

async fn rename(
    State(app): State<App>,
    Path(id): Path<i64>,
    Posted { by, form: Named { name } }: Posted<Named>,
) -> Result<Response, Refused> {
    let name = name.trim().chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    change(&app, by.contract, id, Some(name)).await
}

async fn remove(
    State(app): State<App>,
    Path(id): Path<i64>,
    Posted { by, form: Nothing {} }: Posted<Nothing>,
) -> Result<Response, Refused> {
    change(&app, by.contract, id, None).await
}

/// What came of it is shown by GET: then reloading changes nothing again.
async fn change(
    app: &App,
    contract: i64,
    id: i64,
    name: Option<String>,
) -> Result<Response, Refused> {
    let changed = app.store.change_passkey(contract, id, name, app.clock.now()).await;
    if !changed.map_err(unavailable)? {
        return Err(Problem::NotFound.into());
    }
    Ok(see_other("/me/passkeys"))
}

async fn sign_in(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    alone(&app, &uri, &headers, "sign-in")
}

/// Whoever opened it may talk to it, as far as they are of our origin: the script sees to that.
async fn pop_up(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let mut page = alone(&app, &uri, &headers, "pop-up");
    let open = HeaderValue::from_static("unsafe-none");
    page.headers_mut().insert("cross-origin-opener-policy", open);
    page
}

fn alone(app: &App, uri: &Uri, headers: &HeaderMap, task: &'static str) -> Response {
    let shell = Shell::new(app, uri, headers);
    let view = Alone { w: shell.w, script: script(app), task, shell };
    answer(StatusCode::OK, &passkey_policy(), rendered(&view))
}

/// The address of the script.
pub(super) fn script(app: &App) -> String {
    format!("/assets/{}/passkey.js", app.widget.files().build)
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// A passkey as its owner sees it.
struct Shown {
    id: i64,
    name: String,
    created: String,
    /// Empty: never.
    used: String,
    is_on_several: bool,
}

impl Shown {
    fn of(passkey: Passkey, app: &App, w: Words) -> Self {
        let date = |at| date(app, at, w);
        Self {
            id: passkey.id,
            created: date(passkey.created_at),
            used: passkey.last_used_at.map(date).unwrap_or_default(),
            is_on_several: passkey.backed_up,
            name: match passkey.name.is_empty() {
                true => w.get("passkey.unnamed").to_owned(),
                false => passkey.name,
            },
        }
    }
}

#[derive(Template)]
#[template(path = "passkeys.html")]
struct List<'a> {
    shell: Shell<'a>,
    w: Words,
    script: String,
    passkeys: Vec<Shown>,
    /// Why no more can be registered.
    full: Option<String>,
    longest: usize,
    form_token: String,
}

#[derive(Template)]
#[template(path = "passkey.html")]
struct Alone<'a> {
    shell: Shell<'a>,
    w: Words,
    script: String,
    task: &'static str,
}
