//! What the bank says was booked on our account: a line is matched by our reference and only where
//! all of it agrees; anything else is parked in suspense until somebody decides. Pure.

use shared_protocol::{Amount, Currency, Digest, digest};

use super::ledger::{Account, Entry, Kind, Transfer};

/// Why a line is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// It bears no reference of ours, or more than one.
    NoReference,
    /// It bears one that we never gave.
    Unknown,
    /// Of another amount than what it refers to.
    OtherAmount,
    /// In another currency.
    OtherCurrency,
    /// It came in where it must go out, or the other way round.
    OtherDirection,
    /// What it refers to was paid before.
    PaidBefore,
    /// It takes back what was booked before.
    Reversal,
    /// It is what was too much for the bill that another line pays.
    Overpaid,
}

impl Parked {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NoReference,
        Self::Unknown,
        Self::OtherAmount,
        Self::OtherCurrency,
        Self::OtherDirection,
        Self::PaidBefore,
        Self::Reversal,
        Self::Overpaid,
    ];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoReference => "no_reference",
            Self::Unknown => "unknown_reference",
            Self::OtherAmount => "other_amount",
            Self::OtherCurrency => "other_currency",
            Self::OtherDirection => "other_direction",
            Self::PaidBefore => "paid_before",
            Self::Reversal => "reversal",
            Self::Overpaid => "overpaid",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parked| parked.name() == name)
    }
}

/// What a line refers to, as our books have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// What is to come in; what is to go out is less than nothing.
    pub minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// Whether the bank, or somebody here, has said so before.
    pub is_done: bool,
}

/// Whether a line of so much is what is due.
///
/// # Errors
/// [`Parked`] says what does not agree.
pub fn agrees(minor: i64, currency: Currency, due: Option<Due>) -> Result<(), Parked> {
    let due = due.ok_or(Parked::Unknown)?;
    if due.currency != currency {
        return Err(Parked::OtherCurrency);
    }
    if due.minor.signum() != minor.signum() {
        return Err(Parked::OtherDirection);
    }
    if due.minor != minor {
        return Err(Parked::OtherAmount);
    }
    if due.is_done { Err(Parked::PaidBefore) } else { Ok(()) }
}

/// How much of a line of so much pays a bill of which so much is open, and how much of it is too
/// much: less than the bill is a part of it. A credit is paid back as a whole.
///
/// # Errors
/// [`Parked`] says what does not agree.
pub fn pays(minor: i64, currency: Currency, due: Option<Due>) -> Result<(i64, i64), Parked> {
    match (agrees(minor, currency, due), due) {
        (Ok(()), _) => Ok((minor, 0)),
        (Err(Parked::OtherAmount), Some(due)) if due.minor > 0 && !due.is_done => {
            let paid = minor.min(due.minor);
            Ok((paid, minor - paid))
        }
        (Err(parked), _) => Err(parked),
    }
}

/// What a line turned out to be, by our reference or by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It pays a bill.
    Bill,
    /// It confirms that a merchant was paid.
    Payout,
    /// It confirms a transfer that went at once.
    Transfer,
    /// Another bank sends back a payout, or a transfer.
    Returned,
    /// It is the bank's own: a charge, or interest.
    Charge,
    /// It undoes another parked line.
    Against,
}

impl Match {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Bill, Self::Payout, Self::Transfer, Self::Returned, Self::Charge, Self::Against];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bill => "bill",
            Self::Payout => "payout",
            Self::Transfer => "transfer",
            Self::Returned => "returned",
            Self::Charge => "charge",
            Self::Against => "against",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.name() == name)
    }
}

/// The entry that parks a line of so much.
pub fn parking_entry(line: i64, minor: i64, currency: Currency) -> Option<Entry> {
    entry(PARKED, (Account::Bank, Account::Suspense), line, minor, currency)
}

