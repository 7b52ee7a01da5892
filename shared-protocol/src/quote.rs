//! The quote of a plan (支払回数): what it costs and when it falls due, signed by the agent before
//! the shopper chooses it. The chosen one goes into the payment half, and so into what is signed.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Amount, BasisPoints, MerchantId, Plan, PlanClass,
    codec::messages,
    date::Date,
    problem::Problem,
    role::{Agent, Role, VisibleTo},
    sign::{Signed, Statement, Verified},
    time::Timestamp,
};

/// Asks the agent in which ways this amount may be paid (¶48).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanInquiry {
    /// At this merchant.
    pub merchant: MerchantId,
    /// The price with all charges of the merchant.
    pub amount: Amount,
    /// The classes that the merchant's Offer accepts.
    pub accepted: Vec<PlanClass>,
}

/// One quote for each plan that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanQuotes(pub Vec<Signed<PlanQuote>>);

/// Agent-signed, for the shopper: paid by this plan, the amount costs so much, due on these days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanQuote {
    /// Who says so, and is paid.
    pub agent: AgentId,
    /// For a purchase at this merchant.
    pub merchant: MerchantId,
    /// What the merchant gets.
    pub amount: Amount,
    /// The plan.
    pub plan: Plan,
    /// What the plan costs (手数料).
    pub fee: Amount,
    /// Amount and fee: what the shopper pays in all (支払総額).
    pub total: Amount,
    /// The effective yearly rate (実質年率, 割賦販売法 30条), where the law asks for one.
    pub yearly_rate: Option<BasisPoints>,
    /// What falls due when; the sum is the total.
    pub schedule: Vec<Instalment>,
    /// When it was made.
    pub issued: Timestamp,
    /// Until when it may be taken up.
    pub expires: Timestamp,
}

/// One payment of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// When it falls due.
    pub due: Date,
    /// How much, in the minor unit of the total's currency.
    #[serde(deserialize_with = "crate::money::minor")]
    pub minor: u64,
}

// Up to 61 payments at the end of what amounts may be fit; see the limit of an Offer.
messages! {
    PlanInquiry = "plan-inquiry", 128;
    PlanQuotes = "plan-quotes", 65_536;
    PlanQuote = "plan-quote", 1_024;
}

impl Statement for PlanQuote {
    const SPEAKER: Role = Role::Agent;
    const HEARER: Role = Role::Shopper;
    const BROKEN: Problem = Problem::QuoteInvalid;
}

// The merchant learns only the class of the plan.
impl VisibleTo<Agent> for PlanQuote {}
impl VisibleTo<Agent> for Option<Signed<PlanQuote>> {}

impl PlanQuote {
    /// Whether its own numbers agree: fee and payments add up, each payment is something, and each
    /// falls due after the one before.
    pub fn adds_up(&self) -> bool {
        let payments = self.schedule.iter().map(|instalment| instalment.minor);
        let sum = payments.clone().try_fold(0_u64, u64::checked_add);
        self.amount.plus(self.fee) == Some(self.total)
            && sum == Some(self.total.minor)
            && payments.into_iter().all(|minor| minor > 0)
            && self.schedule.windows(2).all(|pair| pair[0].due < pair[1].due)
    }

    /// Checks that it is a sound one, of this agent, for this purchase and plan.
    ///
    /// # Errors
    /// [`Problem::QuoteInvalid`].
    pub fn check_for(
        &self,
        (agent, merchant): (&AgentId, &MerchantId),
        amount: Amount,
        plan: Plan,
    ) -> Result<(), Problem> {
        let suits = self.agent == *agent
            && self.merchant == *merchant
            && self.amount == amount
            && self.plan == plan
            && self.adds_up();
        suits.then_some(()).ok_or(Problem::QuoteInvalid)
    }
}

impl Verified<PlanQuote> {
    /// Checks that it may still be taken up at `now`.
    ///
    /// # Errors
    /// [`Problem::QuoteExpired`].
    pub fn check_open(&self, now: Timestamp) -> Result<(), Problem> {
        (now < self.expires).then_some(()).ok_or(Problem::QuoteExpired)
    }
}
