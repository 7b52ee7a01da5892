//! The handling number: round trips, typing errors found, typing habits forgiven, and symbols that
//! come equally often from the real generator.

use std::collections::BTreeSet;

use shared_protocol::HandlingNumber;

use crate::{
    effort::{did, did_from_seed, seed, times},
    party::Seeded,
};

const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn value(symbol: u8) -> usize {
    SYMBOLS.iter().position(|known| *known == symbol).unwrap()
}

fn number(rng: &mut Seeded) -> HandlingNumber {
    HandlingNumber::random(rng)
}

/// Luhn mod N as its authors write it: from the right, double every second, sum the digits to
/// base N, check whether all with the check symbol is a multiple of N.
fn is_luhn_mod_n(text: &[u8], n: usize) -> bool {
    let mut sum = 0;
    let mut factor = 1;
    for symbol in text.iter().rev() {
        let product = factor * value(*symbol);
        sum += product / n + product % n;
        factor = 3 - factor;
    }
    sum % n == 0
}

#[test]
fn a_million_numbers_are_read_as_they_are_written() {
    let mut rng = Seeded(seed());
    let count = times(1_000_000);
    let mut shown = String::new();
    for _ in 0..count {
        use core::fmt::Write as _;
        let number = number(&mut rng);
        shown.clear();
        write!(shown, "{number}").unwrap();
        assert_eq!(shown.parse(), Ok(number), "{shown}");
    }
    did_from_seed("handling numbers written and read", count as usize);
}

#[test]
fn the_check_symbol_is_that_of_luhn_mod_32() {
    let mut rng = Seeded(seed());
    for _ in 0..times(20_000) {
        let compact = number(&mut rng).compact();
        assert!(is_luhn_mod_n(compact.as_bytes(), 32), "{compact}");
    }
    // And the other way round: what the independent algorithm accepts is accepted.
    let mut accepted = 0;
    for _ in 0..times(20_000) {
        let typed = random_symbols(&mut rng);
        let text = core::str::from_utf8(&typed).unwrap();
        assert_eq!(text.parse::<HandlingNumber>().is_ok(), is_luhn_mod_n(&typed, 32), "{text}");
        accepted += usize::from(text.parse::<HandlingNumber>().is_ok());
    }
    did_from_seed("random texts that happened to be numbers (one in 32)", accepted);
}

fn random_symbols(rng: &mut Seeded) -> [u8; 12] {
    let mut bytes = [0; 12];
    rand_core::Rng::fill_bytes(rng, &mut bytes);
    bytes.map(|byte| SYMBOLS[usize::from(byte % 32)])
}

#[test]
fn every_single_wrong_symbol_is_found() {
    let mut rng = Seeded(seed());
    let mut tried = 0;
    for _ in 0..times(300) {
        let good = number(&mut rng).compact().into_bytes();
        for at in 0..12 {
            for wrong in SYMBOLS.iter().filter(|symbol| **symbol != good[at]) {
                let mut typed = good.clone();
                typed[at] = *wrong;
                let typed = String::from_utf8(typed).unwrap();
                assert!(typed.parse::<HandlingNumber>().is_err(), "{typed}");
                tried += 1;
            }
        }
    }
    did_from_seed("single wrong symbols found", tried);
}

/// All pairs in all places, so nothing is left to chance.
#[test]
fn every_swap_of_neighbours_is_found_but_0_with_z() {
    let mut rng = Seeded(seed());
    let (mut found, mut missed) = (0, BTreeSet::new());
    for at in 0..11 {
        for (left, right) in SYMBOLS.iter().flat_map(|l| SYMBOLS.map(|r| (*l, r))) {
            if left == right {
                continue;
            }
            let good = with_pair(&mut rng, at, left, right);
            let mut typed = good.clone();
            typed.swap(at, at + 1);
            let typed = String::from_utf8(typed).unwrap();
            if typed.parse::<HandlingNumber>().is_ok() {
                missed.insert((char::from(left), char::from(right)));
            } else {
                found += 1;
            }
        }
    }
    assert_eq!(missed, BTreeSet::from([('0', 'Z'), ('Z', '0')]));
    assert_eq!(found, 11 * (32 * 31 - 2));
    did("swaps of neighbours found", found);
}

/// A good number with these two symbols at `at`; another symbol makes the check come out.
fn with_pair(rng: &mut Seeded, at: usize, left: u8, right: u8) -> Vec<u8> {
    let free = if at == 0 { 5 } else { 0 };
    let mut text = random_symbols(rng).to_vec();
    (text[at], text[at + 1]) = (left, right);
    for symbol in SYMBOLS {
        text[free] = *symbol;
        if core::str::from_utf8(&text).unwrap().parse::<HandlingNumber>().is_ok() {
            return text;
        }
    }
    panic!("every symbol has a place where the check comes out");
}

