//! What the form lets the shopper choose from, and the words of its fields: those of the shared
//! field table, so that the page and the program say the same.

use shared_protocol::{Field, Locale, Offer, PlanClass, prefectures};

use crate::{domain::contract::accepts, texts::Words};

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
    /// Whether it is chosen at first.
    pub checked: bool,
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

/// The ways to pay that the Offer and this agent accept, the first of them chosen.
pub fn plans(offer: &Offer, w: Words) -> Vec<Plan> {
    let times = |prefix: &str, key: &'static str, counts: &[u8]| -> Vec<(String, String)> {
        let plan = |count: &u8| {
            let count = count.to_string();
            (format!("{prefix}{count}"), w.fill(key, &[("n", &count)]))
        };
        counts.iter().map(plan).collect()
    };
    let one = |value: &str, key| vec![(value.to_owned(), w.get(key).to_owned())];
    let accepted = offer.plans.iter().filter(|class| accepts(**class));
    let all = accepted.flat_map(|class| match class {
        PlanClass::Single => one("single", "plan.single"),
        PlanClass::Instalments => times("times-", "plan.times", &[3, 6, 12]),
        PlanClass::Revolving => one("revolving", "plan.revolving"),
        PlanClass::Bonus => one("bonus", "plan.bonus"),
        PlanClass::BonusInstalments => times("bonus-times-", "plan.bonus_times", &[6, 12]),
    });
    let choose = |(at, (value, label))| Plan { value, label, checked: at == 0 };
    all.enumerate().map(choose).collect()
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
