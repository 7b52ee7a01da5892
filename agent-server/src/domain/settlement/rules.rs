//! What an operator sets about settlement: fees of merchants, and when they are paid.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared_protocol::{BasisPoints, MerchantId};

/// The operator's settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// What merchants pay of what they keep, in hundredths of a percent.
    pub fee: u16,
    /// The same for merchants who agreed on another one.
    pub fees: BTreeMap<String, u16>,
    /// Business days from the cut-off to the payout.
    pub payout_days: u8,
}

impl Default for Rules {
    fn default() -> Self {
        Self { fee: 300, fees: BTreeMap::new(), payout_days: 3 }
    }
}

impl Rules {
    /// What this merchant pays.
    pub fn fee_of(&self, merchant: &MerchantId) -> BasisPoints {
        BasisPoints(self.fees.get(merchant.as_str()).copied().unwrap_or(self.fee))
    }

    /// Whether nobody pays more than everything, and every name is a merchant's.
    pub fn are_sound(&self) -> bool {
        let is_merchant = |name: &String| name.parse::<MerchantId>().is_ok();
        self.fees.values().chain([&self.fee]).all(|fee| *fee <= 10_000)
            && self.fees.keys().all(is_merchant)
            && self.payout_days <= PAYOUT_DAYS_MAX
    }
}

const PAYOUT_DAYS_MAX: u8 = 60;
