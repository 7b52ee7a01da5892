//! The words, tried one by one: every message, signature, envelope, state and rule of this crate.
//! One program, so that it links once. `WARIFU_TEST_EFFORT=n` does n times as much of what is
//! random, `WARIFU_TEST_SEED=n` does other such things, `WARIFU_UPDATE=1` rewrites what is
//! generated: the tables of PROTOCOL.md and the files in `vectors/`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod cards;
mod effort;
mod envelopes;
mod examples;
mod expect;
mod expiry;
mod fields;
mod flips;
mod golden;
mod golden_more;
mod handling;
mod hex;
mod jws_form;
mod labelled;
mod layout;
mod messages;
mod mismatched;
mod money;
mod oracle;
mod order_form;
mod page;
mod pairs;
#[path = "../party/mod.rs"]
mod party;
mod passkeys;
mod placements;
mod published;
mod quotes;
mod random;
mod relays;
mod settlements;
mod sides;
mod split_join;
mod states;
mod strict;
mod tables;
mod tampered;
mod twins;
mod wycheproof_vectors;
