//! The agent on its own: a real server in this process, a merchant's server and a shopper's
//! program that are only what the tests need.

mod confirmations;
mod deliveries;
mod edge;
mod expiry;
mod grants;
mod jwt;
mod letters;
mod limits;
mod market;
mod merchant;
mod operator;
mod precedence;
mod races;
mod restart;
mod shopper;
