//! The contracts that a demo begins with (EXPERIENCE.md §5): fictional, none of them Luhn-valid.

use shared_protocol::{Amount, Currency, Span};

/// A contract to try, and what happens with it.
#[derive(Clone, Copy, Debug)]
pub struct DemoContract {
    /// Its number, a letter and twelve digits.
    pub number: &'static str,
    /// Where its letters go.
    pub email: &'static str,
    /// How much may be owed at once.
    pub limit: Amount,
    /// Until when it runs, from the start of the demo; negative: it has lapsed.
    pub runs: Span,
    /// How long the agent takes to answer for it.
    pub delay: Span,
    /// What it shows: a key of the product's texts.
    pub shows: &'static str,
}

/// Those of this landing. `C-9000-0000-0007` and `-0008` (bank: balance short, bank closed) and
/// `-0009` (passkey enrolled) are reserved for what is to come.
pub fn contracts() -> impl Iterator<Item = &'static DemoContract> {
    CONTRACTS.iter()
}

impl DemoContract {
    /// As people write it: "C-9000-0000-0001".
    pub fn written(&self) -> String {
        let groups = [0..1, 1..5, 5..9, 9..13].map(|group| &self.number[group]);
        groups.join("-")
    }
}

/// The code of all of them.
pub const CODE: &str = "2468";

const CONTRACTS: [DemoContract; 6] = [
    DemoContract { number: "C900000000001", shows: "demo.contract_1", ..GOOD },
    DemoContract {
        number: "C900000000002",
        runs: Span::hours(-24),
        shows: "demo.contract_2",
        ..GOOD
    },
    DemoContract {
        number: "C900000000003",
        limit: Amount { minor: 1000, currency: Currency::JPY },
        shows: "demo.contract_3",
        ..GOOD
    },
    DemoContract { number: "C900000000004", shows: "demo.contract_4", ..GOOD },
    DemoContract {
        number: "C900000000005",
        delay: Span::secs(3),
        shows: "demo.contract_5",
        ..GOOD
    },
    DemoContract { number: "C900000000006", shows: "demo.contract_6", ..GOOD },
];

const GOOD: DemoContract = DemoContract {
    number: "",
    email: "shopper@example.jp",
    limit: Amount { minor: 1_000_000, currency: Currency::JPY },
    runs: Span::hours(24 * 365),
    delay: Span::millis(0),
    shows: "",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_a_letter_and_twelve_digits_that_no_card_has() {
        for contract in contracts() {
            let digits = contract.number.strip_prefix('C').unwrap();
            assert!(digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit()));
            let sum: u32 = digits.bytes().rev().enumerate().map(|(at, digit)| {
                let digit = u32::from(digit - b'0') * if at % 2 == 1 { 2 } else { 1 };
                digit / 10 + digit % 10
            }).sum();
            assert!(!sum.is_multiple_of(10), "{} could be a card's", contract.number);
        }
        assert_eq!(CONTRACTS[0].written(), "C-9000-0000-0001");
    }
}
