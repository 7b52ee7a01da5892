//! What the agent knows and decides. Time and randomness are arguments; no HTTP, no SQL. Each file
//! holds pure decisions first and, last, the thin shell that fetches facts and stores outcomes.

pub mod acceptance;
pub mod account;
pub mod allowance;
pub mod audit;
pub mod bank;
pub mod bank_files;
pub mod bearer;
pub mod by_hand;
pub mod challenge;
pub mod code;
pub mod confirm;
pub mod contract;
pub mod day;
pub mod enrolment;
pub mod errand;
pub mod expiry;
pub mod grant;
pub mod key_history;
pub mod ledger;
pub mod lookalike;
pub mod mailbox;
pub mod mailed_code;
pub mod mark;
pub mod merchant;
pub mod merchant_books;
pub mod merchant_keys;
pub mod merchant_token;
pub mod network;
pub mod objection;
pub mod operator;
pub mod origins;
pub mod passkey;
pub mod picture;
pub mod placement;
pub mod plan;
pub mod purchase;
pub mod question;
pub mod recorded;
pub mod retry;
pub mod rewrap;
pub mod session;
pub mod settlement;
pub mod target;
pub mod transfer;
pub mod turn;
pub mod webhook;

pub use merchant::{Merchant, MerchantStatus, RelaySite};
pub use purchase::{Purchase, Unasked};
pub use question::{ConfirmationCode, ConfirmationToken, Question, TokenDigest};

use shared_protocol::Problem;

use crate::store::Fault;

/// What a peer hears of a fault of ours. The log hears the rest, once, here. A text that cannot be
/// kept is the peer's.
pub fn unavailable(fault: Fault) -> Problem {
    if fault.is_of_a_text() {
        return Problem::MalformedMessage;
    }
    tracing::error!(%fault, "cannot be done now");
    Problem::Unavailable
}
