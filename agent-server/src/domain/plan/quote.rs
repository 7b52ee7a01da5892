//! Quotes: the agent's signed word on what each plan costs (52–53), and the check of the one that
//! comes back inside a purchase (58).

use shared_protocol::{
    AgentId, MatchedPayment, PaymentHalf, Plan, PlanClass, PlanInquiry, PlanQuote, PlanQuotes,
    Problem, Signed, Timestamp,
};

use super::{Bill, PlanRules};
use crate::{app::App, domain::Merchant, keys::AgentKeyring};

/// A quote for each plan that rules, merchant and Offer allow for this amount.
pub fn quotes(
    inquiry: &PlanInquiry,
    merchant: &Merchant,
    rules: &PlanRules,
    (agent, keys): (&AgentId, &AgentKeyring),
    now: Timestamp,
) -> PlanQuotes {
    let is_accepted = |class: &PlanClass| inquiry.accepted.contains(class);
    let classes: Vec<_> = merchant.plans.iter().copied().filter(is_accepted).collect();
    let bills = rules.plans(&classes).into_iter().filter(|plan| *plan != Plan::Transfer);
    let bills = bills.filter_map(|plan| rules.bill(plan, inquiry.amount, now).ok());
    let quote = |bill: Bill| PlanQuote {
        agent: agent.clone(),
        merchant: merchant.id.clone(),
        amount: inquiry.amount,
        plan: bill.plan,
        fee: bill.fee,
        total: bill.total,
        yearly_rate: bill.yearly_rate,
        schedule: bill.schedule,
        issued: now,
        expires: now.plus(rules.quote_lifetime),
    };
    PlanQuotes(bills.map(|bill| Signed::sign(&quote(bill), keys)).collect())
}

/// What a purchase comes to: as the agent itself quoted it, or, for a lump sum without a quote, as
/// the rules have it.
///
/// # Errors
/// [`Problem::PlanNotAccepted`] if the merchant's contract has no such plans,
/// [`Problem::PayeeInvalid`] if a transfer would go elsewhere,
/// [`Problem::QuoteInvalid`], [`Problem::QuoteExpired`].
pub fn bill(
    matched: &MatchedPayment,
    half: &PaymentHalf,
    merchant: &Merchant,
    rules: &PlanRules,
    keys: &AgentKeyring,
    now: Timestamp,
) -> Result<Bill, Problem> {
    if !merchant.takes(half.plan.class()) {
        return Err(Problem::PlanNotAccepted);
    }
    // The order goes to the account that the agent itself has named, or nowhere (¶71).
    if half.plan == Plan::Transfer && half.payee != merchant.payee {
        return Err(Problem::PayeeInvalid);
    }
    let quote = half.quote.as_ref().map(|quote| keys.verify_own(quote)).transpose()?;
    matched.check_quote(half.plan, quote.as_ref(), now)?;
    match quote {
        Some(quote) => Ok(Bill::quoted(quote.into_inner())),
        None => rules.bill(half.plan, matched.tally().amount, now),
    }
}

/// Answers an inquiry.
///
/// # Errors
/// [`Problem::UnknownMerchant`], [`Problem::MerchantLapsed`], [`Problem::Unavailable`].
pub async fn answer(app: &App, inquiry: &PlanInquiry) -> Result<PlanQuotes, Problem> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&inquiry.merchant, now).await?;
    merchant.check_in_force(now)?;
    let signer = (&app.config.agent_id, &app.keys);
    Ok(quotes(inquiry, &merchant, &app.plans, signer, now))
}
