//! Counting: reads the lines in which cargo's and wasm-bindgen's test runners report.

use std::fmt;

use crate::say;

/// Passed and failed so far, and the names of what failed.
#[derive(Default)]
pub struct Tally {
    passed: u64,
    failed: u64,
    failures: Vec<String>,
}

impl Tally {
    /// One check that is not a test of its own passed.
    pub fn pass(&mut self) {
        self.passed += 1;
    }

    /// One check that is not a test of its own failed.
    pub fn fail(&mut self, name: &str) {
        self.failed += 1;
        self.failures.push(name.to_owned());
    }

    /// How many failed so far.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Adds what one line of a test runner says, if it says anything.
    pub fn read(&mut self, line: &str) {
        if let Some((passed, failed)) = result_in(line) {
            self.passed += passed;
            self.failed += failed;
        } else if let Some(name) = failure_in(line) {
            self.failures.push(name.to_owned());
        }
    }

    /// Lists what failed: it may have scrolled away long ago.
    pub fn print_failures(&self) {
        if !self.failures.is_empty() {
            say::line("\nFailed:");
        }
        for name in &self.failures {
            say::line(&format!("  {name}"));
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// `test result: ok. 3 passed; 0 failed; …`
fn result_in(line: &str) -> Option<(u64, u64)> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let count = |label: &str| {
        let part = counts.split(';').find(|part| part.trim().ends_with(label))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Some((count(" passed")?, count(" failed")?))
}

/// `test room::name ... FAILED`
fn failure_in(line: &str) -> Option<&str> {
    let (name, outcome) = line.trim().strip_prefix("test ")?.rsplit_once(" ... ")?;
    outcome.starts_with("FAIL").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally_of(lines: &str) -> Tally {
        let mut tally = Tally::default();
        lines.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn results_of_several_runners_add_up() {
        let tally = tally_of(
            "running 2 tests\n\
             test a ... ok\n\
             test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; x\n\
             test web::b ... FAIL\n\
             test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 filtered out; x",
        );
        assert_eq!(tally.to_string(), "13 passed, 2 failed");
        assert_eq!(tally.failures, ["web::b"]);
    }

    #[test]
    fn ordinary_talk_counts_nothing() {
        let tally = tally_of("test result: none today\nprinted: 3 passed; 1 failed\ntest x ... ok");
        assert_eq!(tally.to_string(), "0 passed, 0 failed");
    }
}
