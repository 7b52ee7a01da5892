//! The merchant's server as its peers meet it: over HTTP, with a real database, beside an agent of
//! the test's own. Each test has its own folder, port and clock.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod acceptance;
mod agent;
mod backups;
mod browser;
mod catalogue;
mod clerk;
mod command_line;
mod demo;
mod desk_cells;
mod desk_pages;
mod fields;
mod given_back;
mod killed_upgrades;
mod market;
mod misuse;
mod notifications;
mod overload;
mod races;
mod relaying;
mod remittances;
mod restart;
mod rotation;
mod settlements;
mod stock;
