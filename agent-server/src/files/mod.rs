//! Files that banks and accountants take: ISO 20022 `pain.001` and Zengin 総合振込 out, `camt.054`
//! in, the journal as CSV. Pure: no SQL, no clock; what cannot be written or is not what it must
//! be is refused, never guessed.

mod account;
mod batch;
mod books_csv;
mod camt054;
mod kana;
mod own;
mod pain001;
mod reference;
mod statement_csv;
#[cfg(test)]
mod tests;
mod xml;
mod zengin;

pub use account::{AccountFault, BankAccount, Deposit, Digits, IbanAccount, JapaneseAccount};
pub use batch::{Batch, BatchFault, Format, Payment};
pub use books_csv::{CsvLine, write_journal};
pub use camt054::{Line, Notice, NoticeFault, read_notice};
pub use kana::{Kana, KanaFault};
pub use own::OwnBank;
pub use reference::Reference;
pub use statement_csv::{signed, write_statement};
pub use xml::XmlFault;

use shared_protocol::{Amount, Currency};

/// An amount as banks write it: `3850` yen, `38.50` dollars.
pub fn decimal(minor: u64, currency: Currency) -> String {
    let places = u32::from(currency.exponent());
    let unit = 10_u64.pow(places);
    match places {
        0 => minor.to_string(),
        _ => format!(
            "{}.{:0width$}",
            minor / unit,
            minor % unit,
            width = usize::from(currency.exponent())
        ),
    }
}

/// Reads such an amount; `None` if it is none of this currency, nothing, or less.
pub fn amount(text: &str, currency: Currency) -> Option<Amount> {
    let places = usize::from(currency.exponent());
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // ISO 20022: 18 digits in all, 5 of them behind the point.
    let is_written_so = !whole.is_empty() && whole.len() + part.len() <= 18 && part.len() <= 5;
    if !(is_written_so && digits(whole) && digits(part)) {
        return None;
    }
    let (kept, beyond) = part.split_at(part.len().min(places));
    if beyond.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let minor = format!("{whole}{kept:0<places$}").parse().ok()?;
    Amount::new(minor, currency).filter(|amount| amount.minor > 0)
}
