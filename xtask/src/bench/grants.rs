//! Grants per second over HTTP with real crypto and durable commits, next to the same binary
//! with storage switched off in the same run.

use anyhow::Result;

use super::{Figure, measured};

/// Figures of the group `grants`.
pub fn figures() -> Result<Vec<Figure>> {
    measured::by("grant_bench")
}
