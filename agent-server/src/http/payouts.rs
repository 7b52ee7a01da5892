//! A merchant's own payouts, for whoever has its key: which batches there were, and which of its
//! words each of them settles.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::HeaderMap,
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use shared_protocol::{Date, MerchantId, Problem};

use super::{events::check, problem::Refused};
use crate::{
    app::App,
    domain::unavailable,
    store::{PaidWord, PayoutSums},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/merchants/{id}/payouts", get(list))
        .route("/v1/merchants/{id}/payouts/{payout}", get(show))
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
) -> Result<Json<Value>, Refused> {
    let merchant = asked(&app, &id, &format!("{from} {until}"), &headers).await?;
    let day = |text: &str| text.parse::<Date>().map_err(|_| Problem::MalformedMessage);
    let found = app.store.payouts_of(&merchant, day(&from)?, day(&until)?).await;
    let found = found.map_err(unavailable)?;
    Ok(Json(json!({ "payouts": found.iter().map(shown).collect::<Vec<_>>() })))
}

async fn show(
    State(app): State<App>,
    Path((id, payout)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refused> {
    let merchant = asked(&app, &id, &payout, &headers).await?;
    let number: i64 = payout.parse().map_err(|_| Problem::NotFound)?;
    let found = app.store.payout_of(&merchant, number).await.map_err(unavailable)?;
    let (sums, words) = found.ok_or(Problem::NotFound)?;
    let lines: Vec<_> = words.iter().map(line).collect();
    Ok(Json(json!({ "payout": shown(&sums), "lines": lines })))
}

/// Which merchant it is that asks for this, now.
async fn asked(
    app: &App,
    id: &str,
    what: &str,
    headers: &HeaderMap,
) -> Result<MerchantId, Problem> {
    let now = app.clock.now();
    let merchant: MerchantId = id.parse().map_err(|_| Problem::UnknownMerchant)?;
    let known = app.merchants.get(&merchant, now).await?;
    let agent = app.config.agent_id.as_str();
    let said = |time| format!("warifu payouts\n{agent}\n{merchant}\n{what}\n{time}");
    check(&known, headers, now, said)?;
    Ok(merchant)
}

fn shown(sums: &PayoutSums) -> Value {
    let payout = &sums.payout;
    json!({
        // As text: the numbers are longer than JavaScript's are exact.
        "id": payout.id.to_string(),
        "currency": payout.amount.currency.code(),
        "amount": payout.amount.minor,
        "cutoff": payout.cutoff.as_secs(),
        "pay_on": payout.pay_on.to_string(),
        "claimed": sums.claimed,
        "refunded": sums.refunded,
        "fees": sums.claimed - sums.refunded - i64::try_from(payout.amount.minor).unwrap_or(0),
        "words": sums.words,
    })
}

fn line(word: &PaidWord) -> Value {
    json!({
        "purchase": word.purchase.to_string(),
        "kind": word.kind,
        "name": word.name,
        "at": word.at.as_secs(),
        "minor": word.minor,
        "fee": word.minor - word.share,
        "share": word.share,
    })
}
