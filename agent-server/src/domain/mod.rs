//! What the agent knows and decides. Takes time and randomness as arguments; knows neither HTTP
//! nor SQL, and calls nobody.

pub mod merchant;
pub mod question;

pub use merchant::{Merchant, MerchantStatus};
pub use question::{ConfirmationToken, Question, TokenDigest};
