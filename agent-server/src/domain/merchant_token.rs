//! By what a merchant's own programs read what is theirs.

use shared_protocol::{MerchantId, Timestamp};

use super::bearer::{Bearer, Token};

/// A merchant's own programs.
#[derive(Clone, Copy, Debug)]
pub enum Merchants {}

impl Bearer for Merchants {
    const PREFIX: &'static str = "wmt_";
}

/// A merchant's token.
pub type MerchantToken = Token<Merchants>;

/// A token as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownToken {
    /// Its row, of `mtk_…`.
    pub id: i64,
    /// Whose.
    pub merchant: MerchantId,
    /// What the operator calls it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it counts no more.
    pub revoked_at: Option<Timestamp>,
}

impl KnownToken {
    /// Its name on the command line.
    pub fn name(&self) -> String {
        format!("mtk_{}", self.id)
    }
}
