//! Payouts and files for the bank, bills, lines of the bank's that nothing matched, objections.

use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::{Deserialize, Serialize};
use shared_protocol::{Amount, Problem};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{ledger::Account, objection::Objection, settlement::Payout, unavailable},
    http::{
        api::{Served, get, kinds},
        console::money::{AT_ONCE, balances, files, objected},
        merchants::{moment, payout_name, unkept},
        problem::Refused,
    },
    store::{BillRow, ParkedLine, PayoutFile},
};

pub(super) fn served() -> Vec<Served> {
    let settlements = get("/v1/operator/settlements", "api.console_settlements", settlements)
        .answers_json::<Settlements>();
    let bills = get("/v1/operator/bills", "api.console_bills", bills)
        .needs("number", kinds::NUMBER)
        .answers_json::<BillsJson>();
    let lines = get("/v1/operator/lines", "api.console_lines", lines).answers_json::<ParkedLines>();
    let objections = get("/v1/operator/objections", "api.console_objections", objections)
        .answers_json::<Objections>();
    vec![settlements, bills, lines, objections]
}

async fn settlements(State(app): State<App>) -> Result<Response, Refused> {
    let payouts = app.store.payouts(AT_ONCE).await.map_err(unavailable)?;
    let balance = |(account, currency, minor): (Account, String, i64)| {
        let account = account.to_string();
        Balance { account, currency, minor }
    };
    Ok(unkept(Settlements {
        payouts: payouts.iter().map(Batch::of).collect(),
        files: files(&app).await?.iter().map(FileJson::of).collect(),
        balances: balances(&app).await?.into_iter().map(balance).collect(),
    }))
}

/// Of which purchase.
#[derive(Deserialize)]
struct Asked {
    number: String,
}

async fn bills(
    State(app): State<App>,
    Query(Asked { number }): Query<Asked>,
) -> Result<Response, Refused> {
    let number = number.parse().map_err(|_| Problem::MalformedMessage)?;
    let found = app.store.bills(&number).await.map_err(unavailable)?;
    let currency = app.store.currency_of(&number).await.map_err(unavailable)?;
    Ok(unkept(BillsJson {
        currency: currency.map(|currency| currency.to_string()),
        bills: found.iter().map(BillJson::of).collect(),
    }))
}

async fn lines(State(app): State<App>) -> Result<Response, Refused> {
    let parked = app.store.parked_lines().await.map_err(unavailable)?;
    Ok(unkept(ParkedLines { lines: parked.into_iter().map(LineJson::of).collect() }))
}

async fn objections(State(app): State<App>) -> Result<Response, Refused> {
    let all = objected(&app).await?;
    Ok(unkept(Objections { objections: all.into_iter().map(ObjectionJson::of).collect() }))
}

/// How merchants are paid.
#[derive(Serialize, ToSchema)]
struct Settlements {
    /// Newest first, at most 50.
    payouts: Vec<Batch>,
    /// For the bank, newest first, at most 50.
    files: Vec<FileJson>,
    /// Of our own accounts: debits count up, credits count down.
    balances: Vec<Balance>,
}

/// What a merchant is paid.
#[derive(Serialize, ToSchema)]
#[schema(as = SettledPayout)]
struct Batch {
    /// `pay_…`
    id: String,
    /// `mrc_…`
    merchant: String,
    /// In minor units.
    amount: u64,
    /// ISO 4217
    currency: String,
    /// What was booked before this moment is in it.
    cutoff: String,
    /// On which day it is paid.
    pay_on: String,
}

/// A file for the bank.
#[derive(Serialize, ToSchema)]
#[schema(as = BankFile)]
struct FileJson {
    /// Its own name.
    message: String,
    /// pain001 or zengin
    format: &'static str,
    /// When the bank pays.
    day: String,
    /// What its payouts come to.
    amount: u64,
    /// ISO 4217
    currency: String,
    /// How many payments.
    payments: u64,
    /// Whether two operators have let it out.
    is_released: bool,
}

/// What an account holds.
#[derive(Serialize, ToSchema)]
struct Balance {
    /// Its name.
    account: String,
    /// ISO 4217
    currency: String,
    /// In minor units.
    minor: i64,
}

/// The bills of a purchase.
#[derive(Serialize, ToSchema)]
#[schema(as = Bills)]
struct BillsJson {
    /// ISO 4217
    currency: Option<String>,
    bills: Vec<BillJson>,
}

/// A bill.
#[derive(Serialize, ToSchema)]
#[schema(as = Bill)]
struct BillJson {
    /// 1, 2, 3 … of its purchase.
    number: u32,
    /// On which day it is paid.
    day: String,
    /// How much; less than nothing is a credit.
    minor: i64,
    /// Whether it was paid.
    is_paid: bool,
}

/// Lines of the bank's that nothing matched.
#[derive(Serialize, ToSchema)]
struct ParkedLines {
    lines: Vec<LineJson>,
}

/// A line of the bank's.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkedLine)]
struct LineJson {
    /// Its row.
    id: String,
    /// What the bank calls it.
    bank_key: String,
    /// When it was booked.
    day: String,
    /// How much; what went out is less than nothing.
    minor: i64,
    /// ISO 4217
    currency: String,
    /// What was written beside it.
    told: String,
    /// Why it was parked.
    why: &'static str,
}

/// What shoppers object to, newest first.
#[derive(Serialize, ToSchema)]
struct Objections {
    objections: Vec<ObjectionJson>,
}

/// An objection.
#[derive(Serialize, ToSchema)]
#[schema(as = Objection)]
struct ObjectionJson {
    /// Of the purchase.
    handling_number: String,
    /// `mrc_…`
    merchant: String,
    /// not-mine, not-received, not-as-described, wrong-amount or other
    reason: &'static str,
    /// In the shopper's own words; may be empty.
    words: String,
    /// When.
    at: String,
    /// What the merchant keeps, in minor units, while it is not resolved.
    kept: Option<u64>,
    /// ISO 4217
    currency: Option<String>,
}

impl Batch {
    fn of(payout: &Payout) -> Self {
        Self {
            id: payout_name(payout.id),
            merchant: payout.merchant.to_string(),
            amount: payout.amount.minor,
            currency: payout.amount.currency.to_string(),
            cutoff: moment(payout.cutoff),
            pay_on: payout.pay_on.to_string(),
        }
    }
}

impl FileJson {
    fn of((file, is_released): &(PayoutFile, bool)) -> Self {
        Self {
            message: file.message.clone(),
            format: file.format.name(),
            day: file.day.to_string(),
            amount: file.total.minor,
            currency: file.total.currency.to_string(),
            payments: file.payments,
            is_released: *is_released,
        }
    }
}

impl BillJson {
    fn of(bill: &BillRow) -> Self {
        let (number, day) = (bill.number, bill.day.to_string());
        Self { number, day, minor: bill.minor, is_paid: bill.is_paid }
    }
}

impl LineJson {
    fn of(line: ParkedLine) -> Self {
        Self {
            id: line.id.to_string(),
            bank_key: line.bank_key,
            day: line.day.to_string(),
            minor: line.minor,
            currency: line.currency.to_string(),
            told: line.told,
            why: line.why.name(),
        }
    }
}

impl ObjectionJson {
    fn of((objection, kept): (Objection, Option<Amount>)) -> Self {
        Self {
            handling_number: objection.handling_number.to_string(),
            merchant: objection.merchant,
            reason: objection.reason.name(),
            words: objection.words,
            at: moment(objection.at),
            kept: kept.map(|kept| kept.minor),
            currency: kept.map(|kept| kept.currency.to_string()),
        }
    }
}
