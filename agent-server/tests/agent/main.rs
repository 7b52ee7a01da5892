//! The agent on its own: a real server in this process, a merchant's server and a shopper's
//! program that are only what the tests need.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod assets;
mod authenticator;
mod claims;
mod confirmations;
mod consent;
mod damage;
mod deliveries;
mod demo;
mod edge;
mod enrolment;
mod expiry;
mod frame;
mod grants;
mod guessing;
mod jwt;
mod letters;
mod limits;
mod market;
mod merchant;
mod notices;
mod operator;
mod own_contracts;
mod own_pages;
mod page;
mod pages;
mod passkey_account;
mod passkey_assertions;
mod passkey_pages;
mod passkey_purchases;
mod passkey_vectors;
mod plans;
mod precedence;
mod quotes;
mod races;
mod restart;
mod sale;
mod sessions;
mod settled_days;
mod shopper;
mod statements;
mod trade;
mod visitor;
mod webhooks;
