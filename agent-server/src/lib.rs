//! `agent-server`: whoever settles the money. It sees payment halves and never a delivery half;
//! stands for purchases with signed Grants (57–60) and asks the shopper for consent (64–65).

pub mod app;
pub mod backup;
pub mod bank;
pub mod cli;
pub mod clock;
pub mod codes;
pub mod config;
pub mod demo;
pub mod domain;
pub mod driver;
pub mod entropy;
pub mod files;
pub mod frame;
pub mod guard;
pub mod http;
pub mod keys;
pub mod mail;
pub mod marks;
pub mod merchants;
pub mod offers;
pub mod outside;
pub mod seed;
pub mod start;
pub mod store;
pub mod texts;
pub mod traces;
pub mod unstored;
pub mod widget;

pub use app::App;
pub use start::{Running, StartFault, start, start_with};
