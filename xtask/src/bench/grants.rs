//! Grants per second over HTTP with real crypto and durable commits, next to the same binary
//! with storage switched off in the same run.

use anyhow::Result;

use super::Figure;

/// Figures of the group `grants`: none is measured yet, so none is printed.
pub fn figures() -> Result<Vec<Figure>> {
    Ok(Vec::new())
}
