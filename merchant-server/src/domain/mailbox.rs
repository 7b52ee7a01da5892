//! The mailbox at the agent, for a shop without a server (¶79–80): what is asked of it, and what an
//! order in it says once it is opened with the shop's own key.

use shared_protocol::{
    Grant, GrantProof, MailboxEntry, MailboxVisit, Problem, PurchaseId, Signed, Timestamp,
    Verified, jws,
};

use super::open::{OpenedOrder, open};
use super::{Failure, Shop};
use crate::store::Store;

/// An order that waits: the agent's promise, and what only this shop can read.
pub struct Waiting {
    /// What the agent has signed.
    pub grant: Verified<Grant>,
    /// Who orders what, and where it goes.
    pub order: OpenedOrder,
}

/// Asks for what was put in after the entry of this number, or for one order alone.
pub fn visit(
    shop: &Shop,
    purchase: Option<PurchaseId>,
    after: u64,
    visited: Timestamp,
) -> Signed<MailboxVisit> {
    let (merchant, agent) = (shop.merchant.clone(), shop.agent.agent.clone());
    let visit = MailboxVisit { merchant, agent, purchase, after, visited };
    Signed::sign(&visit, &shop.keys)
}

/// Opens an order and believes the Grant that came with it; takes nothing up.
///
/// # Errors
/// [`Problem::GrantInvalid`], [`Problem::WrongRecipient`], [`Problem::HalfMismatch`],
/// [`Problem::EnvelopeInvalid`], [`Problem::OfferInvalid`] if it takes up no Offer of this shop's.
pub async fn peek(shop: &Shop, store: &Store, entry: &MailboxEntry) -> Result<Waiting, Failure> {
    let submission = &entry.submission;
    let grant = match &submission.grant {
        GrantProof::Signed(grant) => shop.believe(grant)?,
        GrantProof::Jws(jws) => jws::verify(jws, &shop.agent_keys())?,
    };
    let context = submission.context()?;
    let order = open(shop, store, grant.purchase, &context, &submission.order).await?;
    let same = grant.merchant == shop.merchant && grant.order == order.half().digest();
    if same { Ok(Waiting { grant, order }) } else { Err(Problem::HalfMismatch.into()) }
}
