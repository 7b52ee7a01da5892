//! A movement of money, as it stands in a proposal: with all that decides, written out, so that who
//! approves it approves exactly this and nothing that has changed since.

use serde::{Deserialize, Serialize};
use shared_protocol::{Currency, Date, Digest, HandlingNumber, digest};

use crate::{domain::objection::Resolution, files::Format, store::TurnedOut};

/// What an operator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Draft {
    /// Put payouts that are in no file yet into one.
    File {
        /// How it is written.
        format: Format,
        /// Those in this currency.
        currency: Currency,
        /// Until this day; `None`: the first on which any is to be paid.
        day: Option<Date>,
    },
    /// Hand out a file that the command line made.
    Release {
        /// Its name.
        message: String,
    },
    /// Book that a bill was paid.
    Bill {
        /// Of this purchase.
        number: HandlingNumber,
        /// Which one.
        bill: u32,
    },
    /// Say what a parked line turned out to be.
    Line {
        /// Its row.
        line: i64,
        /// What it is.
        what: TurnedOut,
    },
    /// Pay a payout again that came back.
    Again {
        /// Its row.
        payout: i64,
    },
    /// Resolve an objection.
    Objection {
        /// To this purchase.
        number: HandlingNumber,
        /// Who is right.
        resolution: Resolution,
    },
    /// Read a notice of the bank's into the books.
    Notice {
        /// Of the file's bytes, hexadecimal: by it, it is kept.
        digest: String,
    },
}

/// The same with all that it comes to: its JSON is what passkeys sign for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "movement", rename_all = "kebab-case")]
pub enum Movement {
    /// A file of payouts for the bank.
    File {
        /// How it is written.
        format: String,
        /// On which day the bank pays.
        day: String,
        /// In which currency.
        currency: String,
        /// What they come to.
        minor: u64,
        /// Who is paid, and where.
        payments: Vec<PaidHere>,
    },
    /// A file that was made before.
    Release {
        /// Its name.
        message: String,
        /// On which day the bank pays.
        day: String,
        /// In which currency.
        currency: String,
        /// What it comes to.
        minor: u64,
        /// How many payments.
        payments: u64,
        /// Of the file's bytes, hexadecimal.
        digest: String,
    },
    /// A bill that was paid.
    Bill {
        /// Of this purchase.
        number: String,
        /// Which one.
        bill: u32,
        /// How much; a credit is less than nothing.
        minor: i64,
        /// In which currency.
        currency: String,
    },
    /// A parked line of the bank's.
    Line {
        /// Its row.
        line: i64,
        /// What the bank calls it.
        bank_key: String,
        /// When it was booked.
        day: String,
        /// How much; what went out is less than nothing.
        minor: i64,
        /// In which currency.
        currency: String,
        /// What it turned out to be.
        what: Turned,
    },
    /// A payout that came back and is paid again.
    Again {
        /// Its row.
        payout: i64,
        /// Who is paid.
        merchant: String,
        /// How much.
        minor: u64,
        /// In which currency.
        currency: String,
        /// To which account.
        to: String,
    },
    /// An objection.
    Objection {
        /// To this purchase.
        number: String,
        /// `upheld` or `rejected`.
        resolution: String,
        /// What goes back if it is upheld.
        minor: u64,
        /// In which currency.
        currency: String,
    },
    /// A notice of the bank's.
    Notice {
        /// What the bank calls it.
        message: String,
        /// How many lines.
        lines: u64,
        /// What they come to.
        sums: Vec<Booked>,
        /// Of the file's bytes, hexadecimal.
        digest: String,
    },
}

/// What the bank booked in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    /// Which.
    pub currency: String,
    /// What came in.
    pub credit: i64,
    /// What went out; less than nothing.
    pub debit: i64,
}

/// One payment of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidHere {
    /// The payout's row.
    pub payout: i64,
    /// Who is paid.
    pub merchant: String,
    /// How much.
    pub minor: u64,
    /// To which account.
    pub to: String,
}

