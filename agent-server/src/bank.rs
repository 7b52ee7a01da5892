//! The way to merchants' banks: whether a transfer to a merchant's account is possible there (152).
//! Our own books answer where nothing better is connected: what a bank has said, they know.

use std::{fmt, future::Future, pin::Pin};

use shared_protocol::MerchantId;

use crate::{domain::transfer::PayeeAnswer, store::Store};

/// What is asked of other banks.
pub trait Bank: Send + Sync {
    /// Whether the account of this merchant can be paid into.
    fn payee<'a>(&'a self, merchant: &'a MerchantId) -> Answer<'a>;
}

/// Their answer, once it is there.
pub type Answer<'a> = Pin<Box<dyn Future<Output = PayeeAnswer> + Send + 'a>>;

/// Our own books.
pub struct Books(pub Store);

impl Bank for Books {
    fn payee<'a>(&'a self, merchant: &'a MerchantId) -> Answer<'a> {
        Box::pin(async {
            match self.0.is_payee_refused(merchant).await {
                Ok(Some(false)) => PayeeAnswer::Good,
                Ok(Some(true) | None) => PayeeAnswer::Wrong,
                Err(fault) => {
                    tracing::error!(%fault, "a merchant's account could not be looked up");
                    PayeeAnswer::Unclear
                }
            }
        })
    }
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Books")
    }
}
