//! What a shopper is billed for a purchase on a day: what has fallen due of what is owed by then,
//! less what was billed before. What was given back meanwhile becomes a credit.

use shared_protocol::{Amount, Digest, PurchaseId, Settlement, digest};

use super::Terms;
use crate::domain::ledger::{Account, Entry, Kind, Transfer};

impl Terms {
    /// What is to be billed once `scheduled` has fallen due and `billed` was billed: less than
    /// nothing where too much was.
    pub fn bill(&self, settlement: Settlement, scheduled: u64, billed: i64) -> i64 {
        let target = self.owed(settlement).minor.min(scheduled);
        i64::try_from(target).map_or(0, |target| target.saturating_sub(billed))
    }

    /// The entry of a bill, or of a credit; `None` for nothing.
    pub fn bill_entry(&self, amount: i64, number: u32) -> Option<Entry> {
        let accounts = (Account::Billed(self.contract), Account::Receivable(self.contract));
        self.entry(Kind::Bill, accounts, amount, number)
    }

    /// The entry of what was paid for a bill, or paid back; `None` for nothing.
    pub fn payment_entry(&self, amount: i64, number: u32) -> Option<Entry> {
        let accounts = (Account::Bank, Account::Billed(self.contract));
        self.entry(Kind::Payment, accounts, amount, number)
    }

    fn entry(
        &self,
        kind: Kind,
        (debit, credit): (Account, Account),
        amount: i64,
        number: u32,
    ) -> Option<Entry> {
        let minor = amount.unsigned_abs();
        let (debit, credit) = if amount > 0 { (debit, credit) } else { (credit, debit) };
        let transfer = Transfer::new(debit, credit, Amount { minor, ..self.amount })?;
        let because = bill_digest(self.purchase, number);
        Entry::new(kind, Some(self.purchase), because, vec![transfer])
    }
}

/// The reason of a bill's entries: which bill it is.
pub fn bill_digest(purchase: PurchaseId, number: u32) -> Digest {
    digest("bill", &[purchase.as_bytes().as_slice(), &number.to_be_bytes()].concat())
}
