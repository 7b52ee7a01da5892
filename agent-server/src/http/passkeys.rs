//! What the passkey script asks and answers, for contracts; operators' pages ask the same way.

use axum::{
    Json, Router,
    extract::{FromRequest, Query, Request, State, rejection::JsonRejection},
    http::{
        HeaderMap, Uri,
        header::{CACHE_CONTROL, REFERER, SET_COOKIE},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use passkeys::Party;
pub(super) use passkeys::{SaidAssertion as Assertion, SaidRegistration as NewPasskey, descriptor};
use serde::Deserialize;
use serde_json::{Value, json};
use shared_protocol::Problem;

use super::{
    problem::Refused,
    session::{SignedIn, begin_session, check_origin, own_page, see_other},
};
use crate::{
    app::App,
    domain::{
        passkey::{
            self, IssuedChallenge, PASSKEYS_MAX, Purpose, Registered, Registration, UserHandle,
        },
        session::Proof,
        unavailable,
    },
    store::PasskeyLabel,
    texts::Words,
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/me/passkeys/options", post(registration_options))
        .route("/me/passkeys", post(register))
        .route("/sign-in/passkey/options", post(sign_in_options))
        .route("/sign-in/passkey", post(sign_in))
}

async fn registration_options(
    State(app): State<App>,
    SignedIn { contract, .. }: SignedIn,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let now = app.clock.now();
    let fresh = app.entropy.bytes();
    let user = app.store.passkey_user(contract, fresh, now).await.map_err(unavailable)?;
    let known = app.store.passkeys(contract).await.map_err(unavailable)?;
    if known.len() >= PASSKEYS_MAX {
        return Ok(see_other(PAGE));
    }
    let tail = app.store.contract_tail(contract).await.map_err(unavailable)?;
    let w = Words::of(super::language::language(None, &headers));
    let name = w.fill("passkey.user", &[("last2", &tail)]);
    let mut rng = app.entropy.clone();
    let purpose = Purpose::Register { contract };
    let challenge = IssuedChallenge::new(purpose, &app.keys, now, &mut rng);
    let known = known.iter().map(|key| descriptor(&key.credential_id, &key.transports)).collect();
    Ok(unkept(creation(&app, w, (&name, &user), known, &challenge)).into_response())
}

/// For whoever is called so by people and by authenticators.
pub(super) fn creation(
    app: &App,
    w: Words,
    (name, user): (&str, &UserHandle),
    known: Vec<Value>,
    challenge: &IssuedChallenge,
) -> Value {
    let party = Party {
        server: &app.config.relying_party(),
        server_name: app.config.agent_name.get(w.locale()),
        user,
        user_name: name,
    };
    passkeys::creation(&party, known, challenge.as_bytes())
}

/// Where none is allowed by name, any passkey of ours may answer.
pub(super) fn request(app: &App, allowed: &[Value], challenge: &IssuedChallenge) -> Value {
    passkeys::request(&app.config.relying_party(), allowed, challenge.as_bytes())
}

async fn register(
    State(app): State<App>,
    SignedIn { contract, .. }: SignedIn,
    Said(said): Said<NewPasskey>,
) -> Result<Response, Refused> {
    Ok(match passkey::register(&app, contract, registration(&said)?).await? {
        Registered::Now => unkept(json!({ "next": PAGE })).into_response(),
        Registered::Full => see_other(PAGE),
    })
}

async fn sign_in_options(State(app): State<App>) -> impl IntoResponse {
    let (now, mut rng) = (app.clock.now(), app.entropy.clone());
    let challenge = IssuedChallenge::new(Purpose::SignIn, &app.keys, now, &mut rng);
    unkept(request(&app, &[], &challenge))
}

async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    Said(said): Said<Assertion>,
) -> Result<impl IntoResponse, Refused> {
    let contract = passkey::sign_in(&app, &said.read()?).await?;
    let cookie = begin_session(&app, contract, Proof::Passkey).await?;
    Ok(([(SET_COOKIE, cookie)], unkept(json!({ "next": wanted(&headers) }))))
}

/// Where somebody wanted to go who was sent to sign in: the address of the page with the script,
/// which browsers name here (Referrer Policy §3.3), says so.
fn wanted(headers: &HeaderMap) -> String {
    let page = headers.get(REFERER).and_then(|page| page.to_str().ok());
    let page: Option<Uri> = page.and_then(|page| page.parse().ok());
    let to = page.and_then(|page| Query::<Wanted>::try_from_uri(&page).ok());
    own_page(to.and_then(|Query(wanted)| wanted.to).as_deref()).to_owned()
}

/// JSON of a script on a page of ours: pages of others cannot send this media type here, as
/// browsers ask first and get no consent (Fetch §3.3), and what says that it comes from there is
/// refused.
pub(super) struct Said<T>(pub(super) T);

impl<T: serde::de::DeserializeOwned> FromRequest<App> for Said<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        check_origin(app, request.headers())?;
        match Json::from_request(request, app).await {
            Ok(Json(said)) => Ok(Self(said)),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(Problem::UnsupportedMediaType.into())
            }
            Err(_) => Err(Problem::MalformedMessage.into()),
        }
    }
}

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
}

/// The registration in what a browser answered.
pub(super) fn registration(said: &NewPasskey) -> Result<Registration, Problem> {
    let (client_data, attestation_object) = said.read()?;
    let name: String = said.name.trim().chars().take(NAME_MAX).collect();
    let label = PasskeyLabel { name, transports: said.transports() };
    Ok(Registration { client_data, attestation_object, label })
}

/// JSON that nobody keeps.
pub(super) fn unkept(json: Value) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(json))
}

/// The contract's passkeys: where a script goes that was sent to another page than it asked for.
const PAGE: &str = "/me/passkeys";
/// Longest name of a passkey.
pub(super) const NAME_MAX: usize = 40;
