//! The two languages of the product, and texts that exist in both.

use alloc::string::String;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::NotAnId;

/// A language of the product (BCP 47: `ja`, `en`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Locale {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Locale {
    /// Both, in the order of the language toggle.
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    /// Its BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The other one of a pair of texts.
    pub const fn pick<'a>(self, ja: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// A template, each `{name}` in it replaced by its value. A value is never read again, so a shop
/// called `{agent}` stays one.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
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

impl FromStr for Locale {
    type Err = NotAnId;

    /// Reads a BCP 47 tag by its primary language, so `ja-JP` is Japanese.
    fn from_str(tag: &str) -> Result<Self, NotAnId> {
        match tag.split(['-', '_']).next() {
            Some(language) if language.eq_ignore_ascii_case("ja") => Ok(Self::Ja),
            Some(language) if language.eq_ignore_ascii_case("en") => Ok(Self::En),
            _ => Err(NotAnId),
        }
    }
}

/// A public text in both languages (a shop's name, a withdrawal term).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Localized {
    /// The Japanese.
    pub ja: String,
    /// The English.
    pub en: String,
}

impl Localized {
    /// From both texts.
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }

    /// In this language.
    pub fn get(&self, locale: Locale) -> &str {
        locale.pick(&self.ja, &self.en)
    }

    /// Whether either text is blank.
    pub fn is_incomplete(&self) -> bool {
        self.ja.trim().is_empty() || self.en.trim().is_empty()
    }
}
