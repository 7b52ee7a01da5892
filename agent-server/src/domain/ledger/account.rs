//! The accounts. What shoppers owe and the bank are debited when they grow, what merchants are owed
//! and fees are credited.

use std::{fmt, str::FromStr};

use shared_protocol::{MerchantId, NotAnId};

/// An account of the agent's books.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What a shopper's contract owes and was not billed for yet, by the contract's row.
    Receivable(i64),
    /// What it was billed for and has not paid yet.
    Billed(i64),
    /// What is in a shopper's account at this bank, by the contract's row.
    Deposit(i64),
    /// What a merchant is owed.
    Payable(MerchantId),
    /// What merchants pay for being paid.
    MerchantFees,
    /// What shoppers pay for their plans.
    PlanFees,
    /// What the bank takes for its services, less what it gives.
    BankCharges,
    /// Money at the bank.
    Bank,
    /// Money that nobody has found the place of yet.
    Suspense,
}

impl Account {
    /// The accounts that are of no contract and no merchant.
    pub const OWN: [Self; 5] =
        [Self::Bank, Self::Suspense, Self::MerchantFees, Self::PlanFees, Self::BankCharges];
}

/// Its name in the database.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable(contract) => write!(f, "{RECEIVABLE}{contract}"),
            Self::Billed(contract) => write!(f, "{BILLED}{contract}"),
            Self::Deposit(contract) => write!(f, "{DEPOSIT}{contract}"),
            Self::Payable(merchant) => write!(f, "{PAYABLE}{merchant}"),
            Self::MerchantFees => f.write_str("fees:merchants"),
            Self::PlanFees => f.write_str("fees:plans"),
            Self::BankCharges => f.write_str("fees:bank"),
            Self::Bank => f.write_str("bank"),
            Self::Suspense => f.write_str("suspense"),
        }
    }
}

impl FromStr for Account {
    type Err = NotAnId;

    fn from_str(name: &str) -> Result<Self, NotAnId> {
        let contract = |text: &str| {
            let row: i64 = text.parse().map_err(|_| NotAnId)?;
            // One name for one account: no sign, no zeros before it.
            (row >= 0 && row.to_string() == text).then_some(row).ok_or(NotAnId)
        };
        if let Some(row) = name.strip_prefix(RECEIVABLE) {
            return contract(row).map(Self::Receivable);
        }
        if let Some(row) = name.strip_prefix(BILLED) {
            return contract(row).map(Self::Billed);
        }
        if let Some(row) = name.strip_prefix(DEPOSIT) {
            return contract(row).map(Self::Deposit);
        }
        if let Some(merchant) = name.strip_prefix(PAYABLE) {
            return merchant.parse().map(Self::Payable);
        }
        Self::OWN.into_iter().find(|account| account.to_string() == name).ok_or(NotAnId)
    }
}

const RECEIVABLE: &str = "receivable:";
const BILLED: &str = "billed:";
const DEPOSIT: &str = "deposit:";
const PAYABLE: &str = "payable:";
