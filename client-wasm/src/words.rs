//! What the parties have signed about this purchase: the agent's Mark, the merchant's Offer, the
//! agent's Challenge. Nothing of them is used before its signature has been checked here.

use std::rc::Rc;

use shared_protocol::{
    Amount, Challenge, ItemId, Mark, MerchantId, Message, Offer, Plan, PlanQuote, PlanQuotes,
    Problem, PurchaseId, Signed, Statement, Terms, Timestamp, Verified, Verifier, VerifyingKey,
    decode,
};

use crate::ways;

/// What the page says of its deal, as it came: texts of its `<meta>` elements.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The merchant's id.
    pub merchant: String,
    /// The item's id.
    pub item: String,
    /// The agent's verifying keys, each 32 bytes.
    pub keys: Vec<Vec<u8>>,
    /// A signed Mark.
    pub mark: Vec<u8>,
    /// A signed Offer.
    pub offer: Vec<u8>,
    /// In a borrowed window the signed Mark of the merchant whose page it is; else empty.
    pub host: Vec<u8>,
    /// Every origin of which one shows this page; none if it shows itself.
    pub origins: Vec<String>,
}

/// A deal whose words hold: who sells, what, on which terms, through whom it is paid.
#[derive(Clone, Debug)]
pub struct Words {
    /// Whose signature counts as the agent's.
    pub keys: Vec<VerifyingKey>,
    /// The agent's word on the merchant.
    pub mark: Verified<Mark>,
    /// The merchant's Offer.
    pub offer: Verified<Offer>,
    /// As [`Words::host`].
    pub(crate) host: Option<Rc<Verified<Mark>>>,
    signed_offer: Signed<Offer>,
    /// Every origin of which one shows this page.
    origins: Vec<String>,
}

impl Words {
    /// Checks all that the page claims. Validity in time is judged later, by the agent's clock
    /// ([`Words::check_time`]).
    ///
    /// # Errors
    /// [`Problem::MarkInvalid`], [`Problem::OfferInvalid`] if a signature does not hold or it is
    /// about something else, [`Problem::OriginNotRegistered`] if another's page shows this one.
    pub async fn verify(claims: &Claims, verifier: &impl Verifier) -> Result<Self, Problem> {
        let keys: Option<Vec<_>> =
            claims.keys.iter().map(|key| VerifyingKey::try_from(key.as_slice()).ok()).collect();
        let keys = keys.ok_or(Problem::MarkInvalid)?;
        let merchant: MerchantId = claims.merchant.parse().map_err(|_| Problem::MarkInvalid)?;
        let item: ItemId = claims.item.parse().map_err(|_| Problem::OfferInvalid)?;
        let mark = read(&claims.mark).ok_or(Problem::MarkInvalid)?;
        let offer = read(&claims.offer).ok_or(Problem::OfferInvalid)?;
        let origins = claims.origins.clone();
        let words = Self::of(keys, &mark, offer, origins, verifier).await?;
        #[cfg(feature = "every-way")]
        let words = words.within(claims, verifier).await?;
        if words.mark.merchant != merchant {
            return Err(Problem::MarkInvalid);
        }
        if words.offer.item != item {
            return Err(Problem::OfferInvalid);
        }
        Ok(words)
    }

    /// With whose page it is, where that is another's.
    #[cfg(feature = "every-way")]
    async fn within(mut self, claims: &Claims, verifier: &impl Verifier) -> Result<Self, Problem> {
        if !claims.host.is_empty() {
            let host = read(&claims.host).ok_or(Problem::MarkInvalid)?;
            let host: Verified<Mark> = by_any(&self.keys, &host, verifier).await?;
            claims.origins.iter().try_for_each(|origin| host.check_origin(origin))?;
            self.host = Some(Rc::new(host));
        }
        Ok(self)
    }

    /// The same deal in newer words.
    ///
    /// # Errors
    /// As [`Words::verify`].
    pub async fn renew(
        &self,
        mark: &Signed<Mark>,
        offer: Signed<Offer>,
        verifier: &impl Verifier,
    ) -> Result<Self, Problem> {
        let origins = self.origins.clone();
        let mut words = Self::of(self.keys.clone(), mark, offer, origins, verifier).await?;
        words.host = self.host.clone();
        let same = words.mark.merchant == self.mark.merchant && words.offer.item == self.offer.item;
        same.then_some(words).ok_or(Problem::OfferInvalid)
    }

    /// Whether Mark and Offer are good at `now`.
    ///
    /// # Errors
    /// [`Problem::MarkExpired`], [`Problem::OfferExpired`].
    pub fn check_time(&self, now: Timestamp) -> Result<(), Problem> {
        self.mark.check_valid(now)?;
        self.offer.check_open(now)
    }

    /// Whether the shopper was shown these very terms of this very seller, whenever they were
    /// signed.
    ///
    /// # Errors
    /// [`Problem::SellerChanged`], [`Problem::TermsChanged`].
    pub fn check_same(&self, other: &Self) -> Result<(), Problem> {
        if self.mark.legal_notice != other.mark.legal_notice {
            return Err(Problem::SellerChanged);
        }
        let same = terms(&self.offer) == terms(&other.offer) && self.mark.payee == other.mark.payee;
        same.then_some(()).ok_or(Problem::TermsChanged)
    }

