//! The kit of the whole-system tests: both servers as real processes, a real SMTP peer, a real
//! browser, and a client that speaks the protocol without one. It looks into a server only where a
//! test is about what that keeps.

pub mod account;
pub mod authenticator;
pub mod bank;
pub mod borrower;
pub mod browser;
pub mod client;
pub mod cutter;
pub mod database;
pub mod dice;
pub mod effort;
pub mod form_shop;
pub mod host;
pub mod join;
pub mod leak;
pub mod load;
pub mod mail;
pub mod merchant;
pub mod own_pages;
pub mod passkey;
pub mod place;
pub mod port;
pub mod randomness;
pub mod relay;
pub mod seller;
pub mod server;
pub mod shop;
pub mod tap;
pub mod till;
pub mod widget;
pub mod yardstick;

pub use borrower::Borrower;
pub use browser::Browser;
pub use client::Client;
pub use own_pages::OwnPages;
pub use shop::Shop;
pub use widget::Widget;

/// What a test may fail with.
pub type Result<T = ()> = anyhow::Result<T>;
