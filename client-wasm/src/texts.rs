//! What the screens say, in both languages: one constant per row of `www/texts.tsv`.

use shared_protocol::{Locale, fill};

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A text in Japanese, a tab, and the text in English; `{name}` stands for a value. One address, as
/// it is handed around a hundred times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(&'static &'static str);

impl Text {
    /// In this language, as it is.
    pub fn get(self, locale: Locale) -> &'static str {
        let (ja, en) = self.0.split_once('\t').unwrap_or_default();
        locale.pick(ja, en)
    }

    /// In this language, each `{name}` replaced by its value.
    pub fn fill(self, locale: Locale, values: &[(&str, &str)]) -> String {
        fill(self.get(locale), values)
    }
}

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
}
