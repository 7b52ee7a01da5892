//! The operator's console. Server-rendered, for the keyboard, without script but for passkeys. One
//! table names every address of it with the power that it needs (TRUST.md T37).

mod audit;
mod contracts;
mod deliveries;
mod desk;
mod entry;
mod guard;
mod merchants;
mod money;
mod movement;
mod proposals;
mod purchase;
mod purchases;
mod table;
mod today;

pub use table::{Cell, Needs, routes, table};
