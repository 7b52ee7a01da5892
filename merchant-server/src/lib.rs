//! The merchant's side of Warifu: signed offers, orders, acceptances. It sees where things go and
//! never how they are paid. `Merchant` and `router` are for a shop's own axum application; `start`
//! runs the whole server; the binary adds a command line.

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
mod hooks;
mod http;
pub mod keys;
mod merchant;
pub mod relay;
mod start;
pub mod store;

pub use app::App;
pub use hooks::{HookError, NewOrder, OrderUpdate};
pub use http::router;
pub use merchant::{Merchant, drive};
pub use start::{Running, start};
