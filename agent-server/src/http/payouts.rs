//! A merchant's own payouts, for whoever has its key or a token: which batches there were, and
//! which of its words each of them settles.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use serde::{Deserialize, Serialize};
use shared_protocol::{Date, MerchantId, Problem};
use utoipa::ToSchema;

use super::{
    api::{Group, Proof, Routes, get, kinds},
    events,
    merchants::{moment, payout_name},
    problem::Refused,
    token,
};
use crate::{
    app::App,
    domain::unavailable,
    store::{PaidWord, PayoutSums},
};

/// Its routes.
pub fn routes() -> Routes {
    let list = get("/v1/merchants/{merchant}/payouts", "api.own_payouts", list)
        .needs("from", kinds::DAY)
        .needs("until", kinds::DAY)
        .answers_json::<Payouts>();
    let show = get("/v1/merchants/{merchant}/payouts/{id}", "api.own_payout", show)
        .at("id", kinds::PAYOUT)
        .answers_json::<Paid>();
    let all = [list, show].map(|served| {
        let served = served.among(Group::Merchant).by(Proof::TokenOrSignature);
        served.refuses(&[Problem::WebhookInvalid])
    });
    all.into_iter().fold(Routes::new(), Routes::and)
}

/// Payouts, newest first; at most 1,000.
#[derive(Serialize, ToSchema)]
struct Payouts {
    payouts: Vec<PayoutJson>,
}

/// A payout, word by word.
#[derive(Serialize, ToSchema)]
#[schema(as = Paid)]
struct Paid {
    payout: PayoutJson,
    /// What it settles, oldest first.
    lines: Vec<PaidLine>,
}

/// A payout to the merchant. Money is in minor units of one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = Payout)]
struct PayoutJson {
    /// `pay_…`
    id: String,
    /// waiting, ordered, paid; or returned: the bank sent it back, and it is owed again
    state: &'static str,
    /// Why the bank sent it back, as AC04 (ISO 20022); empty where it named nothing.
    returned: Option<String>,
    /// `pay_…`, by which what came back is paid again.
    again: Option<String>,
    /// What is in it of payouts that came back.
    brought: i64,
    /// ISO 4217
    currency: String,
    /// What is paid.
    amount: u64,
    /// What was booked before this moment is in it.
    cutoff: String,
    /// On which day it is paid.
    pay_on: String,
    /// What was claimed.
    claimed: i64,
    /// What was given back.
    refunded: i64,
    /// Our fee; less than nothing: given back.
    fees: i64,
    /// How many words it settles.
    words: i64,
}

/// A word of the merchant's that is in a payout.
#[derive(Serialize, ToSchema)]
struct PaidLine {
    /// `pur_…`
    purchase: String,
    /// claim, refund; or upheld, where a shopper's objection was right
    kind: String,
    /// The merchant's own name for it.
    name: String,
    /// When it was booked.
    at: String,
    /// How much more was sold by it, or less.
    minor: i64,
    /// Our fee on that.
    fee: i64,
    /// What is paid of it.
    share: i64,
}

/// Paid from this day to that one.
#[derive(Deserialize)]
struct Days {
    from: String,
    until: String,
}

async fn list(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(Days { from, until }): Query<Days>,
    headers: HeaderMap,
) -> Result<Json<Payouts>, Refused> {
    let merchant = asked(&app, &id, &format!("{from} {until}"), &headers).await?;
    let day = |text: &str| text.parse::<Date>().map_err(|_| Problem::MalformedMessage);
    let found = app.store.payouts_of(&merchant, day(&from)?, day(&until)?).await;
    let payouts = found.map_err(unavailable)?.iter().map(PayoutJson::of).collect();
    Ok(Json(Payouts { payouts }))
}

async fn show(
    State(app): State<App>,
    Path((id, payout)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Paid>, Refused> {
    let merchant = asked(&app, &id, &payout, &headers).await?;
    let row = payout.strip_prefix("pay_").and_then(|row| row.parse().ok());
    let found = app.store.payout_of(&merchant, row.ok_or(Problem::NotFound)?).await;
    let (sums, words) = found.map_err(unavailable)?.ok_or(Problem::NotFound)?;
    let lines = words.iter().map(PaidLine::of).collect();
    Ok(Json(Paid { payout: PayoutJson::of(&sums), lines }))
}

/// Which merchant it is that asks for this, now: by its token, or by its signature.
async fn asked(
    app: &App,
    id: &str,
    what: &str,
    headers: &HeaderMap,
) -> Result<MerchantId, Problem> {
    let now = app.clock.now();
    let merchant: MerchantId = id.parse().map_err(|_| Problem::UnknownMerchant)?;
    let known = app.merchants.get(&merchant, now).await?;
    if token::is_shown(headers) {
        token::check(app, &merchant, headers).await?;
    } else {
        let agent = app.config.agent_id.as_str();
        let said = |time| format!("warifu payouts\n{agent}\n{merchant}\n{what}\n{time}");
        events::check(&known, headers, now, said)?;
    }
    Ok(merchant)
}

impl PayoutJson {
    fn of(sums: &PayoutSums) -> Self {
        let payout = &sums.payout;
        let paid = i64::try_from(payout.amount.minor).unwrap_or_default();
        Self {
            id: payout_name(payout.id),
            state: sums.state.name(),
            returned: sums.returned.clone(),
            again: sums.again.map(payout_name),
            brought: sums.brought,
            currency: payout.amount.currency.to_string(),
            amount: payout.amount.minor,
            cutoff: moment(payout.cutoff),
            pay_on: payout.pay_on.to_string(),
            claimed: sums.claimed,
            refunded: sums.refunded,
            fees: sums.claimed - sums.refunded - (paid - sums.brought),
            words: sums.words,
        }
    }
}

impl PaidLine {
    fn of(word: &PaidWord) -> Self {
        Self {
            purchase: word.purchase.to_string(),
            kind: word.kind.clone(),
            name: word.name.clone(),
            at: moment(word.at),
            minor: word.minor,
            fee: word.minor - word.share,
            share: word.share,
        }
    }
}
