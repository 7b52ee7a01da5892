//! The Grant: the agent's signed promise to pay for exactly one order (step 60). A merchant
//! verifies it without asking anybody, by one call that compares every field (TRUST.md D9).

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Amount, Digest, HandlingNumber, MerchantId, PlanClass, PurchaseId,
    codec::messages,
    half::OrderHalf,
    offer::Offer,
    problem::Problem,
    role::Role,
    seal::{SealContext, Sealed},
    sign::{Signed, Statement, Verified, VerifyingKey},
    tally::SignedTally,
    time::{CLOCK_TOLERANCE, Timestamp},
};

/// Asks the agent to stand for a purchase (steps 57–60).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRequest {
    /// The agent's own Challenge, come back.
    pub challenge: Signed<crate::Challenge>,
    /// Both halves bound together.
    pub tally: SignedTally,
    /// The half that only the agent opens.
    pub payment: Sealed<crate::PaymentHalf>,
    /// The passkey's word on the tally, where the half says that a passkey pays.
    pub passkey: Option<Sealed<crate::PasskeyAssertion>>,
}

/// Agent-signed: this order, of this merchant, at this amount, will be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who promises.
    pub agent: AgentId,
    /// To whom; nobody else can redeem it.
    pub merchant: MerchantId,
    /// The one-time number that names the deal.
    pub handling_number: HandlingNumber,
    /// The purchase.
    pub purchase: PurchaseId,
    /// Commitment to the order half: the agent does not know what is in it.
    pub order: Digest,
    /// The digest of the merchant's signed Offer.
    pub offer: Digest,
    /// The digest of the signed tally that was granted.
    pub tally: Digest,
    /// What will be paid.
    pub amount: Amount,
    /// The kind of plan.
    pub plan_class: PlanClass,
    /// The key of the page that may redeem it.
    pub session_key: VerifyingKey,
    /// Whether the shopper must still consent (64–65): shipping waits for it.
    pub provisional: bool,
    /// When it was given.
    pub issued: Timestamp,
    /// Until when it may be redeemed, judged when the merchant accepts.
    pub expires: Timestamp,
}

/// Hands the order over to the merchant (step 61).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSubmission {
    /// The agent's promise.
    pub grant: GrantProof,
    /// Both halves bound together.
    pub tally: SignedTally,
    /// The half that only the merchant opens.
    pub order: Sealed<OrderHalf>,
}

/// A Grant in one of its two forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantProof {
    /// As signed bytes of this protocol.
    Signed(Signed<Grant>),
    /// As compact JWS (RFC 7515), for merchants that have nothing but a JWT library.
    Jws(String),
}

messages! {
    GrantRequest = "grant-request", 32_768;
    Grant = "grant", 640;
    OrderSubmission = "order-submission", 12_288;
}

impl Statement for Grant {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Merchant;
    const BROKEN: Problem = Problem::GrantInvalid;
}

/// The merchant's own view of an order, against which a Grant is compared field by field.
pub struct MyOrder<'a> {
    /// Who I am.
    pub merchant: &'a MerchantId,
    /// With whom I have a contract.
    pub agent: &'a AgentId,
    /// The order half that I opened.
    pub half: &'a OrderHalf,
    /// My own Offer that it takes up.
    pub offer: &'a Verified<Offer>,
    /// The tally that came with it.
    pub tally: &'a SignedTally,
}

impl Verified<Grant> {
    /// The one call of a merchant: is this Grant for my order, whole and unexpired? (step 62)
    ///
    /// # Errors
    /// [`Problem::WrongRecipient`] if it is another's, [`Problem::GrantExpired`],
    /// [`Problem::HalfMismatch`] or [`Problem::AmountMismatch`] if it is for another order, and
    /// those of [`crate::VerifiedTally::match_order`].
    pub fn redeem(self, order: &MyOrder<'_>, now: Timestamp) -> Result<RedeemableGrant, Problem> {
        if self.merchant != *order.merchant || self.agent != *order.agent {
            return Err(Problem::WrongRecipient);
        }
        if now >= self.expires.plus(CLOCK_TOLERANCE) || now.plus(CLOCK_TOLERANCE) < self.issued {
            return Err(Problem::GrantExpired);
        }
        let tally = order.tally.verify()?;
        let same_tally = self.tally == tally.digest()
            && self.session_key == tally.session_key()
            && tally.agent == self.agent;
        let matched = tally.match_order(order.half, order.offer, order.merchant)?;
        let same_order = self.order == order.half.digest()
            && self.purchase == order.half.purchase
            && self.offer == order.offer.digest();
        if !same_tally || !same_order {
            return Err(Problem::HalfMismatch);
        }
        if self.amount != matched.tally().amount || self.plan_class != matched.tally().plan_class {
            return Err(Problem::AmountMismatch);
        }
        Ok(RedeemableGrant { grant: self })
    }
}

/// A Grant that is for this very order; still to be consumed, once. Only
/// [`Verified::<Grant>::redeem`] makes one.
#[derive(Clone, Debug)]
pub struct RedeemableGrant {
    grant: Verified<Grant>,
}

impl core::ops::Deref for RedeemableGrant {
    type Target = Verified<Grant>;
    fn deref(&self) -> &Verified<Grant> {
        &self.grant
    }
}

impl GrantRequest {
    /// What its envelope must be bound to.
    ///
    /// # Errors
    /// [`Problem::MalformedMessage`] if the tally is none.
    pub fn context(&self) -> Result<SealContext, Problem> {
        self.tally.tally.claimed().map(|tally| tally.context())
    }
}

impl OrderSubmission {
    /// What its envelope must be bound to.
    ///
    /// # Errors
    /// [`Problem::MalformedMessage`] if the tally is none.
    pub fn context(&self) -> Result<SealContext, Problem> {
        self.tally.tally.claimed().map(|tally| tally.context())
    }
}

impl crate::Tally {
    /// The context of both envelopes of this purchase.
    pub fn context(&self) -> SealContext {
        SealContext {
            purchase: self.purchase,
            merchant: self.merchant.clone(),
            agent: self.agent.clone(),
        }
    }
}
