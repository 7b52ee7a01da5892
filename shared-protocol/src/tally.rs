//! The tally: one signature over both halves (the dual signature of SET, with what it lacked).
//! Without the Challenge an envelope could be authorised twice, without the agent's name it could
//! be spent elsewhere, without the salts an address could be guessed (TRUST.md D1–D3).

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Amount, Digest, MerchantId, Plan, PlanClass, PurchaseId,
    challenge::Challenge,
    codec::messages,
    half::{OrderHalf, PaymentHalf},
    offer::Offer,
    problem::Problem,
    quote::PlanQuote,
    role::Role,
    sign::{Signed, Statement, Verified, VerifyingKey},
    time::Timestamp,
};

/// What the shopper's session key signs, and their passkey where they pay by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// This purchase.
    pub purchase: PurchaseId,
    /// The digest of the agent's signed Challenge.
    pub challenge: Digest,
    /// Meant for this agent.
    pub agent: AgentId,
    /// And for this merchant.
    pub merchant: MerchantId,
    /// Commitment to the order half.
    pub order: Digest,
    /// Commitment to the payment half.
    pub payment: Digest,
    /// The digest of the merchant's signed Offer.
    pub offer: Digest,
    /// What is paid, and in which currency.
    pub amount: Amount,
    /// The kind of plan, which the merchant may know.
    pub plan_class: PlanClass,
    /// Until when the agent may act on it.
    pub expires: Timestamp,
}

messages! { Tally = "tally", 512; SignedTally = "signed-tally", 640; }

impl Statement for Tally {
    const SPEAKER: Role = Role::Shopper;
    const HEARER: Role = Role::Anyone;
    const BROKEN: Problem = Problem::TallyInvalid;
}

/// A tally and the session key that signed it. The key lives in one browser page, cannot be
/// extracted from it, and says nothing about the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTally {
    /// The tally.
    pub tally: Signed<Tally>,
    /// Whose signature it bears.
    pub session_key: VerifyingKey,
}

impl SignedTally {
    /// Checks the signature by the session key it names.
    ///
    /// # Errors
    /// [`Problem::TallyInvalid`].
    pub fn verify(&self) -> Result<VerifiedTally, Problem> {
        let tally = self.tally.verify(&self.session_key)?;
        Ok(VerifiedTally { tally, session_key: self.session_key })
    }
}

/// A tally whose signature held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTally {
    tally: Verified<Tally>,
    session_key: VerifyingKey,
}

impl core::ops::Deref for VerifiedTally {
    type Target = Tally;
    fn deref(&self) -> &Tally {
        &self.tally
    }
}

impl VerifiedTally {
    /// The digest of the signed tally.
    pub fn digest(&self) -> Digest {
        self.tally.digest()
    }

    /// Whose signature it bears.
    pub fn session_key(&self) -> VerifyingKey {
        self.session_key
    }

    /// The agent's side of the match: the payment half that it opened is the one that was signed,
    /// answers the Challenge that it set, and costs what the Offer says.
    ///
    /// # Errors
    /// In order of precedence: [`Problem::WrongRecipient`], [`Problem::ChallengeInvalid`],
    /// [`Problem::ChallengeExpired`], [`Problem::TallyExpired`], [`Problem::HalfMismatch`],
    /// [`Problem::PlanNotAccepted`], [`Problem::PayeeInvalid`].
    pub fn match_payment(
        self,
        half: &PaymentHalf,
        challenge: &Verified<Challenge>,
        agent: &AgentId,
        now: Timestamp,
    ) -> Result<MatchedPayment, Problem> {
        let tally = &*self.tally;
        if tally.agent != *agent || challenge.agent != *agent {
            return Err(Problem::WrongRecipient);
        }
        let answers = tally.challenge == challenge.digest()
            && tally.purchase == challenge.purchase
            && tally.merchant == challenge.merchant;
        if !answers {
            return Err(Problem::ChallengeInvalid);
        }
        challenge.check_fresh(now)?;
        if now >= tally.expires {
            return Err(Problem::TallyExpired);
        }
        let same = tally.payment == half.digest()
            && tally.purchase == half.purchase
            && tally.offer == half.goods.digest();
        if !same {
            return Err(Problem::HalfMismatch);
        }
        if tally.plan_class != half.plan.class() {
            return Err(Problem::PlanNotAccepted);
        }
        if half.payee.is_some() != (half.plan == Plan::Transfer) {
            return Err(Problem::PayeeInvalid);
        }
        Ok(MatchedPayment { tally: self })
    }

