//! Merchants, with their origins and all keys that they have or had.

use axum::{
    extract::{Path, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Serialize;
use shared_protocol::{Localized, Problem, Timestamp, jws};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{Merchant, merchant_keys::MerchantKey, unavailable},
    http::{
        api::{Served, get, kinds},
        keys::Named,
        merchants::{moment, unkept},
        problem::Refused,
        wire::merchant_id,
    },
};

pub(super) fn served() -> Vec<Served> {
    let list = get("/v1/operator/merchants", "api.console_merchants", list)
        .answers_json::<MerchantsJson>();
    let one = get("/v1/operator/merchants/{merchant}", "api.console_merchant", show)
        .at("merchant", kinds::MERCHANT)
        .answers_json::<MerchantStory>();
    vec![list, one]
}

async fn list(State(app): State<App>) -> Result<Response, Refused> {
    let all = app.store.merchants().await.map_err(unavailable)?;
    Ok(unkept(MerchantsJson { merchants: all.iter().map(MerchantJson::of).collect() }))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refused> {
    let known = app.store.known_merchant(&merchant_id(&id)?).await.map_err(unavailable)?;
    let known = known.ok_or(Problem::UnknownMerchant)?;
    let endpoint = app.store.endpoint(&known.id).await.map_err(unavailable)?;
    let account = app.store.merchant_account(&known.id).await.map_err(unavailable)?;
    let now = app.clock.now();
    Ok(unkept(MerchantStory {
        merchant: MerchantJson::of(&known),
        legal_notice: named(&known.legal_notice),
        server: known.server.clone(),
        plans: known.plans.iter().map(|class| class.name()).collect(),
        payout_class: known.payout_class.clone(),
        has_account: account.is_some(),
        webhooks_off_since: endpoint.disabled_at.map(moment),
        serial: known.serial,
        keys: known.keys().iter().map(|key| KeyJson::of(key, now)).collect(),
    }))
}

/// All merchants.
#[derive(Serialize, ToSchema)]
#[schema(as = Merchants)]
struct MerchantsJson {
    merchants: Vec<MerchantJson>,
}

/// A merchant in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = Merchant)]
struct MerchantJson {
    /// `mrc_…`
    id: String,
    /// As shoppers know it.
    name: Named,
    /// active, suspended or revoked
    status: &'static str,
    /// Until when its contract runs; without end, if it is not said.
    valid_until: Option<String>,
    /// Where its widget may appear.
    origins: Vec<String>,
}

/// A merchant with all that its Mark says.
#[derive(Serialize, ToSchema)]
struct MerchantStory {
    merchant: MerchantJson,
    /// Who sells.
    legal_notice: Named,
    /// Base URL of its server; empty: it has none.
    server: String,
    /// The classes of plan that its contract allows.
    plans: Vec<&'static str>,
    /// How it is paid out.
    payout_class: String,
    /// Whether it is known where it is paid.
    has_account: bool,
    /// Since when nothing is sent to it.
    webhooks_off_since: Option<String>,
    /// Counts the changes of what its Mark says.
    serial: u64,
    /// Newest first.
    keys: Vec<KeyJson>,
}

/// A merchant's pair of keys; both are public.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyOfMerchant)]
struct KeyJson {
    /// Its name.
    kid: String,
    /// current, old, retired or revoked
    state: &'static str,
    /// Ed25519, base64url.
    verifying_key: String,
    /// X25519, base64url.
    sealing_key: String,
    /// It counts from then on.
    from: String,
    /// Until before then.
    until: Option<String>,
}

impl MerchantJson {
    fn of(merchant: &Merchant) -> Self {
        Self {
            id: merchant.id.to_string(),
            name: named(&merchant.name),
            status: merchant.status.name(),
            valid_until: merchant.valid_until.map(moment),
            origins: merchant.origins.clone(),
        }
    }
}

impl KeyJson {
    fn of(key: &MerchantKey, now: Timestamp) -> Self {
        Self {
            kid: jws::key_id(&key.verifying),
            state: key.state(now),
            verifying_key: BASE64URL.encode(key.verifying.as_bytes()),
            sealing_key: BASE64URL.encode(key.sealing.as_bytes()),
            from: moment(key.from),
            until: key.until.map(moment),
        }
    }
}

fn named(text: &Localized) -> Named {
    Named { ja: text.ja.clone(), en: text.en.clone() }
}
