//! The grammar of contract numbers as the agent issues them (契約番号, ¶44, ¶48): a letter, eleven
//! digits and a check digit, so that a slip of the finger is noticed; never a card's number.

use alloc::string::String;

use crate::{card, secret::ContractNumber};

impl ContractNumber {
    /// The number of these eleven digits, with its letter and check digit. `None` if the twelve
    /// digits would pass for a payment card's, lie in the range of demos (9000-0000-…), or are
    /// none.
    pub fn issue(digits: [u8; 11]) -> Option<Self> {
        let mut text = String::with_capacity(13);
        text.push(PREFIX);
        for digit in digits {
            text.push(char::from_digit(u32::from(digit), 10)?);
        }
        text.push(char::from(b'0' + check_digit(&digits)));
        let is_free = !card::passes_luhn(&text[1..]) && !text.starts_with(DEMO);
        is_free.then(|| Self::new(text))
    }

    /// Whether it ends in the check digit of the others (ISO/IEC 7064, MOD 11,10). Numbers of
    /// demos and those that operators enter by hand need none.
    pub fn has_check_digit(&self) -> bool {
        let text = self.expose().as_bytes();
        let Some((last, rest)) = text.split_last() else { return false };
        let digits = rest.get(1..).unwrap_or_default();
        let is_number = digits.len() == 11 && digits.iter().all(u8::is_ascii_digit);
        is_number && *last == b'0' + mod_11_10(digits.iter().map(|digit| digit - b'0'))
    }
}

fn check_digit(digits: &[u8]) -> u8 {
    mod_11_10(digits.iter().copied())
}

/// ISO/IEC 7064:2003 §9, the hybrid system MOD 11,10: finds every wrong digit and nearly every
/// swap of two neighbours.
fn mod_11_10(digits: impl Iterator<Item = u8>) -> u8 {
    let product = digits.fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10
}

/// The letter in front of all numbers that this product issues.
const PREFIX: char = 'C';
const DEMO: &str = "C90000000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_standard() {
        // ISO/IEC 7064's own example, and the German tax number's published one.
        assert_eq!(check_digit(&[0, 7, 9, 4]), 5);
        assert_eq!(check_digit(&[8, 6, 0, 9, 5, 7, 4, 2, 7, 1]), 9);
    }

    #[test]
    fn every_wrong_digit_is_noticed() {
        let number = ContractNumber::issue([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]).unwrap();
        assert!(number.has_check_digit());
        let text = number.expose();
        for at in 1..13 {
            for digit in "0123456789".chars().filter(|c| !text[at..].starts_with(*c)) {
                let mut wrong = String::from(text);
                wrong.replace_range(at..=at, digit.encode_utf8(&mut [0; 4]));
                assert!(!ContractNumber::new(wrong).has_check_digit(), "{at} {digit}");
            }
        }
        for text in ["", "C", "C1234", "C12345678901X", "123456789012"] {
            assert!(!ContractNumber::new(text).has_check_digit(), "{text}");
        }
    }

    #[test]
    fn no_number_is_a_cards_or_a_demos() {
        let mut refused = 0;
        for n in 0..2000_u64 {
            let mut digits = [0; 11];
            let mut rest = n * 7_919 + 12_345_678;
            for digit in digits.iter_mut().rev() {
                *digit = u8::try_from(rest % 10).unwrap();
                rest /= 10;
            }
            match ContractNumber::issue(digits) {
                Some(number) => assert!(!card::passes_luhn(&number.expose()[1..])),
                None => refused += 1,
            }
        }
        assert!((100..300).contains(&refused), "one in ten would pass for a card: {refused}");
        assert!(ContractNumber::issue([9, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]).is_none());
        assert!(ContractNumber::issue([10, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]).is_none());
    }
}
