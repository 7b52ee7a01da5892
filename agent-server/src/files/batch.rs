//! Payouts that go to the bank in one file: one currency, one day, from one account of ours.

use shared_protocol::{Amount, Currency, Date, Timestamp};

use super::{BankAccount, OwnBank, pain001, zengin};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// ISO 20022 pain.001.001.09
    Pain001,
    /// 全銀協 総合振込, records of 120 bytes
    Zengin,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Pain001, Self::Zengin];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pain001 => "pain001",
            Self::Zengin => "zengin",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether a payment to this account can be in such a file.
    ///
    /// # Errors
    /// [`BatchFault`] says why not.
    pub fn takes(self, to: &BankAccount, amount: Amount) -> Result<(), BatchFault> {
        match (self, to) {
            (Self::Zengin, BankAccount::Iban(_)) => Err(BatchFault::NotJapanese),
            (Self::Zengin, _) if amount.minor > zengin::AMOUNT_MAX => Err(BatchFault::Large),
            _ => Ok(()),
        }
    }
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The row of the payout.
    pub payout: i64,
    /// How much.
    pub amount: Amount,
    /// Where to.
    pub to: BankAccount,
}

/// What goes into a file.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// The file's own name, never used twice.
    pub message: String,
    /// When it was made.
    pub made: Timestamp,
    /// When the bank is to pay.
    pub day: Date,
    /// In which currency.
    pub currency: Currency,
    /// From which account.
    pub from: &'a OwnBank,
    /// To whom.
    pub payments: Vec<Payment>,
}

impl Batch<'_> {
    /// What all payments come to.
    ///
    /// # Errors
    /// [`BatchFault`] if there are none, in another currency, or beyond any amount.
    pub fn total(&self) -> Result<Amount, BatchFault> {
        if self.payments.is_empty() {
            return Err(BatchFault::Empty);
        }
        let nothing = Amount { minor: 0, currency: self.currency };
        let add = |sum: Amount, payment: &Payment| sum.plus(payment.amount);
        self.payments.iter().try_fold(nothing, add).ok_or(BatchFault::Sum)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`BatchFault`] if it cannot be written so.
    pub fn write(&self, format: Format) -> Result<Vec<u8>, BatchFault> {
        self.total()?;
        for payment in &self.payments {
            format.takes(&payment.to, payment.amount)?;
        }
        match format {
            Format::Pain001 => pain001::write(self),
            Format::Zengin => zengin::write(self),
        }
    }
}

/// Why payments cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum BatchFault {
    /// Nothing to pay.
    #[error("there is nothing to pay")]
    Empty,
    /// They do not add up to an amount of the file's currency.
    #[error("the payments are of several currencies, or too much")]
    Sum,
    /// Our own account is not in the settings.
    #[error("the settings name no account of ours for such files: [bank] {0}")]
    NoOwnAccount(&'static str),
    /// 総合振込 is within Japan.
    #[error("Zengin files are for accounts at Japanese banks")]
    NotJapanese,
    /// 総合振込 is in yen.
    #[error("Zengin files are in yen")]
    NotYen,
    /// More digits than a record has.
    #[error("a record of the Zengin format holds no such amount")]
    Large,
    /// More lines than a record can count, or than a bank takes.
    #[error("a file holds no more than {0} payments")]
    Many(usize),
    /// The writer of XML failed.
    #[error("the file cannot be written: {0}")]
    Xml(#[from] std::io::Error),
}
