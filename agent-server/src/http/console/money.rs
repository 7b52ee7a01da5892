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
use shared_protocol::{Currency, HandlingNumber, Problem};

use super::{
    desk::{Desk, money, stamp},
    guard::By,
};
use crate::{
    app::App,
    domain::{bank::Parked, objection::Reason, operator::Power, settlement::Payout, unavailable},
    files::Format,
    http::problem::Refused,
    store::{BillRow, ParkedLine, PayoutFile},
    texts,
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
    let mut files = Vec::new();
    for file in app.store.payout_files(AT_ONCE).await.map_err(unavailable)? {
        let is_released = app.store.is_released(&file.message).await.map_err(unavailable)?;
        files.push(FileLine::of(file, is_released));
    }
    let balances = app.store.balances().await.map_err(unavailable)?;
    // Accounts of one merchant or contract each are not for this page.
    let shared = balances.into_iter().filter(|(account, ..)| !account.contains(':'));
    let page = Payouts {
        batches: batches.into_iter().map(Batch::of).collect(),
        files,
        balances: shared.map(|(account, code, sum)| (account, balance(sum, &code))).collect(),
        formats: Format::ALL.map(Format::name),
        may_move: by.operator().role.may(Power::Money),
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
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
    let mut lines = Vec::new();
    for objection in app.store.objections().await.map_err(unavailable)?.into_iter().rev() {
        let kept = app.store.objected_to(&objection.handling_number).await.map_err(unavailable)?;
        lines.push(ObjectionLine {
            number: objection.handling_number.to_string(),
            merchant: objection.merchant,
            reason: desk.w.get(reason(objection.reason)),
            words: objection.words,
            at: stamp(objection.at),
            kept: kept.map(texts::amount),
        });
    }
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
    fn of(file: PayoutFile, is_released: bool) -> Self {
        Self {
            format: file.format.name(),
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
    is_paid: bool,
}

impl BillLine {
    fn of(bill: &BillRow, currency: Option<Currency>) -> Self {
        Self {
            number: bill.number,
            day: bill.day.to_string(),
            amount: currency.map(|currency| money(bill.minor, currency)).unwrap_or_default(),
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
    batches: Vec<Batch>,
    files: Vec<FileLine>,
    balances: Vec<(String, String)>,
    formats: [&'static str; 2],
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

const AT_ONCE: u32 = 50;
