//! The effective yearly rate of a plan (実質年率): the rate at which its payments, each discounted
//! month by month to the closing day, are worth the price. It is the nominal rate of the law's
//! tables (割賦販売法施行規則 別表第一): twelve times the rate of one month.

use shared_protocol::BasisPoints;

/// The rate, to the nearest basis point, at which `months` (what falls due after one month, after
/// two, …) pays `price`. Whole numbers only. `None` where there is none below 655.35 %.
pub fn yearly_rate(price: u64, months: &[u64]) -> Option<BasisPoints> {
    let (mut low, mut high) = (0, RATE_MAX);
    if is_worth_more(months, high, price)? {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        match is_worth_more(months, middle, price)? {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    u16::try_from((low + STEPS / 2) / STEPS).ok().map(BasisPoints)
}

/// Whether the payments are worth more than the price at this rate (Horner's scheme from the last
/// month to the first).
fn is_worth_more(months: &[u64], rate: u128, price: u64) -> Option<bool> {
    let mut worth = 0_u128;
    for payment in months.iter().rev() {
        worth = worth.checked_add(u128::from(*payment).checked_mul(FRACTION)?)?;
        worth = worth.checked_mul(YEAR)? / (YEAR + rate);
    }
    Some(worth > u128::from(price).checked_mul(FRACTION)?)
}

/// Rates are tried in thousandths of a basis point.
const STEPS: u128 = 1000;
const RATE_MAX: u128 = 65_535 * STEPS;
/// Twelve months of 100 %.
const YEAR: u128 = 12 * 10_000 * STEPS;
/// Worths are kept in these parts of a minor unit: 2⁵³ of them, times `YEAR`, fit 128 bits.
const FRACTION: u128 = 100_000_000_000_000;
