//! The agent on its own: a real server in this process, a merchant's server and a shopper's
//! program that are only what the tests need.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod assets;
mod confirmations;
mod consent;
mod deliveries;
mod demo;
mod edge;
mod expiry;
mod frame;
mod grants;
mod jwt;
mod letters;
mod limits;
mod market;
mod merchant;
mod operator;
mod page;
mod pages;
mod plans;
mod precedence;
mod quotes;
mod races;
mod restart;
mod shopper;
mod statements;
