//! The operator's console. Server-rendered, for the keyboard, without script but for passkeys. One
//! table names every address of it with the power that it needs (TRUST.md T37).

mod audit;
mod changes;
pub(super) mod contracts;
mod deliveries;
mod desk;
mod entry;
mod guard;
mod merchant_changes;
mod merchants;
pub(super) mod money;
mod movement;
mod notices;
mod operators;
mod proposals;
mod purchase;
pub(super) mod purchases;
mod signing;
pub(super) mod steps;
mod table;
pub(super) mod today;

pub use table::{Cell, Needs, routes, table};
