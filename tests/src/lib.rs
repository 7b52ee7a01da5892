//! The kit of the whole-system tests: both servers as real processes, a real SMTP peer, a real
//! browser, and a client that speaks the protocol without one. It never looks inside a server.

pub mod account;
pub mod authenticator;
pub mod browser;
pub mod client;
pub mod effort;
pub mod host;
pub mod join;
pub mod leak;
pub mod load;
pub mod mail;
pub mod merchant;
pub mod passkey;
pub mod place;
pub mod randomness;
pub mod server;
pub mod shop;
pub mod tap;
pub mod widget;

pub use browser::Browser;
pub use client::Client;
pub use shop::Shop;
pub use widget::Widget;

/// What a test may fail with.
pub type Result<T = ()> = anyhow::Result<T>;
