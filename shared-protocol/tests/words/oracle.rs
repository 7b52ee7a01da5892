//! What an order costs, said a second time: in 128 bits and without any of the crate's arithmetic.

use shared_protocol::{Amount, DeliveryTerms, Destination, Offer, Problem, Total};

/// As [`Offer::total`] should say.
pub fn total(offer: &Offer, quantity: u32, to: Destination<'_>) -> Result<Total, Problem> {
    let least = if offer.quantity.min == 0 { 1 } else { offer.quantity.min };
    if !(least..=offer.quantity.max).contains(&quantity) {
        return Err(Problem::QuantityOutOfRange);
    }
    let goods = u128::from(offer.unit_price.minor) * u128::from(quantity);
    fits(goods)?;
    let shipping = match (&offer.delivery, to) {
        (DeliveryTerms::Intangible, Destination::Intangible) => 0,
        (DeliveryTerms::Physical { zones, free_from }, Destination::Region(place)) => {
            let place = place.as_str();
            let covers = |region: &str| region == place || region == &place[..2];
            let fee = zones
                .iter()
                .find(|zone| zone.regions.iter().any(|region| covers(region.as_str())))
                .ok_or(Problem::NotDeliverable)?
                .fee;
            let is_free = free_from.is_some_and(|from| {
                from.currency == offer.unit_price.currency && goods >= u128::from(from.minor)
            });
            if !is_free && fee.currency != offer.unit_price.currency {
                return Err(Problem::OfferInvalid);
            }
            if is_free { 0 } else { u128::from(fee.minor) }
        }
        _ => return Err(Problem::NotDeliverable),
    };
    let total = goods + shipping;
    fits(total)?;
    let rate = u128::from(offer.tax_rate.0);
    let amount = |minor: u128| Amount {
        minor: u64::try_from(minor).unwrap(),
        currency: offer.unit_price.currency,
    };
    Ok(Total {
        goods: amount(goods),
        shipping: amount(shipping),
        total: amount(total),
        tax: amount(total * rate / (10_000 + rate)),
    })
}

fn fits(minor: u128) -> Result<(), Problem> {
    if minor < 1 << 53 { Ok(()) } else { Err(Problem::OfferInvalid) }
}
