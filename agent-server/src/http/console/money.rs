//! Settlements as operators see them: payouts and files for the bank, bills, lines of the bank's
//! that nothing matched, objections. What moves money is only proposed here.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, Query, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use shared_protocol::{Amount, Currency, HandlingNumber, Problem};

use super::{
    desk::{Desk, money, stamp},
    guard::By,
};
use crate::{
    app::App,
    domain::{
        bank::Parked,
        ledger::Account,
        objection::{Objection, Reason},
        operator::Power,
        settlement::Payout,
        unavailable,
    },
    files::Format,
    http::problem::Refused,
    store::{BillRow, ParkedLine, PayoutFile, ReturnedPayout},
    texts::{self, Words},
};

/// Payouts, and the files in which they went to the bank.
pub(super) async fn payouts(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "settlements");
    let batches = app.store.payouts(AT_ONCE).await.map_err(unavailable)?;
    let returned = app.store.returned_payouts(AT_ONCE).await.map_err(unavailable)?;
    let balances = balances(&app).await?.into_iter();
    let page = Payouts {
        returned: returned.into_iter().map(|back| BackLine::of(back, desk.w)).collect(),
        batches: batches.into_iter().map(Batch::of).collect(),
        files: files(&app).await?.into_iter().map(|file| FileLine::of(file, desk.w)).collect(),
        balances: balances
            .map(|(account, code, sum)| (desk.w.get(called(&account)), balance(sum, &code)))
            .collect(),
        formats: Format::ALL.map(|format| (format.name(), desk.w.get(written(format)))),
        may_move: by.operator().role.may(Power::Money),
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// The newest files, and whether two operators have let each out.
pub(in crate::http) async fn files(app: &App) -> Result<Vec<(PayoutFile, bool)>, Problem> {
    let mut files = Vec::new();
    for file in app.store.payout_files(AT_ONCE).await.map_err(unavailable)? {
        let is_released = app.store.is_released(&file.message).await.map_err(unavailable)?;
        files.push((file, is_released));
    }
    Ok(files)
}

/// What each of the agent's own accounts holds, in each currency.
pub(in crate::http) async fn balances(app: &App) -> Result<Vec<(Account, String, i64)>, Problem> {
    let all = app.store.balances().await.map_err(unavailable)?;
    let own = |(name, code, sum): (String, String, i64)| {
        let account = Account::OWN.into_iter().find(|account| account.to_string() == name)?;
        Some((account, code, sum))
    };
    Ok(all.into_iter().filter_map(own).collect())
}

/// An account of the agent's own, in words.
fn called(account: &Account) -> &'static str {
    match account {
        Account::Bank => "console.account_bank",
        Account::Suspense => "console.account_suspense",
        Account::MerchantFees => "console.account_merchant_fees",
        Account::PlanFees => "console.account_plan_fees",
        Account::BankCharges => "console.account_bank_charges",
        Account::Receivable(_) | Account::Billed(_) | Account::Deposit(_) => "console.contract",
        Account::Payable(_) => "console.merchant",
    }
}

/// How a file for the bank is written, in words.
fn written(format: Format) -> &'static str {
    match format {
        Format::Pain001 => "console.format_pain001",
        Format::Zengin => "console.format_zengin",
    }
}

/// Objections, newest first, with what the merchant keeps; `None`: it is resolved.
pub(in crate::http) async fn objected(
    app: &App,
) -> Result<Vec<(Objection, Option<Amount>)>, Problem> {
    let mut all = Vec::new();
    for objection in app.store.objections().await.map_err(unavailable)?.into_iter().rev() {
        let kept = app.store.objected_to(&objection.handling_number).await.map_err(unavailable)?;
        all.push((objection, kept));
    }
    Ok(all)
}

/// A file for the bank, once two operators have let it out; who fetches it is written down.
pub(super) async fn file(
    State(app): State<App>,
    Path(message): Path<String>,
    by: By,
) -> Result<Response, Refused> {
    let content = app.store.payout_file(&message).await.map_err(unavailable)?;
    let content = content.ok_or(Problem::NotFound)?;
    if !app.store.is_released(&message).await.map_err(unavailable)? {
        return Err(Problem::RoleNotAllowed.into());
    }
    by.notes(&app, "file-fetched", &message).await?;
    let name = format!("attachment; filename=\"{message}\"");
    let name = HeaderValue::from_str(&name).map_err(|_| Problem::NotFound)?;
    let mut answer = content.into_response();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_DISPOSITION, name);
    Ok(answer)
}

