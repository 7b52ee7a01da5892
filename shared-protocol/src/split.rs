//! The heart: what was typed becomes two halves, each sealed to its only reader, and one tally
//! that binds them. One pure function each for dividing and for sealing.

use rand_core::CryptoRng;

use crate::{
    Amount, Digest, Locale, PasskeyAssertion, Plan, PurchaseId, Salt,
    challenge::Challenge,
    codec,
    grant::{Grant, GrantProof, GrantRequest, OrderSubmission},
    half::{Contact, Credential, Delivery, Goods, OrderHalf, PaymentHalf},
    hand_over::OrderForm,
    mark::Mark,
    offer::Offer,
    problem::Problem,
    quote::PlanQuote,
    seal::{SealContext, Sealed},
    sign::{Signature, Signed, Verified, VerifyingKey, signing_input},
    tally::{SignedTally, Tally},
    time::{ORDER_IDLE, Timestamp},
};

/// All that was typed and chosen, read and normalised.
pub struct Form {
    /// How many.
    pub quantity: u32,
    /// Who orders.
    pub contact: Contact,
    /// Where it goes.
    pub delivery: Delivery,
    /// Which contract pays, and how that is shown.
    pub credential: Credential,
    /// How.
    pub plan: Plan,
    /// The agent's quote for it; the lump sum and the transfer need none.
    pub quote: Option<Signed<PlanQuote>>,
    /// The language on screen.
    pub locale: Locale,
}

/// What the program has verified before it splits anything.
pub struct Terms<'a> {
    /// The agent's word on the merchant.
    pub mark: &'a Verified<Mark>,
    /// The merchant's Offer, and as it was signed.
    pub offer: &'a Verified<Offer>,
    /// The same, as it came.
    pub signed_offer: &'a Signed<Offer>,
    /// The agent's Challenge.
    pub challenge: &'a Verified<Challenge>,
    /// The same, as it came.
    pub signed_challenge: &'a Signed<Challenge>,
}

/// Two halves and the tally that binds them, waiting for the session key's signature.
pub struct Split {
    order: OrderHalf,
    payment: PaymentHalf,
    tally: Tally,
    amount: Amount,
}

/// Divides what was typed: the order half for the merchant, the payment half for the agent, each
/// with a fresh salt, and the tally over both.
///
/// # Errors
/// [`Problem::WrongRecipient`] if Mark, Offer and Challenge are not of one deal; those of
/// [`Offer::total`]; [`Problem::PlanNotAccepted`]; [`Problem::QuoteInvalid`] if the quote is not of
/// this plan and amount. Its signature is the caller's to check.
pub fn split(
    form: Form,
    terms: &Terms<'_>,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Split, Problem> {
    let Terms { mark, offer, challenge, .. } = terms;
    let one_deal = mark.merchant == offer.merchant
        && mark.merchant == challenge.merchant
        && mark.agent == challenge.agent;
    if !one_deal {
        return Err(Problem::WrongRecipient);
    }
    let amount = offer.total(form.quantity, form.delivery.destination())?.total;
    if !offer.plans.contains(&form.plan.class()) {
        return Err(Problem::PlanNotAccepted);
    }
    let parties = (&challenge.agent, &challenge.merchant);
    match &form.quote {
        Some(quote) => quote.claimed()?.check_for(parties, amount, form.plan)?,
        None if !form.plan.is_quoted() => {}
        None => return Err(Problem::QuoteInvalid),
    }
    let payee = match form.plan {
        Plan::Transfer => Some(mark.payee.clone().ok_or(Problem::PlanNotAccepted)?),
        _ => None,
    };
    let purchase: PurchaseId = challenge.purchase;
    let order = OrderHalf {
        purchase,
        offer: offer.digest(),
        quantity: form.quantity,
        contact: form.contact,
        delivery: form.delivery,
        locale: form.locale,
        salt: Salt::random(rng),
    };
    let payment = PaymentHalf {
        purchase,
        goods: Goods::Offer(terms.signed_offer.clone()),
        quantity: form.quantity,
        credential: form.credential,
        plan: form.plan,
        quote: form.quote,
        payee,
        locale: form.locale,
        salt: Salt::random(rng),
    };
    let tally = Tally {
        purchase,
        challenge: challenge.digest(),
        agent: challenge.agent.clone(),
        merchant: challenge.merchant.clone(),
        order: order.digest(),
        payment: payment.digest(),
        offer: offer.digest(),
        amount,
        plan_class: form.plan.class(),
        expires: now.plus(ORDER_IDLE),
    };
    Ok(Split { order, payment, tally, amount })
}

