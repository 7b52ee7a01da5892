//! What is kept: one writer with group commit, a few readers. The only room with SQL; calls nobody.

use shared_protocol::MerchantId;

use crate::domain::{Merchant, Question, TokenDigest};

/// The database.
#[derive(Clone, Debug)]
pub struct Store {}

/// What went wrong on our side; a peer hears only `unavailable`.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The writer has stopped.
    #[error("the store has stopped")]
    Stopped,
}

impl Store {
    /// The merchant of this id.
    ///
    /// # Errors
    /// [`Fault`].
    #[expect(clippy::unused_async, reason = "the room is being filled")]
    pub async fn merchant(&self, _id: &MerchantId) -> Result<Option<Merchant>, Fault> {
        Err(Fault::Stopped)
    }

    /// The question whose token has this digest.
    ///
    /// # Errors
    /// [`Fault`].
    #[expect(clippy::unused_async, reason = "the room is being filled")]
    pub async fn question(&self, _digest: &TokenDigest) -> Result<Option<Question>, Fault> {
        Err(Fault::Stopped)
    }
}
