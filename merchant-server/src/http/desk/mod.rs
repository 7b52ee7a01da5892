//! The shop's own pages, for whoever packs, claims and counts. Server-rendered, without script but
//! for passkeys. One table names every address with the power that it needs (TRUST.md T37). There
//! is nothing at them as long as nobody may use them.

mod entry;
mod guard;
mod money;
mod order;
mod orders;
mod payouts;
mod people;
mod refusal;
mod reports;
mod shell;
mod signing;
mod steps;
mod table;

pub use table::{Cell, Needs, table};

pub(crate) use table::routes;