    /// The merchant's side of the match: the order half that it opened is the one that was signed,
    /// takes up this Offer, and costs what the Offer says.
    ///
    /// # Errors
    /// In order of precedence: [`Problem::WrongRecipient`], [`Problem::HalfMismatch`], those of
    /// [`Offer::total`], [`Problem::AmountMismatch`], [`Problem::PlanNotAccepted`].
    pub fn match_order(
        self,
        half: &OrderHalf,
        offer: &Verified<Offer>,
        merchant: &MerchantId,
    ) -> Result<MatchedOrder, Problem> {
        let tally = &*self.tally;
        if tally.merchant != *merchant || offer.merchant != *merchant {
            return Err(Problem::WrongRecipient);
        }
        let same = tally.order == half.digest()
            && tally.purchase == half.purchase
            && tally.offer == half.offer
            && half.offer == offer.digest();
        if !same {
            return Err(Problem::HalfMismatch);
        }
        let total = offer.total(half.quantity, half.delivery.destination())?;
        if tally.amount != total.total {
            return Err(Problem::AmountMismatch);
        }
        if !offer.plans.contains(&tally.plan_class) {
            return Err(Problem::PlanNotAccepted);
        }
        Ok(MatchedOrder { tally: self })
    }
}

/// A tally that matches the payment half in the agent's hand. Only
/// [`VerifiedTally::match_payment`] makes one.
#[derive(Clone, Debug)]
pub struct MatchedPayment {
    tally: VerifiedTally,
}

impl MatchedPayment {
    /// The tally.
    pub fn tally(&self) -> &VerifiedTally {
        &self.tally
    }

    /// Checks price and plan against the Offer itself, where the agent may see it.
    ///
    /// # Errors
    /// [`Problem::OfferInvalid`], [`Problem::OfferExpired`], [`Problem::AmountMismatch`],
    /// [`Problem::PlanNotAccepted`].
    pub fn check_offer(
        &self,
        offer: &Verified<Offer>,
        quantity: u32,
        now: Timestamp,
    ) -> Result<(), Problem> {
        if offer.digest() != self.tally.offer || offer.merchant != self.tally.merchant {
            return Err(Problem::OfferInvalid);
        }
        offer.check_complete()?;
        offer.check_open(now)?;
        if !offer.may_cost(quantity, self.tally.amount) {
            return Err(Problem::AmountMismatch);
        }
        let accepted = offer.plans.contains(&self.tally.plan_class);
        accepted.then_some(()).ok_or(Problem::PlanNotAccepted)
    }

    /// Checks that the plan was quoted for this very purchase; lump sum and transfer need no quote.
    ///
    /// # Errors
    /// [`Problem::QuoteInvalid`], [`Problem::QuoteExpired`].
    pub fn check_quote(
        &self,
        plan: Plan,
        quote: Option<&Verified<PlanQuote>>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let Some(quote) = quote else {
            return if plan.is_quoted() { Err(Problem::QuoteInvalid) } else { Ok(()) };
        };
        quote.check_for((&self.tally.agent, &self.tally.merchant), self.tally.amount, plan)?;
        quote.check_open(now)
    }
}

/// A tally that matches the order half in the merchant's hand. Only
/// [`VerifiedTally::match_order`] makes one.
#[derive(Clone, Debug)]
pub struct MatchedOrder {
    tally: VerifiedTally,
}

impl MatchedOrder {
    /// The tally.
    pub fn tally(&self) -> &VerifiedTally {
        &self.tally
    }
}
