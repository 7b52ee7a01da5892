//! A merchant's statement as its accountants take it: CSV (RFC 4180) with a header, a record for
//! each entry between what was owed before and what is owed after.

use jiff::tz::TimeZone;
use shared_protocol::Currency;

use super::decimal;
use crate::domain::merchant_books::{Line, Statement};

/// Writes the statement; times are those of this zone.
///
/// # Errors
/// [`csv::Error`]; never for lines of the journal.
pub fn write_statement(made: &Statement, zone: &TimeZone) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    let currency = made.asked.currency;
    let mut balance = made.opening;
    writer.write_record(edge("opening", made.asked.from.to_string(), balance, currency))?;
    for line in &made.lines {
        balance = balance.saturating_add(line.net);
        writer.write_record(record(line, balance, zone, currency))?;
    }
    writer.write_record(edge("closing", made.asked.to.to_string(), made.closing, currency))?;
    writer.into_inner().map_err(|fault| fault.into_error().into())
}

fn record(line: &Line, balance: i64, zone: &TimeZone, currency: Currency) -> Vec<String> {
    let at = jiff::Timestamp::from_second(line.at.as_secs()).unwrap_or_default();
    let at = at.to_zoned(zone.clone());
    let money = |minor: i64| signed(minor, currency);
    vec![
        line.entry.to_string(),
        at.strftime("%Y-%m-%d").to_string(),
        at.strftime("%H:%M:%S%:z").to_string(),
        line.kind.name().into(),
        line.number.as_ref().map(ToString::to_string).unwrap_or_default(),
        line.name.clone().unwrap_or_default(),
        line.payout.map(|row| format!("pay_{row}")).unwrap_or_default(),
        money(line.net.saturating_add(line.fee)),
        money(line.fee),
        money(line.net),
        money(balance),
        currency.to_string(),
    ]
}

fn edge(kind: &str, day: String, balance: i64, currency: Currency) -> Vec<String> {
    let mut record = vec![String::new(); COLUMNS.len()];
    record[1] = day;
    record[3] = kind.into();
    record[10] = signed(balance, currency);
    record[11] = currency.to_string();
    record
}

/// An amount that may be less than nothing.
pub fn signed(minor: i64, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}", decimal(minor.unsigned_abs(), currency))
}

const COLUMNS: [&str; 12] = [
    "entry", "date", "time", "kind", "purchase", "name", "payout", "gross", "fee", "net",
    "balance", "currency",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_nothing_has_its_sign_before_all_places() {
        let of = |code: &str, minor| signed(minor, code.parse().unwrap());
        assert_eq!((of("JPY", -3850), of("JPY", 0)), ("-3850".into(), "0".into()));
        assert_eq!((of("USD", -5), of("USD", 3850)), ("-0.05".into(), "38.50".into()));
    }
}