/// What a parked line turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Turned {
    /// It pays a bill.
    Bill {
        /// Of this purchase.
        number: String,
        /// Which one.
        bill: u32,
    },
    /// It confirms a payout.
    Payout {
        /// Which one.
        payout: i64,
    },
    /// It brings back a payout, or a transfer.
    Returned {
        /// By our reference.
        reference: String,
    },
    /// A charge of the bank's, or interest.
    Charge,
    /// It undoes another line, or is undone by it.
    Against {
        /// Which one.
        line: i64,
    },
}

impl Movement {
    /// As it is kept, and signed for.
    ///
    /// # Panics
    /// Never: numbers and texts always become JSON.
    pub fn written(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts become JSON")
    }

    /// The digest of what is kept.
    pub fn digest(written: &str) -> Digest {
        digest("proposal", written.as_bytes())
    }

    /// Its name, for what is written down.
    pub fn name(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Release { .. } => "release",
            Self::Bill { .. } => "bill",
            Self::Line { .. } => "line",
            Self::Again { .. } => "again",
            Self::Objection { .. } => "objection",
            Self::Notice { .. } => "notice",
        }
    }

    /// What was asked for; `None` if it is not one that this program writes.
    pub fn draft(&self) -> Option<Draft> {
        Some(match self {
            Self::File { format, day, currency, .. } => Draft::File {
                format: Format::from_name(format)?,
                currency: currency.parse().ok()?,
                day: Some(day.parse().ok()?),
            },
            Self::Release { message, .. } => Draft::Release { message: message.clone() },
            Self::Bill { number, bill, .. } => {
                Draft::Bill { number: number.parse().ok()?, bill: *bill }
            }
            Self::Line { line, what, .. } => Draft::Line { line: *line, what: what.as_said()? },
            Self::Again { payout, .. } => Draft::Again { payout: *payout },
            Self::Objection { number, resolution, .. } => Draft::Objection {
                number: number.parse().ok()?,
                resolution: Resolution::from_name(resolution)?,
            },
            Self::Notice { digest, .. } => Draft::Notice { digest: digest.clone() },
        })
    }
}

impl Turned {
    /// As it is written down.
    pub fn of(what: &TurnedOut) -> Self {
        match what {
            TurnedOut::Bill(number, bill) => Self::Bill { number: number.to_string(), bill: *bill },
            TurnedOut::Payout(payout) => Self::Payout { payout: *payout },
            TurnedOut::Returned(what) => Self::Returned { reference: what.to_string() },
            TurnedOut::Charge => Self::Charge,
            TurnedOut::Against(line) => Self::Against { line: *line },
        }
    }

    fn as_said(&self) -> Option<TurnedOut> {
        Some(match self {
            Self::Bill { number, bill } => TurnedOut::Bill(number.parse().ok()?, *bill),
            Self::Payout { payout } => TurnedOut::Payout(*payout),
            Self::Returned { reference } => TurnedOut::Returned(reference.parse().ok()?),
            Self::Charge => TurnedOut::Charge,
            Self::Against { line } => TurnedOut::Against(*line),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_what_was_asked_for() {
        let number = "H7K2-9QMD-4VX8";
        let number: Option<HandlingNumber> = number.parse().ok();
        let line = Movement::Line {
            line: 7,
            bank_key: "K".into(),
            day: "2026-12-28".into(),
            minor: -5,
            currency: "JPY".into(),
            what: Turned::of(&TurnedOut::Against(8)),
        };
        let written = line.written();
        assert_eq!(serde_json::from_str::<Movement>(&written).unwrap(), line);
        assert_eq!(line.draft(), Some(Draft::Line { line: 7, what: TurnedOut::Against(8) }));
        let other = written.replace("-5", "-6");
        assert_ne!(Movement::digest(&written), Movement::digest(&other));
        if let Some(number) = number {
            let bill = TurnedOut::Bill(number, 2);
            assert_eq!(Turned::of(&bill).as_said(), Some(bill));
        }
    }
}
