//! The merchant's side of Warifu: signed offers, orders, acceptances. It sees where things go and
//! never how they are paid. `router` is for nesting in a shop's own axum application; `start` runs
//! the whole server; the binary adds a command line.

mod app;
pub mod backup;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod config;
mod demo;
pub mod domain;
pub mod driver;
pub mod entropy;
mod http;
pub mod keys;
pub mod store;

pub use app::{App, Running, start};
pub use http::router;
