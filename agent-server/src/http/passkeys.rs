//! What the passkey script asks and answers, as JSON with binary members in base64url, like
//! WebAuthn Level 3 §5.1.8 and §5.1.9 write them.

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
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Deserialize;
use serde_json::{Value, json};
use shared_protocol::{PasskeyAssertion, PasskeyPart, Problem};

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

/// `PublicKeyCredentialDescriptorJSON`: a passkey that is known.
pub(super) fn descriptor(id: &[u8], transports: &str) -> Value {
    let transports: Vec<_> = transports.split_whitespace().collect();
    json!({ "type": "public-key", "id": BASE64URL.encode(id), "transports": transports })
}

/// `PublicKeyCredentialCreationOptionsJSON`, for whoever is called so by people and by
/// authenticators.
pub(super) fn creation(
    app: &App,
    w: Words,
    (name, user): (&str, &UserHandle),
    known: Vec<Value>,
    challenge: &IssuedChallenge,
) -> Value {
    let algorithm = |alg| json!({ "type": "public-key", "alg": alg });
    let party = app.config.relying_party();
    json!({
        "rp": { "id": party.id, "name": app.config.agent_name.get(w.locale()) },
        "user": { "id": BASE64URL.encode(user), "name": name, "displayName": name },
        "challenge": BASE64URL.encode(challenge.as_bytes()),
        "pubKeyCredParams": ALGORITHMS.map(algorithm),
        "timeout": PATIENCE,
        "excludeCredentials": known,
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
    })
}

/// `PublicKeyCredentialRequestOptionsJSON`; where none is allowed by name, any passkey of ours may
/// answer.
pub(super) fn request(app: &App, allowed: &[Value], challenge: &IssuedChallenge) -> Value {
    let mut options = json!({
        "challenge": BASE64URL.encode(challenge.as_bytes()),
        "rpId": app.config.relying_party().id,
        "userVerification": "required",
        "timeout": PATIENCE,
    });
    if !allowed.is_empty() {
        options["allowCredentials"] = allowed.into();
    }
    options
}

async fn register(
    State(app): State<App>,
    SignedIn { contract, .. }: SignedIn,
    Said(said): Said<NewPasskey>,
) -> Result<Response, Refused> {
    Ok(match passkey::register(&app, contract, said.read()?).await? {
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

/// What a browser answers to [`creation`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewPasskey {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    attestation_object: String,
    #[serde(default)]
    transports: Vec<String>,
    #[serde(default)]
    name: String,
}

/// What a browser answers to [`request`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Assertion {
    id: String,
    authenticator_data: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    signature: String,
    #[serde(default)]
    user_handle: String,
}

impl NewPasskey {
    /// The registration in it.
    pub(super) fn read(self) -> Result<Registration, Problem> {
        let name: String = self.name.trim().chars().take(NAME_MAX).collect();
        let transports: Vec<_> = self.transports.into_iter().filter(|t| is_plain(t)).collect();
        Ok(Registration {
            client_data: decoded(&self.client_data)?,
            attestation_object: decoded(&self.attestation_object)?,
            label: PasskeyLabel { name, transports: transports.join(" ") },
        })
    }
}

impl Assertion {
    /// The assertion in it.
    pub(super) fn read(self) -> Result<PasskeyAssertion, Problem> {
        let part = |text: &str| decoded(text).map(PasskeyPart::new);
        Ok(PasskeyAssertion {
            credential_id: part(&self.id)?,
            authenticator_data: part(&self.authenticator_data)?,
            client_data: part(&self.client_data)?,
            signature: part(&self.signature)?,
            user_handle: part(&self.user_handle)?,
        })
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Problem> {
    BASE64URL.decode(text).map_err(|_| Problem::MalformedMessage)
}

/// As every transport's name is (§5.8.4).
fn is_plain(transport: &str) -> bool {
    transport.len() <= 16 && transport.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// JSON that nobody keeps.
pub(super) fn unkept(json: Value) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(json))
}

/// The contract's passkeys: where a script goes that was sent to another page than it asked for.
const PAGE: &str = "/me/passkeys";
/// ES256, EdDSA, RS256 (§5.8.5).
const ALGORITHMS: [i32; 3] = [-7, -8, -257];
/// How long a browser waits for the shopper, in milliseconds: the most that §15.1 recommends.
const PATIENCE: u32 = 300_000;
/// Longest name of a passkey.
pub(super) const NAME_MAX: usize = 40;
