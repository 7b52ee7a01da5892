//! A movement of money, line by line as it is signed for.

use shared_protocol::{Amount, Currency};

use super::desk::money;
use crate::{
    domain::operator::{Movement, Turned},
    texts::{self, Words},
};

type Rows = Vec<(&'static str, String)>;

/// What it says, beside the names of it.
pub(super) fn rows(movement: Option<&Movement>, w: Words) -> Rows {
    let Some(movement) = movement else { return Vec::new() };
    let said = match movement {
        Movement::File { format, day, currency, minor, payments } => vec![
            ("console.amount", amount(*minor, currency)),
            ("console.payments", payments.len().to_string()),
            ("console.pay_on", day.clone()),
            ("console.format", format.clone()),
        ],
        Movement::Release { message, day, currency, minor, payments, digest } => vec![
            ("console.file", message.clone()),
            ("console.amount", amount(*minor, currency)),
            ("console.payments", payments.to_string()),
            ("console.pay_on", day.clone()),
            ("console.digest", digest.clone()),
        ],
        Movement::Bill { number, bill, minor, currency } => {
            [of_bill(number, *bill), vec![("console.amount", signed(*minor, currency))]].concat()
        }
        Movement::Line { bank_key, day, minor, currency, what, .. } => {
            parked((bank_key, day), signed(*minor, currency), turned(what, w))
        }
        Movement::Objection { number, resolution, minor, currency } => vec![
            ("console.number", number.clone()),
            ("console.resolution", w.get(resolved(resolution)).to_owned()),
            ("console.goes_back", amount(*minor, currency)),
        ],
    };
    said.into_iter().map(|(key, value)| (w.get(key), value)).collect()
}

fn parked((bank_key, day): (&str, &str), amount: String, turned: Rows) -> Rows {
    let known = [
        ("console.amount", amount),
        ("console.day", day.to_owned()),
        ("console.bank_key", bank_key.to_owned()),
    ];
    known.into_iter().chain(turned).collect()
}

/// The payments of a file: to whom, how much, to which account.
pub(super) fn payments(movement: Option<&Movement>) -> Vec<(String, String, String)> {
    let Some(Movement::File { currency, payments, .. }) = movement else { return Vec::new() };
    let line = |paid: &crate::domain::operator::PaidHere| {
        (paid.merchant.clone(), amount(paid.minor, currency), paid.to.clone())
    };
    payments.iter().map(line).collect()
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
        Turned::Charge => vec![is("console.turned_charge")],
        Turned::Against { line } => {
            vec![is("console.turned_against"), ("console.line", line.to_string())]
        }
    }
}

fn resolved(resolution: &str) -> &'static str {
    match resolution {
        "upheld" => "console.upheld",
        _ => "console.rejected",
    }
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
