//! A handling number as it is read out: each symbol with the word that people say for it on the
//! telephone.

use shared_protocol::{HandlingNumber, Locale};

/// Each of the twelve symbols, and what is said for it.
pub fn spelled(number: &HandlingNumber, locale: Locale) -> Vec<(char, &'static str)> {
    let said = |symbol: char| {
        let found = WORDS.iter().find(|(known, ..)| *known == symbol);
        (symbol, found.map_or("", |(_, ja, en)| locale.pick(ja, en)))
    };
    number.compact().chars().map(said).collect()
}

/// The symbols of Crockford's base 32: ITU-R spelling in English, the names of letters in Japanese.
const WORDS: [(char, &str, &str); 32] = [
    ('0', "ゼロ", "zero"),
    ('1', "いち", "one"),
    ('2', "に", "two"),
    ('3', "さん", "three"),
    ('4', "よん", "four"),
    ('5', "ご", "five"),
    ('6', "ろく", "six"),
    ('7', "なな", "seven"),
    ('8', "はち", "eight"),
    ('9', "きゅう", "nine"),
    ('A', "エー", "Alfa"),
    ('B', "ビー", "Bravo"),
    ('C', "シー", "Charlie"),
    ('D', "デー", "Delta"),
    ('E', "イー", "Echo"),
    ('F', "エフ", "Foxtrot"),
    ('G', "ジー", "Golf"),
    ('H', "エイチ", "Hotel"),
    ('J', "ジェー", "Juliett"),
    ('K', "ケー", "Kilo"),
    ('M', "エム", "Mike"),
    ('N', "エヌ", "November"),
    ('P', "ピー", "Papa"),
    ('Q', "キュー", "Quebec"),
    ('R', "アール", "Romeo"),
    ('S', "エス", "Sierra"),
    ('T', "ティー", "Tango"),
    ('V', "ブイ", "Victor"),
    ('W', "ダブリュー", "Whiskey"),
    ('X', "エックス", "X-ray"),
    ('Y', "ワイ", "Yankee"),
    ('Z', "ゼット", "Zulu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_has_a_word_of_its_own() {
        let mut rng = crate::entropy::Entropy::new();
        for _ in 0..50 {
            let number = HandlingNumber::random(&mut rng);
            for locale in Locale::ALL {
                let spelled = spelled(&number, locale);
                assert_eq!(spelled.len(), 12);
                assert!(spelled.iter().all(|(_, said)| !said.is_empty()), "{spelled:?}");
            }
        }
        for words in [WORDS.map(|(_, ja, _)| ja), WORDS.map(|(_, _, en)| en)] {
            let all: std::collections::BTreeSet<_> = words.into_iter().collect();
            assert_eq!(all.len(), WORDS.len());
        }
    }
}