    /// Checks a Challenge for `purchase`.
    ///
    /// # Errors
    /// [`Problem::ChallengeInvalid`].
    pub async fn challenge(
        &self,
        signed: Signed<Challenge>,
        purchase: PurchaseId,
        verifier: &impl Verifier,
    ) -> Result<Challenged, Problem> {
        let challenge = by_any(&self.keys, &signed, verifier).await?;
        let ours = challenge.purchase == purchase
            && challenge.merchant == self.mark.merchant
            && challenge.agent == self.mark.agent;
        ours.then_some(Challenged { challenge, signed }).ok_or(Problem::ChallengeInvalid)
    }

    /// The agent's quote for this plan among its answer, checked.
    ///
    /// # Errors
    /// [`Problem::PlanNotAccepted`] if there is none, [`Problem::QuoteInvalid`],
    /// [`Problem::QuoteExpired`].
    pub async fn quote(
        &self,
        quotes: PlanQuotes,
        (amount, plan): (Amount, Plan),
        now: Timestamp,
        verifier: &impl Verifier,
    ) -> Result<Quoted, Problem> {
        let is_asked =
            |signed: &Signed<PlanQuote>| signed.claimed().is_ok_and(|quote| quote.plan == plan);
        let signed = quotes.0.into_iter().find(is_asked).ok_or(Problem::PlanNotAccepted)?;
        let quote = by_any(&self.keys, &signed, verifier).await?;
        let quoted = Quoted { quote, signed };
        quoted.check(self, amount, plan, now)?;
        Ok(quoted)
    }

    /// All that a split rests on.
    pub fn terms<'a>(&'a self, challenged: &'a Challenged) -> Terms<'a> {
        Terms {
            mark: &self.mark,
            offer: &self.offer,
            signed_offer: &self.signed_offer,
            challenge: &challenged.challenge,
            signed_challenge: &challenged.signed,
        }
    }

    async fn of(
        keys: Vec<VerifyingKey>,
        mark: &Signed<Mark>,
        signed_offer: Signed<Offer>,
        origins: Vec<String>,
        verifier: &impl Verifier,
    ) -> Result<Self, Problem> {
        let mark = by_any(&keys, mark, verifier).await?;
        if !ways::can_follow(&mark) {
            return Err(Problem::MarkExpired);
        }
        let offer = signed_offer.verify_by(&mark.verifying_key, verifier).await?;
        if offer.merchant != mark.merchant {
            return Err(Problem::OfferInvalid);
        }
        offer.check_complete()?;
        origins.iter().try_for_each(|origin| mark.check_origin(origin))?;
        Ok(Self { keys, mark, offer, host: None, signed_offer, origins })
    }
}

/// A Challenge that is the agent's, for one purchase.
#[derive(Clone, Debug)]
pub struct Challenged {
    /// What it says.
    pub challenge: Verified<Challenge>,
    signed: Signed<Challenge>,
}

/// A quote that is the agent's, for one amount and plan at this merchant.
#[derive(Clone, Debug)]
pub struct Quoted {
    /// What it says.
    pub quote: Verified<PlanQuote>,
    /// As it came: it goes into the payment half.
    pub signed: Signed<PlanQuote>,
}

impl Quoted {
    /// Whether it is for this amount and plan, and still good.
    ///
    /// # Errors
    /// [`Problem::QuoteInvalid`], [`Problem::QuoteExpired`].
    pub fn check(
        &self,
        words: &Words,
        amount: Amount,
        plan: Plan,
        now: Timestamp,
    ) -> Result<(), Problem> {
        self.quote.check_for((&words.mark.agent, &words.mark.merchant), amount, plan)?;
        self.quote.check_open(now)
    }
}

/// Checks a statement of the agent, who may have several keys while they rotate.
///
/// # Errors
/// The statement's own `BROKEN` if none of the keys signed it.
pub async fn by_any<T: Statement>(
    keys: &[VerifyingKey],
    signed: &Signed<T>,
    verifier: &impl Verifier,
) -> Result<Verified<T>, Problem> {
    for key in keys {
        if let Ok(verified) = signed.verify_by(key, verifier).await {
            return Ok(verified);
        }
    }
    Err(T::BROKEN)
}

/// What an Offer binds the shopper to (特定商取引法 12条の6), and what it is called.
fn terms(offer: &Offer) -> impl PartialEq + '_ {
    let texts = [
        &offer.name,
        &offer.payment_terms,
        &offer.delivery_time,
        &offer.application_period,
        &offer.withdrawal_terms,
    ];
    let price = (offer.unit_price, offer.tax_rate, offer.quantity);
    (texts, price, &offer.delivery, &offer.plans)
}

fn read<M: Message>(bytes: &[u8]) -> Option<M> {
    decode(bytes).ok()
}
