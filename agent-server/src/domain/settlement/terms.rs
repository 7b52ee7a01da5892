//! On which terms a purchase is settled: what the merchant pays for being paid, and the shopper for
//! the plan, for any part of the amount. Each is a function of the part alone, so that many small
//! steps come to the same as one.

use shared_protocol::{Amount, BasisPoints, MerchantId, PurchaseId, Settlement};

/// What does not change while a purchase is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The purchase.
    pub purchase: PurchaseId,
    /// Which contract pays.
    pub contract: i64,
    /// Whom.
    pub merchant: MerchantId,
    /// What was granted.
    pub amount: Amount,
    /// What the shopper's plan costs for all of it.
    pub plan_fee: Amount,
    /// What the merchant pays, of what it keeps.
    pub fee_rate: BasisPoints,
}

impl Terms {
    /// What the plan costs for a part of the amount: rounded down, and all of it for the whole.
    pub fn plan_fee_of(&self, part: Amount) -> Amount {
        let whole = u128::from(self.amount.minor).max(1);
        share(part, u128::from(self.plan_fee.minor), whole)
    }

    /// What the merchant pays for a part of the amount, rounded down.
    pub fn merchant_fee_of(&self, part: Amount) -> Amount {
        share(part, u128::from(self.fee_rate.0), 10_000)
    }

    /// What a purchase holds of its contract's limit: what may still be asked of the shopper and
    /// was not paid yet.
    pub fn held(&self, settlement: Settlement, paid: u64) -> u64 {
        let part = settlement.open().minor + settlement.kept().minor;
        let part = Amount { minor: part, ..self.amount };
        (part.minor + self.plan_fee_of(part).minor).saturating_sub(paid)
    }

    /// What the shopper owes by now, as far as nothing is given back.
    pub fn owed(&self, settlement: Settlement) -> Amount {
        let kept = settlement.kept();
        Amount { minor: kept.minor + self.plan_fee_of(kept).minor, ..kept }
    }
}

/// `part` times one number divided by another, rounded down. Both factors are far below 2^64, and
/// the result is no more than a fee that was an amount, or than `part`.
fn share(part: Amount, times: u128, divided: u128) -> Amount {
    let minor = u128::from(part.minor) * times / divided;
    Amount { minor: u64::try_from(minor).unwrap_or(Amount::MINOR_MAX), ..part }
}
