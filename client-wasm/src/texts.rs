//! What the screens say: one constant per row of `www/texts.tsv` that the program names, then what
//! the protocol calls its fields and problems. A shopper reads one language, so the program
//! holds none: the module that starts it brings the table of the page's, and it fetches the other
//! when it is asked for it.

use std::cell::Cell;

use js_sys::{Function, Promise};
use shared_protocol::{Field, FieldProblem, Locale, Problem, fill, row};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;

use crate::page::global;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A text, by its row in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(u8);

impl Text {
    /// In this language, as it is.
    pub fn get(self, locale: Locale) -> &'static str {
        row(table(locale), usize::from(self.0))
    }

    /// In this language, each `{name}` replaced by its value.
    pub fn fill(self, locale: Locale, values: &[(&str, &str)]) -> String {
        fill(self.get(locale), values)
    }
}

/// The label of a field.
pub fn label(field: Field, locale: Locale) -> &'static str {
    row(table(locale), FIELDS + field as usize)
}

/// What is wrong with what was typed into a field.
pub fn wrong(problem: FieldProblem, field: Field, locale: Locale) -> String {
    let text = row(table(locale), FIELD_PROBLEMS + problem.place());
    problem.fill(text, label(field, locale))
}

/// Why something was not possible.
pub fn cause(problem: Problem, locale: Locale) -> &'static str {
    row(table(locale), PROBLEMS + problem.place())
}

/// Whether this language can be spoken already.
pub fn has(locale: Locale) -> bool {
    !table(locale).is_empty()
}

/// Gets the texts of a language from `boot.js`; whether they came.
pub async fn fetch(locale: Locale) -> bool {
    let ask = global("warifuTexts").and_then(|ask| ask.dyn_into::<Function>().ok());
    let asked = ask.and_then(|ask| ask.call1(&locale.tag().into(), &locale.tag().into()).ok());
    let Some(texts) = asked.and_then(|asked| asked.dyn_into::<Promise>().ok()) else {
        return false;
    };
    let came = JsFuture::from(texts).await.ok().and_then(|texts| texts.as_string());
    if let Some(texts) = came {
        TABLES.with(|tables| tables[locale as usize].set(texts.leak()));
    }
    has(locale)
}

thread_local! {
    static TABLES: [Cell<&'static str>; 2] = const { [Cell::new(""), Cell::new("")] };
}

fn table(locale: Locale) -> &'static str {
    // What a developer builds says them itself; what shoppers download has had them dropped.
    if cfg!(debug_assertions) {
        return locale.pick(JA, EN);
    }
    TABLES.with(|tables| tables[locale as usize].get())
}

const JA: &str = include_str!(concat!(env!("OUT_DIR"), "/ja.txt"));
const EN: &str = include_str!(concat!(env!("OUT_DIR"), "/en.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_and_values_are_not_read_again() {
        let values = [("shop", "{agent}"), ("agent", "Tsuzumi")];
        assert_eq!(THANKS_SIGNED.fill(Locale::En, &values), "{agent} and Tsuzumi");
        assert_eq!(
            CHECK_PLACE.fill(Locale::Ja, &[("amount", "¥3,850")]),
            "注文を確定する（¥3,850）"
        );
    }

    #[test]
    fn a_text_without_names_is_itself() {
        assert_eq!(PRODUCT_ORDER.fill(Locale::En, &[]), PRODUCT_ORDER.get(Locale::En));
    }

    #[test]
    fn fields_and_problems_are_called_as_the_protocol_calls_them() {
        for locale in Locale::ALL {
            for field in Field::ALL {
                assert_eq!(label(*field, locale), field.label(locale));
                let problem = FieldProblem::TooLong(7);
                assert_eq!(wrong(problem, *field, locale), problem.text(*field, locale));
            }
            for problem in Problem::ALL {
                assert_eq!(cause(*problem, locale), problem.text(locale));
            }
        }
    }
}
