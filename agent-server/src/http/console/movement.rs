//! A movement of money, line by line as it is signed for.

use shared_protocol::{Amount, Currency, Problem};

use super::desk::money;
use crate::{
    app::App,
    domain::{
        operator::{Booked, Movement, Turned, Unmoved, kept_lines},
        unavailable,
    },
    files::Line,
    texts::{self, Words},
};

type Rows = Vec<(&'static str, String)>;

/// What it is.
pub(super) fn title(movement: Option<&Movement>, w: Words) -> &'static str {
    w.get(match movement {
        None => "console.movement_broken",
        Some(Movement::File { .. }) => "console.movement_file",
        Some(Movement::Release { .. }) => "console.movement_release",
        Some(Movement::Bill { .. }) => "console.movement_bill",
        Some(Movement::Line { .. }) => "console.movement_line",
        Some(Movement::Again { .. }) => "console.movement_again",
        Some(Movement::Objection { .. }) => "console.movement_objection",
        Some(Movement::Notice { .. }) => "console.movement_notice",
    })
}

/// What it says, beside the names of it.
pub(super) fn rows(movement: Option<&Movement>, w: Words) -> Rows {
    let Some(movement) = movement else { return Vec::new() };
    let said = match movement {
        Movement::File { format, day, currency, minor, payments } => {
            let paid = of_file(amount(*minor, currency), payments.len().to_string(), day);
            [paid, vec![("console.format", format.clone())]].concat()
        }
        Movement::Release { message, day, currency, minor, payments, digest } => {
            let paid = of_file(amount(*minor, currency), payments.to_string(), day);
            let file = [("console.file", message.clone()), ("console.digest", digest.clone())];
            [paid, file.into()].concat()
        }
        Movement::Bill { number, bill, minor, currency } => {
            [of_bill(number, *bill), vec![("console.amount", signed(*minor, currency))]].concat()
        }
        Movement::Line { bank_key, day, minor, currency, what, .. } => {
            parked((bank_key, day), signed(*minor, currency), turned(what, w))
        }
        Movement::Again { payout, merchant, minor, currency, to } => {
            again([&payout.to_string(), merchant, &amount(*minor, currency), to])
        }
        Movement::Objection { number, resolution, minor, currency } => {
            objection(number, resolved(resolution, w), amount(*minor, currency))
        }
        Movement::Notice { message, lines, sums, digest } => {
            notice([message, &lines.to_string(), digest], sums)
        }
    };
    said.into_iter().map(|(key, value)| (w.get(key), value)).collect()
}

/// A payment that came back and is to be made again.
fn again(values: [&str; 4]) -> Rows {
    let names = ["console.payout", "console.merchant", "console.amount", "console.account"];
    names.into_iter().zip(values.map(str::to_owned)).collect()
}

fn objection(number: &str, resolved: (&'static str, String), back: String) -> Rows {
    vec![("console.number", number.to_owned()), resolved, ("console.goes_back", back)]
}

fn notice([file, lines, digest]: [&str; 3], sums: &[Booked]) -> Rows {
    let ends = [("console.noticed", lines.to_owned()), ("console.digest", digest.to_owned())];
    let begins = [("console.file", file.to_owned())].into_iter();
    begins.chain(sums.iter().flat_map(booked)).chain(ends).collect()
}

/// What a notice comes to in one currency.
fn booked(sum: &Booked) -> [(&'static str, String); 2] {
    let of = |minor| signed(minor, &sum.currency);
    [("console.came_in", of(sum.credit)), ("console.went_out", of(sum.debit))]
}

fn parked((bank_key, day): (&str, &str), amount: String, turned: Rows) -> Rows {
    let known = [
        ("console.amount", amount),
        ("console.day", day.to_owned()),
        ("console.bank_key", bank_key.to_owned()),
    ];
    known.into_iter().chain(turned).collect()
}

/// The lines of a notice, as long as it is kept: when, how much, what was written beside it.
pub(super) async fn lines(
    app: &App,
    movement: Option<&Movement>,
) -> Result<Vec<(String, String, String)>, Problem> {
    let Some(Movement::Notice { digest, .. }) = movement else { return Ok(Vec::new()) };
    let lines = match kept_lines(app, digest).await {
        Ok(lines) => lines,
        Err(Unmoved::Store(fault)) => return Err(unavailable(fault)),
        // It can still be refused.
        Err(_) => Vec::new(),
    };
    let line = |line: &Line| {
        (line.day.to_string(), money(line.minor(), line.amount.currency), line.told.clone())
    };
    Ok(lines.iter().take(LINES_MOST).map(line).collect())
}

/// So many are shown; the digest is over all of them.
const LINES_MOST: usize = 200;

/// The payments of a file: to whom, how much, to which account.
pub(super) fn payments(movement: Option<&Movement>) -> Vec<(String, String, String)> {
    let Some(Movement::File { currency, payments, .. }) = movement else { return Vec::new() };
    let line = |paid: &crate::domain::operator::PaidHere| {
        (paid.merchant.clone(), amount(paid.minor, currency), paid.to.clone())
    };
    payments.iter().map(line).collect()
}

fn of_file(amount: String, payments: String, day: &str) -> Rows {
    let day = ("console.pay_on", day.to_owned());
    vec![("console.amount", amount), ("console.payments", payments), day]
}

fn of_bill(number: &str, bill: u32) -> Rows {
    vec![("console.number", number.to_owned()), ("console.bill", bill.to_string())]
}

fn turned(what: &Turned, w: Words) -> Rows {
    let is = |key| ("console.turned", w.get(key).to_owned());
    match what {
        Turned::Bill { number, bill } => {
            [is("console.turned_bill")].into_iter().chain(of_bill(number, *bill)).collect()
        }
        Turned::Payout { payout } => {
            vec![is("console.turned_payout"), ("console.payout", payout.to_string())]
        }
        Turned::Returned { reference } => {
            vec![is("console.turned_returned"), ("console.reference", reference.clone())]
        }
        Turned::Charge => vec![is("console.turned_charge")],
        Turned::Against { line } => {
            vec![is("console.turned_against"), ("console.line", line.to_string())]
        }
    }
}

fn resolved(resolution: &str, w: Words) -> (&'static str, String) {
    let key = if resolution == "upheld" { "console.upheld" } else { "console.rejected" };
    ("console.resolution", w.get(key).to_owned())
}

fn amount(minor: u64, currency: &str) -> String {
    let read = currency.parse::<Currency>().ok();
    let amount = read.and_then(|currency| Amount::new(minor, currency));
    amount.map_or_else(|| format!("{minor} {currency}"), texts::amount)
}

fn signed(minor: i64, currency: &str) -> String {
    let read = currency.parse::<Currency>();
    read.map_or_else(|_| format!("{minor} {currency}"), |currency| money(minor, currency))
}