#[test]
fn what_people_type_is_forgiven() {
    let check = SYMBOLS
        .map(char::from)
        .into_iter()
        .find(|check| is_luhn_mod_n(format!("01234567ABC{check}").as_bytes(), 32))
        .unwrap();
    let number: HandlingNumber = format!("01234567ABC{check}").parse().unwrap();
    let ways = [
        format!("0123-4567-ABC{check}"),
        format!("0123 4567 ABC{check}"),
        format!("01234567ABC{check}"),
        format!("01234567abc{check}").to_lowercase(),
        format!("o123-4567-abc{check}"),
        format!("OI23-4567-ABC{check}"),
        format!("Oi23-4567-ABC{check}"),
        format!("OL23-4567-ABC{check}"),
        format!("Ol23-4567-ABC{check}"),
        format!("  0-1-2-3-4-5-6-7-A-B-C-{check}  "),
    ];
    for way in ways {
        assert_eq!(way.parse(), Ok(number), "{way}");
    }
    for wrong in [
        format!("U123-4567-ABC{check}"),
        format!("0123-4567-AB{check}"),
        format!("0123-4567-ABCD{check}"),
        format!("0123_4567_ABC{check}"),
        format!("０123-4567-ABC{check}"),
        format!("0123\u{2010}4567\u{2010}ABC{check}"),
        format!("0123-4567-ABC{check}\n"),
        format!("0123-4567-ABC{check}\0"),
        format!("#123-4567-ABC{check}"),
        String::new(),
        "-".repeat(12),
        "0".repeat(13),
        "0".repeat(1_000_000),
    ] {
        assert!(wrong.parse::<HandlingNumber>().is_err(), "{wrong:.40}");
    }
}

#[test]
fn what_programs_write_is_not_forgiven() {
    let compact = number(&mut Seeded(4)).compact();
    let read = |text: &str| serde_json::from_value::<HandlingNumber>(text.into());
    assert!(read(&compact).is_ok());
    let with_hyphens = number(&mut Seeded(4)).to_string();
    for other in [compact.to_lowercase(), with_hyphens, format!("{compact} ")] {
        assert!(read(&other).is_err(), "{other}");
    }
}

#[test]
fn it_is_shown_in_three_groups_of_four_and_never_whole_in_a_log() {
    let number = number(&mut Seeded(4));
    let shown = number.to_string();
    assert_eq!(shown.len(), 14);
    assert!(shown.split('-').all(|group| group.len() == 4) && shown.split('-').count() == 3);
    assert_eq!(shown.replace('-', ""), number.compact());
    let debug = format!("{number:?}");
    assert_eq!(debug, format!("HandlingNumber({}…)", &number.compact()[..1]));
}

/// The operating system's generator through ring, as both servers use it.
struct System(ring::rand::SystemRandom);

impl rand_core::TryRng for System {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
        ring::rand::SecureRandom::fill(&self.0, to).expect("the system has randomness");
        Ok(())
    }
}
impl rand_core::TryCryptoRng for System {}

#[test]
#[expect(clippy::disallowed_methods, reason = "this test is about the real generator")]
fn the_real_generator_s_symbols_come_equally_often_in_every_place() {
    let mut rng = System(ring::rand::SystemRandom::new());
    let count = times(64_000);
    let mut counts = [[0_u64; 32]; 12];
    for _ in 0..count {
        for (place, symbol) in HandlingNumber::random(&mut rng).compact().bytes().enumerate() {
            counts[place][value(symbol)] += 1;
        }
    }
    let expected = u64::from(count) / 32;
    for (place, counts) in counts.iter().enumerate() {
        let squares: u64 = counts.iter().map(|n| n.abs_diff(expected).pow(2)).sum();
        // Chi-square with 31 degrees of freedom is over 94 once in 25 million; 12 places are
        // looked at, so an honest generator fails here about once in two million runs.
        let chi_square_tenths = squares * 10 / expected;
        assert!(chi_square_tenths < 940, "place {place}: {chi_square_tenths} tenths, {counts:?}");
    }
    did("handling numbers from the real generator", count as usize);
}

#[test]
fn random_numbers_do_not_repeat() {
    let mut rng = Seeded(seed());
    let count = 50_000;
    let all: BTreeSet<_> = (0..count).map(|_| number(&mut rng)).collect();
    // Of 2^55, two of so many are the same once in thirty million such runs.
    assert_eq!(all.len(), count);
}
