//! Purchases, and one of them as the seed's steps 51–72 with the shapes of what was signed.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::{Deserialize, Serialize};
use shared_protocol::{Date, Problem, PurchaseState, Timestamp};
use utoipa::ToSchema;

use super::deliveries::WebhookJson;
use crate::{
    app::App,
    domain::{day, unavailable},
    http::{
        api::{Served, get, kinds},
        console::{
            purchases::STATES,
            steps::{Step, steps},
        },
        merchants::{moment, unkept},
        problem::Refused,
    },
    store::{EventsAsked, Found, PurchasesAsked, Shape},
};

pub(super) fn served() -> Vec<Served> {
    let list = get("/v1/operator/purchases", "api.console_purchases", list)
        .with("number", kinds::NUMBER)
        .with("merchant", kinds::MERCHANT)
        .with("state", kinds::STATE)
        .with("from", kinds::DAY)
        .with("to", kinds::DAY)
        .with("before", kinds::BEFORE)
        .answers_json::<FoundPurchases>();
    let one = get("/v1/operator/purchases/{id}", "api.console_purchase", show)
        .at("id", kinds::PURCHASE)
        .answers_json::<PurchaseStory>();
    vec![list, one]
}

/// Which are looked for; what is not given does not matter.
#[derive(Deserialize)]
struct Asked {
    number: Option<String>,
    merchant: Option<String>,
    state: Option<String>,
    from: Option<String>,
    to: Option<String>,
    before: Option<i64>,
}

impl Asked {
    fn read(&self, app: &App) -> Option<PurchasesAsked> {
        let zone = app.config.zone();
        let state = |name: &String| STATES.into_iter().find(|state| state.name() == name);
        let first = |text: &String| day::start(text.parse::<Date>().ok()?, &zone);
        let last = |text: &String| day::end(text.parse::<Date>().ok()?, &zone);
        Some(PurchasesAsked {
            number: read(&self.number, |text| text.parse().ok())?,
            id: None,
            merchant: read(&self.merchant, |text| text.parse().ok())?,
            state: read::<PurchaseState>(&self.state, state)?,
            from: read::<Timestamp>(&self.from, first)?,
            until: read::<Timestamp>(&self.to, last)?,
            before: self.before,
            most: AT_ONCE,
        })
    }
}

/// What was given, if it can be read.
fn read<T>(given: &Option<String>, how: impl Fn(&String) -> Option<T>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(text) => how(text).map(Some),
    }
}

async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response, Refused> {
    let asked = asked.read(&app).ok_or(Problem::MalformedMessage)?;
    let found = app.store.find_purchases(&asked).await.map_err(unavailable)?;
    let is_full = found.len() == AT_ONCE as usize;
    let next = found.last().filter(|_| is_full).map(|last| last.row.to_string());
    Ok(unkept(FoundPurchases { purchases: found.iter().map(FoundJson::of).collect(), next }))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refused> {
    let id = id.parse().map_err(|_| Problem::PurchaseUnknown)?;
    let known = app.store.purchase_and_number(&id).await.map_err(unavailable)?;
    let (purchase, found) = known.ok_or(Problem::PurchaseUnknown)?;
    let steps = steps(&app, &purchase, &found).await?;
    let shapes = app.store.shapes(purchase.row).await.map_err(unavailable)?;
    let asked = EventsAsked { purchase: Some(id), most: AT_ONCE, ..EventsAsked::default() };
    let told = app.store.events(&asked).await.map_err(unavailable)?;
    Ok(unkept(PurchaseStory {
        purchase: FoundJson::of(&found),
        total: purchase.total.minor,
        problem: purchase.problem.map(|problem| problem.code()),
        steps: steps.iter().map(StepJson::of).collect(),
        messages: shapes.iter().map(ShapeJson::of).collect(),
        webhooks: told.iter().map(WebhookJson::of).collect(),
    }))
}

/// Purchases, newest first, at most 100.
#[derive(Serialize, ToSchema)]
struct FoundPurchases {
    purchases: Vec<FoundJson>,
    /// What to ask for as `before` for older ones.
    next: Option<String>,
}

/// A purchase in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = FoundPurchase)]
struct FoundJson {
    /// `pur_…`
    id: String,
    /// The number that stands for it, if it was granted.
    handling_number: Option<String>,
    /// `mrc_…`
    merchant: String,
    /// granted, accepted, confirmed, declined, refused, cancelled or expired
    state: &'static str,
    /// What the agent stands for, in minor units.
    amount: u64,
    /// ISO 4217
    currency: String,
    /// When it was asked for.
    at: String,
}

/// A purchase with all that happened to it.
#[derive(Serialize, ToSchema)]
struct PurchaseStory {
    purchase: FoundJson,
    /// What the shopper pays, in minor units.
    total: u64,
    /// Why it was declined, as a code of ours.
    problem: Option<&'static str>,
    /// In the order of time.
    steps: Vec<StepJson>,
    /// What was signed, by its size: never what is in it.
    messages: Vec<ShapeJson>,
    /// What its merchant was told.
    webhooks: Vec<WebhookJson>,
}

/// One step of a purchase.
#[derive(Serialize, ToSchema)]
#[schema(as = Step)]
struct StepJson {
    /// As the seed numbers it, 51–72 or 151–164.
    number: &'static str,
    /// What happened, in a word.
    what: &'static str,
    /// How much, in minor units, where money is meant.
    amount: Option<u64>,
    /// On which day it will be, where that is known.
    day: Option<String>,
    /// When.
    at: String,
}

/// Something signed, by its size.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedShape)]
struct ShapeJson {
    /// Which message.
    name: &'static str,
    /// So many bytes, if there is one.
    bytes: Option<u64>,
    /// The beginning of its digest, hexadecimal.
    digest: String,
}

impl FoundJson {
    fn of(found: &Found) -> Self {
        Self {
            id: found.id.to_string(),
            handling_number: found.number.map(|number| number.to_string()),
            merchant: found.merchant.to_string(),
            state: found.state.name(),
            amount: found.amount.minor,
            currency: found.amount.currency.to_string(),
            at: moment(found.at),
        }
    }
}

impl StepJson {
    fn of(step: &Step) -> Self {
        Self {
            number: step.number,
            what: step.name(),
            amount: step.amount.map(|amount| amount.minor),
            day: step.day.map(|day| day.to_string()),
            at: moment(step.at),
        }
    }
}

impl ShapeJson {
    fn of(shape: &Shape) -> Self {
        let bytes = shape.bytes.and_then(|bytes| u64::try_from(bytes).ok());
        Self { name: shape.name, bytes, digest: shape.digest.clone() }
    }
}

const AT_ONCE: u32 = 100;
