//! What is a merchant's own, as JSON for its own programs: a purchase with what came of its money,
//! a statement. Money is whole minor units; times are RFC 3339 in UTC.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::header::CACHE_CONTROL,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use shared_protocol::{Currency, Date, Problem, Timestamp};
use utoipa::ToSchema;

use super::{
    api::{Group, Proof, Routes, get, kinds},
    keys::Named,
    problem::Refused,
    token::ByToken,
};
use crate::{
    app::App,
    domain::{
        merchant_books::{self, Asked, OwnPurchase, OwnWord, Statement, Total},
        unavailable,
    },
};

/// Its routes.
pub fn routes() -> Routes {
    let purchase = get("/v1/merchants/{merchant}/purchases/{id}", "api.own_purchase", purchase)
        .by(Proof::Token)
        .at("id", kinds::PURCHASE)
        .answers_json::<PurchaseJson>();
    let statement = get("/v1/merchants/{merchant}/statement", "api.own_statement", statement)
        .by(Proof::Token)
        .needs("from", kinds::DAY)
        .needs("to", kinds::DAY)
        .with("currency", kinds::CURRENCY)
        .with("after", kinds::PLACE)
        .answers_json::<StatementJson>();
    let all = [purchase, statement].map(|served| served.among(Group::Merchant));
    all.into_iter().fold(Routes::new(), Routes::and)
}

async fn purchase(
    State(app): State<App>,
    ByToken(merchant): ByToken,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let id = id.parse().map_err(|_| Problem::PurchaseUnknown)?;
    let own = merchant_books::own_purchase(&app.store, &merchant, &id).await;
    let own = own.map_err(unavailable)?.ok_or(Problem::PurchaseUnknown)?;
    Ok(unkept(PurchaseJson::of(own)?))
}

/// For which days, in which currency, from where on.
#[derive(Deserialize)]
struct Days {
    from: String,
    to: String,
    currency: Option<String>,
    #[serde(default)]
    after: i64,
}

async fn statement(
    State(app): State<App>,
    ByToken(merchant): ByToken,
    Query(days): Query<Days>,
) -> Result<Response, Refused> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| Problem::MalformedMessage);
    let currency = days.currency.as_deref().map_or(Ok(Currency::JPY), str::parse);
    let currency = currency.map_err(|_| Problem::MalformedMessage)?;
    let asked = Asked { merchant, currency, from: day(&days.from)?, to: day(&days.to)? };
    let page = (days.after, LINES_MOST);
    let made = merchant_books::statement(&app.store, &app.config.zone(), asked, page).await;
    let made = made.map_err(unavailable)?.ok_or(Problem::MalformedMessage)?;
    Ok(unkept(StatementJson::of(made)))
}

/// As an answer that nobody keeps.
pub(super) fn unkept(json: impl Serialize) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(json)).into_response()
}

/// A purchase of the merchant's.
#[derive(Serialize, ToSchema)]
#[schema(as = Purchase)]
struct PurchaseJson {
    /// `pur_…`
    id: String,
    /// The number that stands for it.
    handling_number: Option<String>,
    /// granted, accepted, confirmed, refused, cancelled or expired
    state: &'static str,
    /// What was granted, in minor units.
    amount: u64,
    /// ISO 4217
    currency: String,
    /// How many.
    quantity: u32,
    /// The goods; empty where only their digest came.
    item: Named,
    /// What was claimed in all.
    claimed: u64,
    /// What was let go in all.
    voided: u64,
    /// What was given back in all.
    refunded: u64,
    /// What can still be claimed.
    open: u64,
    /// What was said of it once it was confirmed, in its order.
    words: Vec<WordJson>,
}

/// What was said of a purchase, and what it came to.
#[derive(Serialize, ToSchema)]
#[schema(as = Word)]
struct WordJson {
    /// `pur_…`
    purchase: String,
    /// shipment, claim, void, refund; or upheld, where a shopper's objection was right
    kind: String,
    /// The merchant's own name for it.
    name: String,
    /// By how much the merchant is owed more, or less, after our fee.
    share: i64,
    /// ISO 4217
    currency: String,
    /// What was claimed in all, after it.
    claimed: u64,
    /// What was let go in all, after it.
    voided: u64,
    /// What was given back in all, after it.
    refunded: u64,
    /// `pay_…`, once it is in a payout.
    payout: Option<String>,
    /// When.
    at: String,
}

