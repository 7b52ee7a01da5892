//! What the screens say, in both languages: one constant per row of `www/texts.tsv`
//! that the program names.

use shared_protocol::{Locale, fill, row};

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A text, by its row in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(u8);

impl Text {
    /// In this language, as it is.
    pub fn get(self, locale: Locale) -> &'static str {
        row(locale.pick(JA, EN), usize::from(self.0))
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
