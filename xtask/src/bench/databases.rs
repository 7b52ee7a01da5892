//! Grants on SQLite and on PostgreSQL, by one agent and by four, next to bare committed INSERTs;
//! and what one costs among many stored purchases.

use anyhow::Result;

use super::{Figure, measured};
use crate::setup;

/// Figures of the group `databases`, with so many purchases stored.
pub fn figures(sizes: &[u64]) -> Result<Vec<Figure>> {
    setup::ensure(setup::FOR_DATABASES)?;
    let mut arguments = vec![GRANTS.to_string()];
    arguments.extend(sizes.iter().map(ToString::to_string));
    measured::by_with("database_bench", &arguments)
}

/// In each round.
const GRANTS: u64 = 2000;
