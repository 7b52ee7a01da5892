//! What each account holds after so many entries.

use std::collections::BTreeMap;

use super::{Account, Entry};

/// Balances by account and currency: debits count up, credits count down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balances(BTreeMap<(Account, String), i128>);

impl Balances {
    /// Adds what an entry moves.
    pub fn add(&mut self, entry: &Entry) {
        for transfer in entry.transfers() {
            let amount = transfer.amount();
            let mut count = |account: &Account, by: i128| {
                let key = (account.clone(), amount.currency.code().to_owned());
                // 2^53 minor units in each of 2^64 entries stay below 2^127.
                *self.0.entry(key).or_default() += by;
            };
            count(transfer.debit(), i128::from(amount.minor));
            count(transfer.credit(), -i128::from(amount.minor));
        }
    }

    /// What an account holds in a currency.
    pub fn of(&self, account: &Account, currency: &str) -> i128 {
        self.0.get(&(account.clone(), currency.to_owned())).copied().unwrap_or_default()
    }

    /// All accounts that were ever touched.
    pub fn iter(&self) -> impl Iterator<Item = (&Account, &str, i128)> {
        self.0.iter().map(|((account, currency), sum)| (account, currency.as_str(), *sum))
    }

    /// What all accounts come to, for each currency: nothing.
    pub fn totals(&self) -> BTreeMap<&str, i128> {
        let mut totals = BTreeMap::new();
        for (_, currency, sum) in self.iter() {
            *totals.entry(currency).or_default() += sum;
        }
        totals
    }
}
