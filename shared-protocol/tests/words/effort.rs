//! How much random work a test does, from which seed, and a line that says so.

use std::io::Write as _;

use proptest::test_runner::{Config, RngSeed, TestRunner};

/// `usual` times `WARIFU_TEST_EFFORT` (1 where it is not set).
pub fn times(usual: u32) -> u32 {
    usual.saturating_mul(number("WARIFU_TEST_EFFORT"))
}

/// `WARIFU_TEST_SEED`: the same seed does the same things.
pub fn seed() -> u64 {
    u64::from(number("WARIFU_TEST_SEED"))
}

/// A source of cases for a property, from the seed; leaves no files behind.
pub fn property(usual_cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases: times(usual_cases),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed()),
        ..Config::default()
    })
}

/// Says how much was done, past the test runner's capture.
pub fn did(what: &str, count: usize) {
    let _ = writeln!(std::io::stderr(), "  {what}: {count}");
}

/// The same of what was random.
pub fn did_from_seed(what: &str, count: usize) {
    let _ = writeln!(std::io::stderr(), "  {what}: {count} (seed {})", seed());
}

/// Whether generated files are to be rewritten.
pub fn is_update() -> bool {
    std::env::var_os("WARIFU_UPDATE").is_some_and(|value| value == "1")
}

fn number(variable: &str) -> u32 {
    std::env::var(variable).map_or(1, |text| text.parse().expect("a whole number"))
}
