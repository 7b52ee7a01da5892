//! The books: what the agent owes and is owed, by double entry. Entries are made of transfers, each
//! of which takes from one account exactly what it gives to another, so that nothing out of balance
//! can be written at all; and each entry's digest covers the one before it. Pure.

mod account;
mod balances;
mod chain;
mod entry;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use balances::Balances;
pub use chain::Head;
pub use entry::{Entry, Kind, Transfer};
