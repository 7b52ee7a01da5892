//! The yardstick: the seed's five systems of before (¶5–22) and the configurations of this one do
//! the same purchases. Printed is what happened meanwhile: a party has learned what is found in the
//! bytes that reached it or that it opened, a charge without consent is one that was tried and went
//! through, a field is one that was typed into.

mod misuse;
mod model;
mod opened;
mod ours;
mod people;
mod prior;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;

pub use ours::Configuration;
pub use people::{Datum, PURCHASES, Purchase, Seller, Shopper};
pub use table::table;

/// Somebody who takes part in a purchase, besides the shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// Sells (B).
    Seller,
    /// Settles for others (C): a card company, a payment service.
    Agent,
    /// Holds accounts (E).
    Bank,
    /// Carries goods.
    Carrier,
    /// The communication server at the seller's site.
    Relay,
    /// In whose pages another sells.
    Host,
}

/// How one system did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// What it is called.
    pub system: &'static str,
    /// How many of [`PURCHASES`] it could do.
    pub done: usize,
    /// What was found with whom.
    pub learned: BTreeMap<Party, BTreeSet<Datum>>,
    /// In yen: what was charged though the shopper had consented to nothing of the kind.
    pub charged: u64,
    /// Of so many tries, so many went through.
    pub tries: (usize, usize),
    /// How many fields the shopper typed into, for all purchases.
    pub typed: usize,
    /// To whom the shopper had to turn.
    pub dealt: usize,
    /// How often the shopper had to act, for all purchases: press, go, sign, hand over.
    pub acts: usize,
}

/// Plays all of them.
///
/// # Errors
/// What stopped a purchase that should have been possible.
pub async fn play() -> Result<Vec<Played>> {
    let mut played = prior::SYSTEMS.map(|play| play(&Shopper::random())).to_vec();
    for configuration in Configuration::ALL {
        played.push(configuration.play().await?);
    }
    Ok(played)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played() -> Vec<Played> {
        prior::SYSTEMS.map(|play| play(&Shopper::random())).to_vec()
    }

    fn knows(played: &Played, party: Party, datum: Datum) -> bool {
        played.learned.get(&party).is_some_and(|known| known.contains(&datum))
    }

    /// ¶6, ¶16: where the seller bills by a number that it knows, it may bill anything.
    #[test]
    fn what_the_seed_blames_in_the_old_systems_happens_in_them() {
        let [membership, prepayment, cash, card, one_time] = &played()[..] else { panic!() };
        assert!(membership.charged > 0 && card.charged > membership.charged);
        assert_eq!([prepayment.charged, cash.charged, one_time.charged], [0; 3]);
        for (system, is_told) in [
            (membership, true),
            (prepayment, false),
            (cash, false),
            (card, true),
            (one_time, false),
        ] {
            assert_eq!(knows(system, Party::Seller, Datum::Number), is_told, "{}", system.system);
            assert!(knows(system, Party::Seller, Datum::Address), "{}", system.system);
        }
        assert_eq!(cash.done, 2, "¶12: a lesson is not handed over at the door");
        assert!(one_time.acts > card.acts && one_time.typed > card.typed, "¶20");
    }
}
