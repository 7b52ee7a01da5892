//! The only place of the workshop that reads a clock.
#![expect(clippy::disallowed_methods, reason = "the workshop measures how long its own steps take")]

use std::time::{Duration, Instant};

/// Started once, asked as often as you like.
#[derive(Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