impl Split {
    /// What will be paid.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// The order half as the fields of a form, for a merchant whose Mark says `hand_over`.
    pub fn order_form(&self) -> OrderForm {
        self.order.form()
    }

    /// The bytes that the session key must sign.
    pub fn signing_input(&self) -> alloc::vec::Vec<u8> {
        signing_input::<Tally>(&codec::encode(&self.tally))
    }

    /// Seals each half to its reader. The halves are gone afterwards: only envelopes remain.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`] if a key in Mark or Challenge is none.
    pub fn seal(
        self,
        signature: Signature,
        session_key: VerifyingKey,
        terms: &Terms<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedPurchase, Problem> {
        let context = self.tally.context();
        let order = Sealed::<OrderHalf>::seal(&self.order, &context, &terms.mark.sealing_key, rng)?;
        let payment = Sealed::<PaymentHalf>::seal(
            &self.payment,
            &context,
            &terms.challenge.sealing_key,
            rng,
        )?;
        let tally = Signed::from_parts(codec::encode(&self.tally), signature);
        Ok(SealedPurchase {
            context,
            challenge: terms.signed_challenge.clone(),
            tally: SignedTally { tally, session_key },
            signed: self.tally,
            order,
            payment,
            passkey: None,
        })
    }
}

/// A purchase ready to go: two envelopes and the tally. Holds nothing readable.
#[derive(Clone)]
pub struct SealedPurchase {
    /// What both envelopes are bound to.
    pub context: SealContext,
    challenge: Signed<Challenge>,
    tally: SignedTally,
    signed: Tally,
    order: Sealed<OrderHalf>,
    payment: Sealed<PaymentHalf>,
    passkey: Option<Sealed<PasskeyAssertion>>,
}

impl SealedPurchase {
    /// What a passkey must sign: the tally's digest, as the challenge of WebAuthn.
    pub fn passkey_challenge(&self) -> Digest {
        self.tally.tally.digest()
    }

    /// Adds the passkey's word on it, sealed to the agent.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`] if the Challenge's key is none, or the word is too long.
    pub fn with_passkey(
        mut self,
        assertion: &PasskeyAssertion,
        terms: &Terms<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Problem> {
        let key = &terms.challenge.sealing_key;
        self.passkey = Some(Sealed::seal(assertion, &self.context, key, rng)?);
        Ok(self)
    }

    /// Whether a Grant is for exactly what was signed here.
    pub fn is_granted_by(&self, grant: &Grant) -> bool {
        let tally = &self.signed;
        grant.agent == tally.agent
            && grant.merchant == tally.merchant
            && grant.purchase == tally.purchase
            && grant.order == tally.order
            && grant.offer == tally.offer
            && grant.tally == self.tally.tally.digest()
            && grant.amount == tally.amount
            && grant.plan_class == tally.plan_class
            && grant.session_key == self.tally.session_key
    }

    /// For the merchant, before anything is granted (54).
    pub fn order_check(&self) -> crate::OrderCheck {
        crate::OrderCheck { context: self.context.clone(), order: self.order.clone() }
    }

    /// For the agent (57).
    pub fn grant_request(&self) -> GrantRequest {
        GrantRequest {
            challenge: self.challenge.clone(),
            tally: self.tally.clone(),
            payment: self.payment.clone(),
            passkey: self.passkey.clone(),
        }
    }

    /// For the merchant, with the agent's promise (61).
    pub fn order_submission(&self, grant: GrantProof) -> OrderSubmission {
        OrderSubmission { grant, tally: self.tally.clone(), order: self.order.clone() }
    }
}