/// The bills of one purchase.
pub(super) async fn bills(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
    Query(typed): Query<Typed>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "settlements");
    let number: Option<HandlingNumber> = typed.number.trim().parse().ok();
    let (found, currency) = match &number {
        Some(number) => (
            app.store.bills(number).await.map_err(unavailable)?,
            app.store.currency_of(number).await.map_err(unavailable)?,
        ),
        None => (Vec::new(), None),
    };
    let page = Bills {
        wrong: number.is_none() && !typed.number.trim().is_empty(),
        number: number.map_or(typed.number, |number| number.to_string()),
        lines: found.iter().map(|bill| BillLine::of(bill, currency)).collect(),
        may_move: by.operator().role.may(Power::Money),
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// Lines of the bank's that nothing matched.
pub(super) async fn lines(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "settlements");
    let parked = app.store.parked_lines().await.map_err(unavailable)?;
    let line = |line: ParkedLine| ParkedRow {
        id: line.id,
        day: line.day.to_string(),
        amount: money(line.minor, line.currency),
        bank_key: line.bank_key,
        told: line.told,
        why: desk.w.get(why(line.why)),
    };
    let page = Lines {
        lines: parked.into_iter().map(line).collect(),
        may_move: by.operator().role.may(Power::Money),
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// What shoppers object to.
pub(super) async fn objections(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "settlements");
    let line = |(objection, kept): (Objection, Option<Amount>)| ObjectionLine {
        number: objection.handling_number.to_string(),
        merchant: objection.merchant,
        reason: desk.w.get(reason(objection.reason)),
        words: objection.words,
        at: stamp(objection.at),
        kept: kept.map(texts::amount),
    };
    let lines = objected(&app).await?.into_iter().map(line).collect();
    let page = Objections { lines, may_move: by.operator().role.may(Power::Money), desk };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

fn why(parked: Parked) -> &'static str {
    match parked {
        Parked::NoReference => "console.parked_no_reference",
        Parked::Unknown => "console.parked_unknown",
        Parked::OtherAmount => "console.parked_other_amount",
        Parked::OtherCurrency => "console.parked_other_currency",
        Parked::OtherDirection => "console.parked_other_direction",
        Parked::PaidBefore => "console.parked_paid_before",
        Parked::Reversal => "console.parked_reversal",
        Parked::Overpaid => "console.parked_overpaid",
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::NotMine => "reason.not_mine",
        Reason::NotReceived => "reason.not_received",
        Reason::NotAsDescribed => "reason.not_as_described",
        Reason::WrongAmount => "reason.wrong_amount",
        Reason::Other => "reason.other",
    }
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    number: String,
}

struct Batch {
    id: i64,
    merchant: String,
    amount: String,
    cutoff: String,
    pay_on: String,
}

impl Batch {
    fn of(payout: Payout) -> Self {
        Self {
            id: payout.id,
            merchant: payout.merchant.to_string(),
            amount: texts::amount(payout.amount),
            cutoff: stamp(payout.cutoff),
            pay_on: payout.pay_on.to_string(),
        }
    }
}

/// A payout that came back.
struct BackLine {
    id: i64,
    merchant: String,
    amount: String,
    reason: String,
    at: String,
    is_held: bool,
    /// How it goes on.
    next: String,
}

impl BackLine {
    fn of(back: ReturnedPayout, w: Words) -> Self {
        let next = match (back.is_held, back.again) {
            (true, _) => w.get("console.back_held").to_owned(),
            (false, None) => w.get("console.back_next").to_owned(),
            (false, Some(payout)) => {
                w.fill("console.back_again", &[("payout", payout.to_string().as_str())])
            }
        };
        Self {
            id: back.payout.id,
            merchant: back.payout.merchant.to_string(),
            amount: texts::amount(back.payout.amount),
            reason: back.reason,
            at: stamp(back.at),
            is_held: back.is_held,
            next,
        }
    }
}

fn balance(sum: i64, code: &str) -> String {
    code.parse().map(|currency| money(sum, currency)).unwrap_or_default()
}

struct FileLine {
    message: String,
    format: &'static str,
    day: String,
    total: String,
    payments: u64,
    is_released: bool,
}

impl FileLine {
    fn of((file, is_released): (PayoutFile, bool), w: Words) -> Self {
        Self {
            format: w.get(written(file.format)),
            day: file.day.to_string(),
            total: texts::amount(file.total),
            payments: file.payments,
            message: file.message,
            is_released,
        }
    }
}

struct BillLine {
    number: u32,
    day: String,
    amount: String,
    /// What was paid of it, and is open, where that is a part.
    part: Option<(String, String)>,
    is_paid: bool,
}

impl BillLine {
    fn of(bill: &BillRow, currency: Option<Currency>) -> Self {
        Self {
            number: bill.number,
            day: bill.day.to_string(),
            amount: currency.map(|currency| money(bill.minor, currency)).unwrap_or_default(),
            part: currency
                .filter(|_| bill.paid != 0 && !bill.is_paid)
                .map(|currency| (money(bill.paid, currency), money(bill.open(), currency))),
            is_paid: bill.is_paid,
        }
    }
}

struct ParkedRow {
    id: i64,
    day: String,
    amount: String,
    bank_key: String,
    told: String,
    why: &'static str,
}

struct ObjectionLine {
    number: String,
    merchant: String,
    reason: &'static str,
    words: String,
    at: String,
    /// What the merchant keeps; `None`: it is resolved.
    kept: Option<String>,
}

#[derive(Template)]
#[template(path = "console/payouts.html")]
struct Payouts<'a> {
    desk: Desk<'a>,
    returned: Vec<BackLine>,
    batches: Vec<Batch>,
    files: Vec<FileLine>,
    balances: Vec<(&'static str, String)>,
    /// What it is called in the form and on the page.
    formats: [(&'static str, &'static str); 2],
    may_move: bool,
}

#[derive(Template)]
#[template(path = "console/bills.html")]
struct Bills<'a> {
    desk: Desk<'a>,
    number: String,
    wrong: bool,
    lines: Vec<BillLine>,
    may_move: bool,
}

#[derive(Template)]
#[template(path = "console/lines.html")]
struct Lines<'a> {
    desk: Desk<'a>,
    lines: Vec<ParkedRow>,
    may_move: bool,
}

#[derive(Template)]
#[template(path = "console/objections.html")]
struct Objections<'a> {
    desk: Desk<'a>,
    lines: Vec<ObjectionLine>,
    may_move: bool,
}

/// So many of each are shown.
pub(in crate::http) const AT_ONCE: u32 = 50;
