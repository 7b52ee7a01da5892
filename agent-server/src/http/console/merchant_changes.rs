//! A merchant's origins and keys are changed at its page, once the operator's passkey has signed
//! exactly that.

use axum::{
    Form,
    extract::{OriginalUri, Path, State},
    http::HeaderMap,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Deserialize;
use shared_protocol::{VerifyingKey, jws};

use super::{
    changes::prepare,
    desk::Desk,
    guard::By,
    merchants::{Asked, find, page},
};
use crate::{
    app::App,
    domain::{
        merchant_keys::{KnownMerchant, read_pair},
        operator::{Change, Unchanged},
    },
    http::problem::Refused,
};

/// Writes down where the widget may appear from now on.
pub(super) async fn origins(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    by: By,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "merchants");
    let merchant = find(&app, &id).await?;
    let after = typed.origins.split_whitespace().map(str::to_owned).collect();
    let (merchant_id, before) = (merchant.id.to_string(), merchant.origins.clone());
    let change = Change::Origins { merchant: merchant_id, before, after };
    match prepare(&app, &by, (&uri, desk.w), Ok(change)).await? {
        Ok(onward) => Ok(onward),
        Err(wrong) => page(&app, &by, desk, merchant, (Asked::default(), typed.wrong(wrong))).await,
    }
}

/// Writes down which pair of keys comes next, or which key counts no more.
pub(super) async fn keys(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    by: By,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "merchants");
    let merchant = find(&app, &id).await?;
    match prepare(&app, &by, (&uri, desk.w), typed.key_change(&merchant)).await? {
        Ok(onward) => Ok(onward),
        Err(wrong) => page(&app, &by, desk, merchant, (Asked::default(), typed.wrong(wrong))).await,
    }
}

/// What was typed, and what is wrong with it.
#[derive(Default, Deserialize)]
pub(super) struct Typed {
    /// One a line.
    #[serde(default)]
    pub(super) origins: String,
    /// What `merchant-server keys rotate --json` printed.
    #[serde(default)]
    pub(super) keys: String,
    #[serde(default)]
    pub(super) hours: String,
    /// The name of a key.
    #[serde(default)]
    revoke: String,
    #[serde(skip)]
    pub(super) wrong: Option<String>,
}

impl Typed {
    /// As it stands in the forms of a merchant of which nothing was typed.
    pub(super) fn of(merchant: &KnownMerchant) -> Self {
        Self { origins: merchant.origins.join("\n"), hours: HOURS.into(), ..Self::default() }
    }

    fn wrong(self, wrong: String) -> Self {
        Self { wrong: Some(wrong), ..self }
    }

    fn key_change(&self, known: &KnownMerchant) -> Result<Change, Unchanged> {
        let merchant = known.id.to_string();
        if !self.revoke.is_empty() {
            return Ok(Change::RevokeKey { merchant, kid: self.revoke.clone() });
        }
        let (verifying, sealing) = read_pair(self.keys.as_bytes()).map_err(Unchanged::Key)?;
        let pair = verifying.zip(sealing).ok_or_else(|| Unchanged::Key(String::new()))?;
        let hours = self.hours.trim().parse().ok().filter(|hours| *hours <= HOURS_MOST);
        Ok(Change::Keys {
            merchant,
            before: jws::key_id(&known.verifying_key),
            after: jws::key_id(&VerifyingKey::new(pair.0)),
            verifying: BASE64URL.encode(pair.0),
            sealing: BASE64URL.encode(pair.1),
            overlap_hours: hours.ok_or_else(|| Unchanged::Key(String::new()))?,
        })
    }
}

/// Longer than any Mark, Offer or Grant counts.
const HOURS: &str = "72";
const HOURS_MOST: u32 = 24 * 90;
