//! Our references: what is written beside a payment so that the bank's word of it can be matched.
//! They are read only exactly as they are written.

use std::{fmt, str::FromStr};

use shared_protocol::{HandlingNumber, NotAnId};

/// What a payment is for. Its text has 35 characters at most (ISO 20022 Max35Text).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A batch by which a merchant is paid, by its row.
    Payout(i64),
    /// A bill: of which purchase, and which bill of it.
    Bill(HandlingNumber, u32),
    /// A transfer that went at once: of which purchase.
    Transfer(HandlingNumber),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payout(row) => write!(f, "{PAYOUT}{row}"),
            Self::Bill(number, bill) => write!(f, "{BILL}{}-{bill}", number.compact()),
            Self::Transfer(number) => write!(f, "{TRANSFER}{}", number.compact()),
        }
    }
}

impl FromStr for Reference {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let read = if let Some(row) = text.strip_prefix(PAYOUT) {
            Self::Payout(row.parse().map_err(|_| NotAnId)?)
        } else if let Some(bill) = text.strip_prefix(BILL) {
            let (number, bill) = bill.split_once('-').ok_or(NotAnId)?;
            Self::Bill(number.parse()?, bill.parse().map_err(|_| NotAnId)?)
        } else {
            Self::Transfer(text.strip_prefix(TRANSFER).ok_or(NotAnId)?.parse()?)
        };
        // One text for one reference: no sign, no zeros before it, no other spelling.
        if read.to_string() == text { Ok(read) } else { Err(NotAnId) }
    }
}

const PAYOUT: &str = "PAYOUT-";
const BILL: &str = "BILL-";
const TRANSFER: &str = "TRANSFER-";
