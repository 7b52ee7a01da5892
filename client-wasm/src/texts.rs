//! What the screens say, in both languages: one constant per row of `www/texts.tsv`.

use shared_protocol::Locale;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A text in Japanese and in English; `{name}` stands for a value. One address, as it is handed
/// around a hundred times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(&'static (&'static str, &'static str));

impl Text {
    /// In this language, as it is.
    pub const fn get(self, locale: Locale) -> &'static str {
        locale.pick(self.0.0, self.0.1)
    }

    /// In this language, each `{name}` replaced by its value. A value is never read again, so a
    /// shop called `{agent}` stays one.
    pub fn fill(self, locale: Locale, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = self.get(locale);
        while let Some((before, named)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, after)) = named.split_once('}') else { break };
            let value = values.iter().find(|(known, _)| *known == name);
            filled.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        filled.push_str(rest);
        filled
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
