//! Counts what goes wrong, by network, by merchant and altogether, and refuses before anything is
//! tried once it is too much. In memory, each process for itself: what must outlast a restart or
//! hold for all of them, the lock of a contract and the letters of an address, is in the database.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;
use shared_protocol::{MerchantId, Problem, Timestamp};

use crate::domain::{
    allowance::{Allowance, Used},
    network::Network,
};

/// How much may go wrong, or be said, an hour. `config.sample.toml` shows each of them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Wrong codes from one network.
    pub codes_of_network: u32,
    /// Wrong codes that come through one relay, which stands for many shoppers.
    pub codes_of_relay: u32,
    /// Wrong codes in purchases at one merchant.
    pub codes_of_merchant: u32,
    /// Wrong codes altogether.
    pub codes: u32,
    /// Wrong handling numbers that one merchant hands in.
    pub numbers_of_merchant: u32,
    /// Wrong handling numbers altogether.
    pub numbers: u32,
    /// Shipments, claims, voids and refunds of one merchant, right or wrong.
    pub words_of_merchant: u32,
    /// Letters with a code to one address.
    pub letters_of_address: u32,
    /// Letters with a code that one network asked for.
    pub letters_of_network: u32,
    /// Letters with a code altogether.
    pub letters: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            codes_of_network: 60,
            codes_of_relay: 600,
            codes_of_merchant: 1_000,
            codes: 10_000,
            numbers_of_merchant: 30,
            numbers: 1_000,
            words_of_merchant: 100_000,
            letters_of_address: 3,
            letters_of_network: 30,
            letters: 10_000,
        }
    }
}

impl Limits {
    fn codes_of(&self, network: &Network) -> u32 {
        if network.is_relay() { self.codes_of_relay } else { self.codes_of_network }
    }
}

/// What is tried.
#[derive(Clone, Debug)]
pub enum Trial {
    /// A security code in a purchase.
    Code(Network, MerchantId),
    /// A mailed or security code on a page of ours.
    PageCode(Network),
    /// A merchant hands in a handling number that was read out to it.
    Number(MerchantId),
    /// A merchant says something of a confirmed purchase.
    Word(MerchantId),
    /// A letter with a code is asked for.
    Letter(Network),
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    CodesOfNetwork(Network),
    CodesOfMerchant(MerchantId),
    Codes,
    NumbersOfMerchant(MerchantId),
    Numbers,
    WordsOfMerchant(MerchantId),
    LettersOfNetwork(Network),
    Letters,
}

/// The counters.
pub struct Guard {
    limits: Limits,
    used: Mutex<HashMap<Key, Used>>,
}

impl Guard {
    /// With these limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, used: Mutex::default() }
    }

    /// Whether this may be tried.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`].
    pub fn check(&self, trial: &Trial, now: Timestamp) -> Result<(), Problem> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let open = self
            .keys(trial)
            .iter()
            .all(|(key, allowance)| allowance.wait(used.get(key).copied(), now).is_none());
        open.then_some(()).ok_or(Problem::TooManyRequests)
    }

    /// Counts one: a code that was wrong, a letter that will be sent, a word that is to be booked.
    pub fn count(&self, trial: &Trial, now: Timestamp) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= KEYS_MAX {
            used.retain(|_, used| !used.is_over(now));
        }
        for (key, allowance) in self.keys(trial) {
            let next = allowance.use_one(used.get(&key).copied(), now);
            used.insert(key, next);
        }
    }

    fn keys(&self, trial: &Trial) -> Vec<(Key, Allowance)> {
        let limits = &self.limits;
        let keys = match trial {
            Trial::Code(network, merchant) => vec![
                (Key::CodesOfNetwork(*network), limits.codes_of(network)),
                (Key::CodesOfMerchant(merchant.clone()), limits.codes_of_merchant),
                (Key::Codes, limits.codes),
            ],
            Trial::PageCode(network) => vec![
                (Key::CodesOfNetwork(*network), limits.codes_of(network)),
                (Key::Codes, limits.codes),
            ],
            Trial::Number(merchant) => vec![
                (Key::NumbersOfMerchant(merchant.clone()), limits.numbers_of_merchant),
                (Key::Numbers, limits.numbers),
            ],
            Trial::Word(merchant) => {
                vec![(Key::WordsOfMerchant(merchant.clone()), limits.words_of_merchant)]
            }
            Trial::Letter(network) => vec![
                (Key::LettersOfNetwork(*network), limits.letters_of_network),
                (Key::Letters, limits.letters),
            ],
        };
        keys.into_iter().map(|(key, an_hour)| (key, Allowance::an_hour(an_hour))).collect()
    }
}

/// Then those that are over are forgotten.
const KEYS_MAX: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn code(network: &str, merchant: &str) -> Trial {
        let network = Network::of(network.parse().unwrap());
        Trial::Code(network, merchant.parse().unwrap())
    }

    #[test]
    fn a_network_a_merchant_and_all_together_have_their_own_limits() {
        let limits =
            Limits { codes_of_network: 2, codes_of_merchant: 3, codes: 4, ..Limits::default() };
        let guard = Guard::new(limits);
        let trials = [
            (code("192.0.2.1", "mrc_a"), true),
            (code("192.0.2.99", "mrc_b"), true),
            (code("192.0.2.7", "mrc_c"), false), // the network has had its two
            (code("198.51.100.1", "mrc_a"), true),
            (code("203.0.113.1", "mrc_a"), true),
            (code("2001:db8::1", "mrc_d"), false), // four altogether
        ];
        for (trial, is_open) in trials {
            assert_eq!(guard.check(&trial, NOW).is_ok(), is_open, "{trial:?}");
            if is_open {
                guard.count(&trial, NOW);
            }
        }
        let relayed = Trial::Code(
            Network::of("192.0.2.1".parse().unwrap()).of_relay(),
            "mrc_e".parse().unwrap(),
        );
        let roomy = Guard::new(Limits { codes_of_relay: 1, codes: 9, ..limits });
        roomy.count(&code("192.0.2.1", "mrc_a"), NOW);
        roomy.count(&code("192.0.2.1", "mrc_b"), NOW);
        assert!(roomy.check(&relayed, NOW).is_ok(), "a relay is counted by itself");
        roomy.count(&relayed, NOW);
        assert!(roomy.check(&relayed, NOW).is_err(), "and has a limit");
        let letter = Trial::Letter(Network::of("192.0.2.1".parse().unwrap()));
        assert!(guard.check(&letter, NOW).is_ok(), "letters are counted by themselves");
    }
}