/// The merchant's account with us for some days: `opening` and all that is `net` make `closing`.
#[derive(Serialize, ToSchema)]
#[schema(as = Statement)]
struct StatementJson {
    /// `mrc_…`
    merchant: String,
    /// ISO 4217
    currency: String,
    /// The first day.
    from: String,
    /// The last day.
    to: String,
    /// What the merchant was owed before.
    opening: i64,
    /// What it is owed after.
    closing: i64,
    /// What all entries of these days come to, by their kind.
    totals: Vec<TotalJson>,
    /// The entries, at most 1,000 at a time.
    lines: Vec<LineJson>,
    /// What to ask for as `after` for those that follow.
    next: Option<String>,
}

/// What entries of one kind come to.
#[derive(Serialize, ToSchema)]
#[schema(as = Total)]
struct TotalJson {
    /// claim, refund, upheld, payout, returned (a payout that came back) or payment
    kind: &'static str,
    /// Before our fee.
    gross: i64,
    /// Our fee.
    fee: i64,
    /// By how much the merchant is owed more, or less.
    net: i64,
}

/// One entry.
#[derive(Serialize, ToSchema)]
#[schema(as = Line)]
struct LineJson {
    /// Its number in the journal.
    entry: String,
    /// When.
    at: String,
    /// claim, refund, upheld, payout, returned (a payout that came back) or payment
    kind: &'static str,
    /// `pur_…`
    purchase: Option<String>,
    /// The number that stands for it.
    handling_number: Option<String>,
    /// The merchant's own name for its word.
    name: Option<String>,
    /// `pay_…`
    payout: Option<String>,
    /// Before our fee.
    gross: i64,
    /// Our fee.
    fee: i64,
    /// By how much the merchant is owed more, or less.
    net: i64,
}

impl PurchaseJson {
    fn of(own: OwnPurchase) -> Result<Self, Problem> {
        let OwnPurchase { purchase, settlement, words } = own;
        let grant = purchase.grant.as_ref().map(|grant| grant.claimed()).transpose()?;
        let money = settlement.unwrap_or(shared_protocol::Settlement::of(purchase.amount));
        let item = Named { ja: purchase.item.ja, en: purchase.item.en };
        Ok(Self {
            id: purchase.id.to_string(),
            handling_number: grant.map(|grant| grant.handling_number.to_string()),
            state: purchase.state.name(),
            amount: purchase.amount.minor,
            currency: purchase.amount.currency.to_string(),
            quantity: purchase.quantity,
            item,
            claimed: money.claimed().minor,
            voided: money.voided().minor,
            refunded: money.refunded().minor,
            open: money.open().minor,
            words: words.into_iter().map(WordJson::of).collect(),
        })
    }
}

impl WordJson {
    fn of(word: OwnWord) -> Self {
        Self {
            purchase: word.purchase.to_string(),
            kind: word.kind,
            name: word.name,
            share: word.share,
            currency: word.currency.to_string(),
            claimed: word.claimed.minor,
            voided: word.voided.minor,
            refunded: word.refunded.minor,
            payout: word.payout.map(payout_name),
            at: moment(word.at),
        }
    }
}

impl StatementJson {
    fn of(made: Statement) -> Self {
        let Statement { asked, opening, closing, totals, lines, next } = made;
        let total =
            |Total { kind, fee, net }| TotalJson { kind: kind.name(), gross: net + fee, fee, net };
        Self {
            merchant: asked.merchant.to_string(),
            currency: asked.currency.to_string(),
            from: asked.from.to_string(),
            to: asked.to.to_string(),
            opening,
            closing,
            totals: totals.into_iter().map(total).collect(),
            lines: lines.into_iter().map(LineJson::of).collect(),
            next: next.map(|entry| entry.to_string()),
        }
    }
}

impl LineJson {
    fn of(line: merchant_books::Line) -> Self {
        Self {
            entry: line.entry.to_string(),
            at: moment(line.at),
            kind: line.kind.name(),
            purchase: line.purchase.map(|id| id.to_string()),
            handling_number: line.number.map(|number| number.to_string()),
            name: line.name,
            payout: line.payout.map(payout_name),
            gross: line.net + line.fee,
            fee: line.fee,
            net: line.net,
        }
    }
}

pub(super) fn payout_name(row: i64) -> String {
    format!("pay_{row}")
}

pub(super) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default().to_string()
}

const LINES_MOST: u32 = 1000;