/// The entry that takes it out of suspense; `None` where another line undoes it. What pays a bill,
/// confirms a payout or brings one back has its own entry at the bank: the parked one is taken
/// back.
pub fn resolving_entry(how: Match, line: i64, minor: i64, currency: Currency) -> Option<Entry> {
    let accounts = match how {
        Match::Bill | Match::Payout | Match::Transfer | Match::Returned => {
            (Account::Suspense, Account::Bank)
        }
        Match::Charge => (Account::Suspense, Account::BankCharges),
        Match::Against => return None,
    };
    entry(RESOLVED, accounts, line, minor, currency)
}

/// Forwards for what came in, backwards for what went out.
fn entry(
    purpose: &str,
    (debit, credit): (Account, Account),
    line: i64,
    minor: i64,
    currency: Currency,
) -> Option<Entry> {
    let amount = Amount::new(minor.unsigned_abs(), currency)?;
    let (debit, credit) = if minor > 0 { (debit, credit) } else { (credit, debit) };
    let transfer = Transfer::new(debit, credit, amount)?;
    Entry::new(Kind::Payment, None, line_digest(purpose, line), vec![transfer])
}

/// The reason of such an entry: which line it is.
fn line_digest(purpose: &str, line: i64) -> Digest {
    digest(purpose, &line.to_be_bytes())
}

const PARKED: &str = "line-parked";
const RESOLVED: &str = "line-resolved";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Balances;

    #[test]
    fn a_line_agrees_only_in_all() {
        let yen = Currency::JPY;
        let dollars = "USD".parse().unwrap();
        let due = |minor, is_done| Some(Due { minor, currency: yen, is_done });
        for (minor, currency, due, expected) in [
            (5, yen, due(5, false), Ok(())),
            (-5, yen, due(-5, false), Ok(())),
            (5, yen, None, Err(Parked::Unknown)),
            (5, dollars, due(5, false), Err(Parked::OtherCurrency)),
            (5, yen, due(-5, false), Err(Parked::OtherDirection)),
            (5, yen, due(6, false), Err(Parked::OtherAmount)),
            (5, yen, due(5, true), Err(Parked::PaidBefore)),
        ] {
            assert_eq!(agrees(minor, currency, due), expected);
        }
    }

    #[test]
    fn a_bill_takes_what_is_open_of_it_and_no_more() {
        let yen = Currency::JPY;
        let due = |minor, is_done| Some(Due { minor, currency: yen, is_done });
        for (minor, due, expected) in [
            (5, due(5, false), Ok((5, 0))),
            (3, due(5, false), Ok((3, 0))),
            (8, due(5, false), Ok((5, 3))),
            (8, due(5, true), Err(Parked::OtherAmount)),
            (5, due(5, true), Err(Parked::PaidBefore)),
            (-3, due(5, false), Err(Parked::OtherDirection)),
            (-3, due(-5, false), Err(Parked::OtherAmount)),
            (-5, due(-5, false), Ok((-5, 0))),
            (5, None, Err(Parked::Unknown)),
        ] {
            assert_eq!(pays(minor, yen, due), expected);
        }
    }

    #[test]
    fn what_is_resolved_has_left_suspense() {
        for minor in [7, -7] {
            for (how, bank, charges) in [
                (Match::Bill, 0, 0),
                (Match::Payout, 0, 0),
                (Match::Returned, 0, 0),
                (Match::Charge, minor, -minor),
            ] {
                let mut balances = Balances::default();
                balances.add(&parking_entry(1, minor, Currency::JPY).unwrap());
                assert_eq!(balances.of(&Account::Suspense, "JPY"), i128::from(-minor));
                balances.add(&resolving_entry(how, 1, minor, Currency::JPY).unwrap());
                assert_eq!(balances.of(&Account::Suspense, "JPY"), 0);
                assert_eq!(balances.of(&Account::Bank, "JPY"), i128::from(bank));
                assert_eq!(balances.of(&Account::BankCharges, "JPY"), i128::from(charges));
            }
            assert_eq!(resolving_entry(Match::Against, 1, minor, Currency::JPY), None);
        }
        assert_eq!(parking_entry(1, 0, Currency::JPY), None);
    }
}
