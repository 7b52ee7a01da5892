//! What each party does: the shopper's program with a form, agent and merchant with what arrives,
//! from first byte to proof value, in the order of checks that PROTOCOL.md prints.

use shared_protocol::{
    Challenge, Form, Goods, GrantProof, GrantRequest, MatchedPayment, MyOrder, OrderSubmission,
    Plan, Problem, PurchaseId, RedeemableGrant, SealedPurchase, Signed, Signer as _, Terms,
    Timestamp, Verified, jws, split,
};

use crate::party::{Deal, NOW, Seeded};

/// The shopper's side (52–54); it asks for the quote that its plan needs.
pub fn shopper_seals(deal: &Deal, form: Form, rng: &mut Seeded) -> Result<SealedPurchase, Problem> {
    let total = deal.offer().total(form.quantity, form.delivery.destination());
    let quote = match (form.plan, total) {
        (Plan::Single, _) | (_, Err(_)) => None,
        (plan, Ok(total)) => Some(Signed::sign(&deal.quote(plan, total.total), &deal.agent)),
    };
    shopper_seals_as_given(deal, Form { quote, ..form }, rng)
}

/// The same with the quote that stands in the form.
pub fn shopper_seals_as_given(
    deal: &Deal,
    form: Form,
    rng: &mut Seeded,
) -> Result<SealedPurchase, Problem> {
    let mark = deal.signed_mark.verify(&deal.agent.key())?;
    let offer = deal.signed_offer.verify(&deal.merchant.key())?;
    let challenge = deal.signed_challenge.verify(&deal.agent.key())?;
    let terms = Terms {
        mark: &mark,
        offer: &offer,
        signed_offer: &deal.signed_offer,
        challenge: &challenge,
        signed_challenge: &deal.signed_challenge,
    };
    let halves = split(form, &terms, NOW, rng)?;
    let signature = deal.session.sign(&halves.signing_input());
    halves.seal(signature, deal.session.key(), &terms, rng)
}

/// The same deal, asked for another purchase.
pub fn for_purchase(mut deal: Deal, purchase: PurchaseId) -> Deal {
    let usual = deal.signed_challenge.claimed().unwrap();
    let challenge = Challenge { purchase, ..usual };
    deal.signed_challenge = Signed::sign(&challenge, &deal.agent);
    deal
}

/// The agent's side (57–59), as far as the words go.
pub fn agent_matches(
    deal: &Deal,
    request: &GrantRequest,
    now: Timestamp,
) -> Result<MatchedPayment, Problem> {
    let challenge = request.challenge.verify(&deal.agent.key())?;
    let tally = request.tally.verify()?;
    let payment = request.payment.open(&request.context()?, &deal.agent.opening)?;
    let matched = tally.match_payment(&payment, &challenge, &deal.agent.id, now)?;
    if let Goods::Offer(offer) = &payment.goods {
        let offer = offer.verify(&deal.merchant.key())?;
        matched.check_offer(&offer, payment.quantity, now)?;
    }
    let quote = payment.quote.as_ref().map(|quote| quote.verify(&deal.agent.key())).transpose()?;
    matched.check_quote(payment.plan, quote.as_ref(), now)?;
    Ok(matched)
}

/// The merchant's side (62), as far as the words go.
pub fn merchant_redeems(
    deal: &Deal,
    submission: &OrderSubmission,
    now: Timestamp,
) -> Result<RedeemableGrant, Problem> {
    let grant: Verified<_> = match &submission.grant {
        GrantProof::Signed(signed) => signed.verify(&deal.agent.key())?,
        GrantProof::Jws(text) => jws::verify(text, &[deal.agent.key()])?,
    };
    let half = submission.order.open(&submission.context()?, &deal.merchant.opening)?;
    let order = MyOrder {
        merchant: &deal.merchant.id,
        agent: &deal.agent.id,
        half: &half,
        offer: &deal.offer(),
        tally: &submission.tally,
    };
    grant.redeem(&order, now)
}
