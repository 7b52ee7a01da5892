//! What the two servers answer is compared with what was signed, field by field, before it is
//! shown as true. Nothing here talks to anybody.

use shared_protocol::{
    Acceptance, Amount, Deposit, Form, Grant, GrantProof, OrderForm, OrderSubmission, Problem,
    SealedPurchase, Signature, Signed, Split, Timestamp, Verified, Verifier, VerifyingKey, decode,
    split,
};

use crate::{
    stage::Receipt,
    words::{Challenged, Words, by_any},
};

/// One purchase on its way: sealed, with what it costs. The same bytes go out on every try.
#[derive(Clone)]
pub struct Attempt {
    /// Two envelopes and the tally.
    pub sealed: SealedPurchase,
    /// What the shopper agreed to pay.
    pub amount: Amount,
    /// The order half as fields, for a shop that takes it by a form.
    pub form: Option<OrderForm>,
}

/// A split that waits for the session key's signature.
pub struct Prepared<'a> {
    split: Split,
    words: &'a Words,
    challenged: &'a Challenged,
}

/// Divides the form in two, on these words.
///
/// # Errors
/// Those of [`split`]; [`Problem::MarkExpired`], [`Problem::OfferExpired`],
/// [`Problem::ChallengeExpired`] at `now`.
pub fn prepare<'a>(
    form: Form,
    words: &'a Words,
    challenged: &'a Challenged,
    now: Timestamp,
    rng: &mut impl rand_core::CryptoRng,
) -> Result<Prepared<'a>, Problem> {
    words.check_time(now)?;
    challenged.challenge.check_fresh(now)?;
    let split = split(form, &words.terms(challenged), now, rng)?;
    Ok(Prepared { split, words, challenged })
}

impl Prepared<'_> {
    /// The bytes that the session key must sign.
    pub fn signing_input(&self) -> Vec<u8> {
        self.split.signing_input()
    }

    /// Seals each half to its reader; what was readable is gone afterwards.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`].
    pub fn seal(
        self,
        signature: Signature,
        session_key: VerifyingKey,
        rng: &mut impl rand_core::CryptoRng,
    ) -> Result<Attempt, Problem> {
        let amount = self.split.amount();
        let form = self.words.hand_over().map(|_| self.split.order_form());
        let terms = self.words.terms(self.challenged);
        let sealed = self.split.seal(signature, session_key, &terms, rng)?;
        Ok(Attempt { sealed, amount, form })
    }
}

impl Attempt {
    /// Checks that a Grant is the agent's and for exactly what was signed here.
    ///
    /// # Errors
    /// [`Problem::GrantInvalid`].
    pub async fn check_grant(
        &self,
        signed: &Signed<Grant>,
        words: &Words,
        verifier: &impl Verifier,
    ) -> Result<Verified<Grant>, Problem> {
        let grant = by_any(&words.keys, signed, verifier).await?;
        let same = self.sealed.is_granted_by(&grant);
        if same { Ok(grant) } else { Err(Problem::GrantInvalid) }
    }

    /// The order half with the agent's promise, for the merchant.
    pub fn submission(&self, grant: Signed<Grant>) -> OrderSubmission {
        self.sealed.order_submission(GrantProof::Signed(grant))
    }

    /// Checks that an Acceptance is the merchant's and redeems this very Grant.
    ///
    /// # Errors
    /// [`Problem::AcceptanceInvalid`].
    pub async fn check_acceptance(
        &self,
        answer: &[u8],
        grant: &Verified<Grant>,
        words: &Words,
        verifier: &impl Verifier,
    ) -> Result<Receipt, Problem> {
        let signed: Signed<Acceptance> = read(answer)?;
        let acceptance = signed.verify_by(&words.mark.verifying_key, verifier).await?;
        let same = acceptance.merchant == grant.merchant
            && acceptance.agent == grant.agent
            && acceptance.purchase == grant.purchase
            && acceptance.handling_number == grant.handling_number
            && acceptance.grant == grant.digest()
            && acceptance.amount == grant.amount;
        if !same {
            return Err(Problem::AcceptanceInvalid);
        }
        Ok(Receipt {
            number: grant.handling_number,
            amount: grant.amount,
            order: acceptance.order_reference.clone(),
            accepted: acceptance.accepted,
            provisional: grant.provisional,
            sending: None,
            waits: None,
        })
    }

    /// Checks that the agent keeps this very order for the merchant.
    ///
    /// # Errors
    /// [`Problem::AcceptanceInvalid`].
    pub async fn check_deposit(
        &self,
        answer: &[u8],
        grant: &Verified<Grant>,
        words: &Words,
        verifier: &impl Verifier,
    ) -> Result<Receipt, Problem> {
        let deposit = by_any::<Deposit>(&words.keys, &read(answer)?, verifier).await?;
        let same = deposit.merchant == grant.merchant
            && deposit.purchase == grant.purchase
            && deposit.grant == grant.digest();
        if !same {
            return Err(Problem::AcceptanceInvalid);
        }
        Ok(Receipt {
            number: grant.handling_number,
            amount: grant.amount,
            order: String::new(),
            accepted: deposit.deposited,
            provisional: grant.provisional,
            sending: None,
            waits: Some(deposit.deadline),
        })
    }
}

fn read<M: shared_protocol::Message>(answer: &[u8]) -> Result<M, Problem> {
    decode(answer).map_err(|_| Problem::AcceptanceInvalid)
}
