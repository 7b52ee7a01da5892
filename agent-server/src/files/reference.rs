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
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payout(row) => write!(f, "{PAYOUT}{row}"),
            Self::Bill(number, bill) => write!(f, "{BILL}{}-{bill}", number.compact()),
        }
    }
}

impl FromStr for Reference {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let read = match (text.strip_prefix(PAYOUT), text.strip_prefix(BILL)) {
            (Some(row), _) => Self::Payout(row.parse().map_err(|_| NotAnId)?),
            (_, Some(bill)) => {
                let (number, bill) = bill.split_once('-').ok_or(NotAnId)?;
                Self::Bill(number.parse()?, bill.parse().map_err(|_| NotAnId)?)
            }
            _ => return Err(NotAnId),
        };
        // One text for one reference: no sign, no zeros before it, no other spelling.
        if read.to_string() == text { Ok(read) } else { Err(NotAnId) }
    }
}

const PAYOUT: &str = "PAYOUT-";
const BILL: &str = "BILL-";
