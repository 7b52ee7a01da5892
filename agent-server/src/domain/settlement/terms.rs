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
        share(part, self.plan_fee, self.amount)
    }

    /// What the merchant pays for a part of the amount, rounded down.
    pub fn merchant_fee_of(&self, part: Amount) -> Amount {
        scaled(part, u128::from(self.fee_rate.0), 10_000)
    }

    /// What a purchase holds of its contract's limit: what may still be asked of the shopper and
    /// was not paid yet.
    pub fn held(&self, settlement: Settlement, paid: u64) -> u64 {
        most_owed(self.amount, self.plan_fee, settlement).minor.saturating_sub(paid)
    }

    /// What the shopper owes by now, as far as nothing is given back.
    pub fn owed(&self, settlement: Settlement) -> Amount {
        let kept = settlement.kept();
        Amount { minor: kept.minor + self.plan_fee_of(kept).minor, ..kept }
    }
}

/// What may be asked of the shopper at most: what is kept and what may still be claimed, and the
/// plan's fee for it.
pub fn most_owed(amount: Amount, plan_fee: Amount, settlement: Settlement) -> Amount {
    let minor = settlement.open().minor + settlement.kept().minor;
    let part = Amount { minor, ..amount };
    Amount { minor: minor + share(part, plan_fee, amount).minor, ..amount }
}

/// What the plan costs for a part of an amount.
fn share(part: Amount, plan_fee: Amount, amount: Amount) -> Amount {
    scaled(part, u128::from(plan_fee.minor), u128::from(amount.minor).max(1))
}

/// `part` times one number divided by another, rounded down. Both factors are far below 2^64, and
/// the result is no more than a fee that was an amount, or than `part`.
fn scaled(part: Amount, by: u128, divided: u128) -> Amount {
    let minor = u128::from(part.minor) * by / divided;
    Amount { minor: u64::try_from(minor).unwrap_or(Amount::MINOR_MAX), ..part }
}
