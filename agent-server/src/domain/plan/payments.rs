//! How a price and a fee become monthly payments. Whole minor units, checked; what cannot be
//! divided evenly goes to the first payment, and only revolving ends with a smaller one.

use shared_protocol::{Amount, BasisPoints};

/// What falls due after one month, after two, …; nothing in some months.
pub type Months = Vec<u64>;

/// `rate` of `amount`, rounded down: in the shopper's favour.
pub fn part(amount: u64, rate: BasisPoints) -> Option<u64> {
    u64::try_from(u128::from(amount) * u128::from(rate.0) / 10_000).ok()
}

/// Price and fee; `None` beyond what an amount may be.
pub fn total(price: u64, fee: u64) -> Option<u64> {
    price.checked_add(fee).filter(|total| *total <= Amount::MINOR_MAX)
}

/// All of it after so many months.
pub fn at_once(total: u64, after: u16) -> Option<Months> {
    let mut months = vec![0; usize::from(after)];
    *months.last_mut()? = total;
    Some(months)
}

/// `count` equal payments; `None` if there is not one unit for each.
pub fn equal(total: u64, count: u8) -> Option<Months> {
    let count = u64::from(count);
    let each = total.checked_div(count).filter(|each| *each > 0)?;
    let mut months = vec![each; usize::try_from(count).ok()?];
    *months.first_mut()? += total % count;
    Some(months)
}

/// `count` equal payments of what is left after equal parts of `on_bonuses` were put on the months
/// in `bonuses` (1 is the first).
pub fn with_bonuses(total: u64, count: u8, on_bonuses: u64, bonuses: &[u16]) -> Option<Months> {
    let number = u64::try_from(bonuses.len()).ok()?;
    let each = on_bonuses.checked_div(number).filter(|each| *each > 0)?;
    let mut months = equal(total.checked_sub(each.checked_mul(number)?)?, count)?;
    for month in bonuses {
        let payment = months.get_mut(usize::from(month.checked_sub(1)?))?;
        *payment = payment.checked_add(each)?;
    }
    Some(months)
}

/// The same part of the price each month, and a month's interest on what was left before it,
/// rounded down. `None` beyond `most` months.
pub fn revolving(price: u64, principal: u64, rate: BasisPoints, most: usize) -> Option<Months> {
    let mut months = Vec::new();
    let mut left = price;
    while left > 0 {
        let interest = u128::from(left) * u128::from(rate.0) / (12 * 10_000);
        let paid = left.min(principal);
        months.push(paid.checked_add(u64::try_from(interest).ok()?)?);
        left -= paid;
        if months.len() > most || principal == 0 {
            return None;
        }
    }
    Some(months)
}
