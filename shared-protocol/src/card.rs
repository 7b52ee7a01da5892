//! Recognises a payment card's number in what was typed, so that it is refused before it leaves the
//! browser (TRUST.md, "If raw PAN is typed"). Never says which number it was.

use alloc::{string::String, vec::Vec};

use crate::field::{is_hyphen, is_unprintable};

/// The fewest digits of a card number.
pub(crate) const LEN_MIN: usize = 12;

/// Whether `shortest` to 19 digits, with anything but letters between them, pass the card networks'
/// Luhn test (ISO/IEC 7812-1).
pub(crate) fn holds_card_number(text: &str, shortest: usize) -> bool {
    let bare: String = text.chars().map(|c| if is_separator(c) { ' ' } else { c }).collect();
    bare.split(|c: char| c != ' ' && !c.is_ascii_digit()).any(|run| run_holds(run, shortest))
}

/// Whether some neighbouring groups of digits, joined, are a card number. Where other groups stand
/// around them, they must also begin and be as long as a card network's do, since house and
/// telephone numbers in a row pass Luhn's test one time in ten.
fn run_holds(run: &str, shortest: usize) -> bool {
    let groups: Vec<&str> = run.split(' ').filter(|group| !group.is_empty()).collect();
    (0..groups.len()).any(|from| {
        let mut digits = String::new();
        for (at, group) in groups.iter().enumerate().skip(from) {
            digits.push_str(group);
            let whole = from == 0 && at + 1 == groups.len();
            let likely = digits.starts_with(NETWORK_DIGITS) && digits.len() >= NETWORK_LEN_MIN;
            if digits.len() > LEN_MAX {
                break;
            }
            if (whole || likely) && digits.len() >= shortest && passes_luhn(&digits) {
                return true;
            }
        }
        false
    })
}

pub(crate) fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .map(|digit| u32::from(digit - b'0'))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

/// What people, or a trick, may put between the digits of one number.
fn is_separator(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric()
        || is_hyphen(c)
        || is_unprintable(c)
        || matches!(c, '\u{a0}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3003}')
        || matches!(c, '\u{3008}'..='\u{3020}' | '・')
}

const LEN_MAX: usize = 19;
const NETWORK_LEN_MIN: usize = 13;
const NETWORK_DIGITS: [char; 5] = ['2', '3', '4', '5', '6'];
