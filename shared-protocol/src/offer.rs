//! The Offer: what the merchant sells, at what price and on what terms. Its total is a pure
//! function that browser, merchant and agent each compute for themselves.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::{
    Amount, BasisPoints, ItemId, Localized, MerchantId, PlanClass,
    codec::{self, Message as _, messages},
    place::Region,
    problem::Problem,
    role::Role,
    sign::{Statement, Verified},
    time::Timestamp,
};

/// Merchant-signed. Holds all that Japan's law wants on the last screen before the button
/// (特定商取引法 12条の6): quantity, price with charges, payment, delivery, period, withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Who offers.
    pub merchant: MerchantId,
    /// What, by the merchant's own name for it.
    pub item: ItemId,
    /// Its name.
    pub name: Localized,
    /// Detailed description (Fig 7).
    pub description: Localized,
    /// Specification (Fig 7), one line each.
    pub specification: Localized,
    /// How to use it (Fig 7).
    pub how_to_use: Localized,
    /// Where its picture is, below the merchant's server (`/warifu/v1/images/…`);
    /// for a merchant without one, at the agent: `/v1/pictures/` and its SHA-256, base64url.
    pub image: Option<String>,
    /// ① How many may be ordered.
    pub quantity: QuantityLimits,
    /// ② Price of one, tax included.
    pub unit_price: Amount,
    /// Rate of the tax that the price includes.
    pub tax_rate: BasisPoints,
    /// ② Physical goods: what delivery costs where. Intangible: how they arrive.
    pub delivery: DeliveryTerms,
    /// ③ When and how the shopper pays.
    pub payment_terms: Localized,
    /// ③ The plans that the merchant accepts, by class.
    pub plans: Vec<PlanClass>,
    /// ④ When the goods arrive.
    pub delivery_time: Localized,
    /// ⑤ Until when one may order.
    pub application_period: Localized,
    /// ⑥ Withdrawal, cancellation, return.
    pub withdrawal_terms: Localized,
    /// When it was signed.
    pub issued: Timestamp,
    /// Until when it may be taken up.
    pub expires: Timestamp,
}

// A whole Offer travels inside the payment half, with the quote of a plan, and the envelope ends at
// 8192 bytes.
messages! { Offer = "offer", 6_656; }

impl Statement for Offer {
    const SPEAKER: Role = Role::Merchant;
    const HEARER: Role = Role::Anyone;
    const BROKEN: Problem = Problem::OfferInvalid;
}

/// How many may be ordered at once, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantityLimits {
    /// At least this many, ≥ 1.
    pub min: u32,
    /// At most this many.
    pub max: u32,
}

/// How it gets to the shopper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryTerms {
    /// By a carrier; the first zone that contains the destination counts.
    Physical {
        /// What delivery costs where; a place in no zone is not delivered to.
        zones: Vec<ShippingZone>,
        /// Free of charge from this price of the goods on.
        free_from: Option<Amount>,
    },
    /// Nothing to carry: a download, a ticket, a service; arrives at the contact's e-mail address.
    Intangible,
}

/// Places that share a delivery charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingZone {
    /// Whole countries or parts of them.
    pub regions: Vec<Region>,
    /// The charge, tax included.
    pub fee: Amount,
}

/// Where a total is computed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// Goods carried there.
    Region(&'a Region),
    /// Nothing to carry.
    Intangible,
}

/// A price taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// All the goods.
    pub goods: Amount,
    /// Their delivery.
    pub shipping: Amount,
    /// Goods and delivery: what is paid.
    pub total: Amount,
    /// The tax that the total includes.
    pub tax: Amount,
}

impl Offer {
    /// What `quantity` of it costs, delivered to `destination`.
    ///
    /// # Errors
    /// [`Problem::QuantityOutOfRange`], [`Problem::NotDeliverable`],
    /// [`Problem::OfferInvalid`] if its own numbers do not add up.
    pub fn total(&self, quantity: u32, destination: Destination<'_>) -> Result<Total, Problem> {
        if quantity < self.quantity.min.max(1) || quantity > self.quantity.max {
            return Err(Problem::QuantityOutOfRange);
        }
        let goods = self.unit_price.times(quantity).ok_or(Problem::OfferInvalid)?;
        let shipping = self.shipping(goods, destination)?;
        let total = goods.plus(shipping).ok_or(Problem::OfferInvalid)?;
        let tax = total.tax_included(self.tax_rate).ok_or(Problem::OfferInvalid)?;
        Ok(Total { goods, shipping, total, tax })
    }

    /// Whether `amount` is the total of `quantity` somewhere. All that the agent can check, who
    /// does not learn where.
    pub fn may_cost(&self, quantity: u32, amount: Amount) -> bool {
        let costs = |destination| {
            self.total(quantity, destination).is_ok_and(|total| total.total == amount)
        };
        match &self.delivery {
            DeliveryTerms::Intangible => costs(Destination::Intangible),
            DeliveryTerms::Physical { zones, .. } => zones
                .iter()
                .flat_map(|zone| &zone.regions)
                .any(|region| costs(Destination::Region(region))),
        }
    }

    /// Whether all that the law wants is there and the numbers make sense.
    ///
    /// # Errors
    /// [`Problem::OfferInvalid`].
    pub fn check_complete(&self) -> Result<(), Problem> {
        let texts = [
            &self.name,
            &self.payment_terms,
            &self.delivery_time,
            &self.application_period,
            &self.withdrawal_terms,
        ];
        let sound = texts.into_iter().all(|text| !text.is_incomplete())
            && !self.plans.is_empty()
            && self.quantity.min >= 1
            && self.quantity.min <= self.quantity.max
            && self.unit_price.times(self.quantity.max).is_some()
            && self.issued < self.expires
            && self.charges().all(|charge| charge.currency == self.unit_price.currency)
            && codec::encode(self).len() <= Self::LEN_MAX;
        sound.then_some(()).ok_or(Problem::OfferInvalid)
    }

    /// The zones of physical delivery; none for intangible goods.
    pub fn zones(&self) -> &[ShippingZone] {
        match &self.delivery {
            DeliveryTerms::Physical { zones, .. } => zones,
            DeliveryTerms::Intangible => &[],
        }
    }

    /// All amounts besides the price.
    fn charges(&self) -> impl Iterator<Item = Amount> + '_ {
        let free_from = match &self.delivery {
            DeliveryTerms::Physical { free_from, .. } => *free_from,
            DeliveryTerms::Intangible => None,
        };
        self.zones().iter().map(|zone| zone.fee).chain(free_from)
    }

    fn shipping(&self, goods: Amount, destination: Destination<'_>) -> Result<Amount, Problem> {
        let free = Amount { minor: 0, currency: goods.currency };
        match (&self.delivery, destination) {
            (DeliveryTerms::Intangible, Destination::Intangible) => Ok(free),
            (DeliveryTerms::Physical { zones, free_from }, Destination::Region(place)) => {
                let zone = zones.iter().find(|zone| zone.regions.iter().any(|r| r.contains(place)));
                let fee = zone.ok_or(Problem::NotDeliverable)?.fee;
                let waived = free_from.is_some_and(|from| {
                    from.currency == goods.currency && goods.minor >= from.minor
                });
                Ok(if waived { free } else { fee })
            }
            _ => Err(Problem::NotDeliverable),
        }
    }
}

impl Verified<Offer> {
    /// Checks that it may still be taken up at `now`.
    ///
    /// # Errors
    /// [`Problem::OfferExpired`].
    pub fn check_open(&self, now: Timestamp) -> Result<(), Problem> {
        (now < self.expires).then_some(()).ok_or(Problem::OfferExpired)
    }
}
