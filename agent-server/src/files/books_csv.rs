//! The journal as accountants take it: CSV (RFC 4180) with a header, a record for each transfer.

use shared_protocol::{Amount, HandlingNumber, Timestamp};

use super::decimal;

/// A transfer with its entry.
#[derive(Clone, Debug)]
pub struct CsvLine {
    /// The entry's number.
    pub entry: i64,
    /// Which transfer of it.
    pub line: i64,
    /// When.
    pub at: Timestamp,
    /// Why, by name.
    pub kind: String,
    /// Of which purchase, if of one.
    pub handling_number: Option<HandlingNumber>,
    /// The account that is debited.
    pub debit: String,
    /// The account that is credited.
    pub credit: String,
    /// How much.
    pub amount: Amount,
}

/// Writes the lines; times are those of this zone.
///
/// # Errors
/// [`csv::Error`]; never for lines of the journal.
pub fn write_journal(lines: &[CsvLine], zone: &jiff::tz::TimeZone) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for line in lines {
        let at = jiff::Timestamp::from_second(line.at.as_secs()).unwrap_or_default();
        let at = at.to_zoned(zone.clone());
        let number = line.handling_number.as_ref().map(ToString::to_string);
        let record: [&str; COLUMNS.len()] = [
            &line.entry.to_string(),
            &line.line.to_string(),
            &at.strftime("%Y-%m-%d").to_string(),
            &at.strftime("%H:%M:%S%:z").to_string(),
            &line.kind,
            number.as_deref().unwrap_or_default(),
            &line.debit,
            &line.credit,
            &decimal(line.amount.minor, line.amount.currency),
            line.amount.currency.code(),
        ];
        writer.write_record(record)?;
    }
    writer.into_inner().map_err(|fault| fault.into_error().into())
}

const COLUMNS: [&str; 10] =
    ["entry", "line", "date", "time", "kind", "purchase", "debit", "credit", "amount", "currency"];
