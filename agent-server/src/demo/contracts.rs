//! The contracts that a demo begins with (EXPERIENCE.md §5): fictional; with the letter in front
//! none of them can be a card's number.

use shared_protocol::{Amount, Currency, Span};

use crate::domain::transfer::Rail;

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
    /// What is in its account at the demo's bank, and when that sends; `None`: it has none.
    pub account: Option<(Amount, Rail)>,
    /// How long the agent takes to answer for it.
    pub delay: Span,
    /// What it shows: a key of the product's texts.
    pub shows: &'static str,
}

/// All of them. No server can put a passkey into somebody's device, so `-0009`
/// begins without one: it has an address of its own, by which one signs in and registers it.
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

const CONTRACTS: [DemoContract; 9] = [
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
    DemoContract {
        number: "C900000000007",
        account: Some((Amount { minor: 1000, currency: Currency::JPY }, Rail::AroundTheClock)),
        shows: "demo.contract_7",
        ..GOOD
    },
    DemoContract {
        number: "C900000000008",
        account: Some((PLENTY, Rail::NextDay)),
        shows: "demo.contract_8",
        ..GOOD
    },
    DemoContract {
        number: "C900000000009",
        email: "passkey@example.jp",
        shows: "demo.contract_9",
        ..GOOD
    },
];

const PLENTY: Amount = Amount { minor: 1_000_000, currency: Currency::JPY };

const GOOD: DemoContract = DemoContract {
    number: "",
    email: "shopper@example.jp",
    limit: PLENTY,
    account: Some((PLENTY, Rail::AroundTheClock)),
    runs: Span::hours(24 * 365),
    delay: Span::millis(0),
    shows: "",
};

#[cfg(test)]
mod tests {
    use shared_protocol::{Field, read_field};

    use super::*;

    #[test]
    fn every_number_is_one_that_the_form_takes_and_none_is_a_cards() {
        for contract in contracts() {
            for typed in [contract.number.to_owned(), contract.written()] {
                let read = read_field(Field::PaymentContractNumber, &typed, str::to_owned);
                assert_eq!(read.as_deref(), Ok(contract.number));
            }
        }
        assert_eq!(CONTRACTS[0].written(), "C-9000-0000-0001");
    }
}
