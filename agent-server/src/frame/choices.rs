//! What the form lets the shopper choose from, and the words of its fields: those of the shared
//! field table, so that the page and the program say the same.

use shared_protocol::{Field, Locale, Offer, Timestamp, prefectures};

use crate::{
    domain::{Merchant, plan::PlanRules},
    texts::{Words, plan_name},
};

/// One line of a list.
pub struct Choice<'a> {
    /// Its value in the form.
    pub code: &'a str,
    /// What the shopper reads.
    pub name: &'a str,
}

/// One way to pay.
pub struct Plan {
    /// Its value in the form: `single`, `times-3`, `revolving`, `bonus`, `bonus-times-6`.
    pub value: String,
    /// What the shopper reads.
    pub label: String,
}

/// The words of the form's fields in one language.
pub struct FormWords(pub Locale);

impl FormWords {
    /// The label of the field of this name.
    pub fn label(&self, name: &str) -> &'static str {
        Field::from_name(name).map_or("", |field| field.label(self.0))
    }

    /// Its `autocomplete` token.
    pub fn autocomplete(&self, name: &str) -> &'static str {
        Field::from_name(name).map_or("off", Field::autocomplete)
    }
}

/// The countries to which the Offer delivers, in its own order.
pub fn countries(offer: &Offer, w: Words) -> Vec<Choice<'_>> {
    let mut countries: Vec<Choice<'_>> = Vec::new();
    for region in offer.zones().iter().flat_map(|zone| &zone.regions) {
        let code = region.country();
        if !countries.iter().any(|known| known.code == code) {
            let name = if code == "JP" { w.get("country.jp") } else { code };
            countries.push(Choice { code, name });
        }
    }
    countries
}

/// Japan's prefectures.
pub fn regions(locale: Locale) -> Vec<Choice<'static>> {
    prefectures().map(|(code, ja, en)| Choice { code, name: locale.pick(ja, en) }).collect()
}

/// The ways to pay that Offer, merchant and rules allow for the least or the most that may be
/// ordered. What each costs, the quotes say.
pub fn plans(
    offer: &Offer,
    merchant: &Merchant,
    (rules, now): (&PlanRules, Timestamp),
    w: Words,
) -> Vec<Plan> {
    let least = offer.unit_price.times(offer.quantity.min);
    let delivery = offer.zones().iter().map(|zone| zone.fee).max_by_key(|fee| fee.minor);
    let most = offer.unit_price.times(offer.quantity.max);
    let most = most.and_then(|goods| delivery.map_or(Some(goods), |fee| goods.plus(fee)));
    let prices: Vec<_> = least.into_iter().chain(most).collect();
    let mut classes = offer.plans.clone();
    classes.retain(|class| merchant.takes(*class));
    let plans = rules.plans(&classes).into_iter();
    let may_be = |plan: &shared_protocol::Plan| {
        prices.iter().any(|price| rules.bill(*plan, *price, now).is_ok())
    };
    let plans = plans.filter(may_be);
    plans.map(|plan| Plan { value: plan.to_string(), label: plan_name(plan, w) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_page_is_one_of_the_shared_table() {
        let page = include_str!("../../../www/frame.html");
        let mut named = 0;
        for call in ["form.label(\"", "form.autocomplete(\""] {
            for rest in page.split(call).skip(1) {
                let name = rest.split('"').next().unwrap();
                assert!(Field::from_name(name).is_some(), "{name}");
                named += 1;
            }
        }
        assert!(named >= Field::ALL.len(), "only {named} were found");
    }
}
