//! Whether the agent stands for a purchase (57–60): proof by proof, in the order of precedence.
//! Each step hands on a value that only it can make.

use std::time::Duration;

use rand_core::CryptoRng;
use ring::digest::{SHA256, digest};
use shared_protocol::{
    AgentId, Challenge, Field, FieldProblem, Goods, Grant, GrantRequest, HandlingNumber, Localized,
    MatchedPayment, PaymentHalf, Problem, PurchaseId, Signed, SignedTally, Span, Timestamp,
    Verified, read_field,
};

use super::{
    Merchant,
    contract::{Ask, Claim},
    plan::{self, Bill, PlanRules},
    purchase::redeemable_until,
    unavailable,
};
use crate::{
    app::App,
    demo,
    keys::AgentKeyring,
    store::{Filing, Promise},
};

/// A request whose signatures hold and whose payment half is the one that was signed.
pub struct Opened {
    matched: MatchedPayment,
    half: PaymentHalf,
    tally: SignedTally,
}

/// One that its merchant may make, at the price that the merchant signed.
pub struct Vetted {
    opened: Opened,
    item: Localized,
    /// What the shopper will owe for it, or why the agent does not stand for it whatever the
    /// contract says (59).
    bill: Result<Bill, Problem>,
}

impl Opened {
    /// Checks the agent's own Challenge, the tally's signature, opens the envelope and compares
    /// it with what was signed (57).
    ///
    /// # Errors
    /// In order of precedence: [`Problem::ChallengeInvalid`], [`Problem::TallyInvalid`],
    /// [`Problem::EnvelopeInvalid`], those of `VerifiedTally::match_payment`,
    /// [`Problem::CardNumberRefused`].
    pub fn open(
        request: GrantRequest,
        agent: &AgentId,
        keys: &AgentKeyring,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let challenge: Verified<Challenge> = keys.verify_own(&request.challenge)?;
        let tally = request.tally.verify()?;
        let half = request.payment.open(&request.context()?, keys.opening())?;
        let matched = tally.match_payment(&half, &challenge, agent, now)?;
        refuse_cards(&half)?;
        Ok(Self { matched, half, tally: request.tally })
    }

    /// Checks the merchant's contract (59), the price against the merchant's own Offer, and the
    /// plan against the agent's own quote.
    ///
    /// # Errors
    /// [`Problem::OfferInvalid`] and the others of `MatchedPayment::check_offer`, then those of
    /// `plan::quote::bill`. A lapsed merchant is no error here: the purchase is entered as
    /// declined.
    pub fn vet(
        self,
        merchant: &Merchant,
        rules: &PlanRules,
        keys: &AgentKeyring,
        now: Timestamp,
    ) -> Result<Vetted, Problem> {
        if let Err(problem) = merchant.check_in_force(now) {
            return Ok(Vetted { opened: self, item: Localized::default(), bill: Err(problem) });
        }
        let item = match &self.half.goods {
            Goods::Digest(_) => Localized::default(),
            Goods::Offer(signed) => {
                let offer = signed.verify(&merchant.verifying_key)?;
                self.matched.check_offer(&offer, self.half.quantity, now)?;
                offer.into_inner().name
            }
        };
        let bill = plan::quote::bill(&self.matched, &self.half, merchant, rules, keys, now)?;
        Ok(Vetted { opened: self, item, bill: Ok(bill) })
    }
}

impl Vetted {
    /// Makes it ready to be entered: with the Grant that is answered if the contract pays.
    pub fn file(
        self,
        request_digest: [u8; 32],
        keys: &AgentKeyring,
        now: Timestamp,
        lifetime: Span,
        rng: &mut impl CryptoRng,
    ) -> Filing {
        let claim = Claim::new(&self.opened.half.contract, &self.opened.half.credential, keys);
        let tally = self.opened.matched.tally();
        let total = self.bill.as_ref().map_or(tally.amount, |bill| bill.total);
        let promise = self.bill.map(|bill| {
            let grant = grant(&self.opened.matched, now, lifetime, rng);
            Promise {
                handling_number: grant.handling_number,
                deadline: redeemable_until(&grant),
                grant: Signed::sign(&grant, keys),
                bill,
                quote: self.opened.half.quote.clone(),
            }
        });
        Filing {
            purchase: tally.purchase,
            request_digest,
            merchant: tally.merchant.clone(),
            amount: tally.amount,
            quantity: self.opened.half.quantity,
            item: self.item,
            locale: self.opened.half.locale,
            promise,
            ask: Ask { claim, amount: total, plan_class: self.opened.half.plan.class() },
            now,
            tally: self.opened.tally,
        }
    }
}

/// The Grant that a matched payment half deserves, with a fresh handling number. Its times are
/// whole seconds, so that its JWS form says exactly the same.
fn grant(
    matched: &MatchedPayment,
    now: Timestamp,
    lifetime: Span,
    rng: &mut impl CryptoRng,
) -> Grant {
    let tally = matched.tally();
    let issued = Timestamp::from_millis(now.as_secs() * 1000);
    Grant {
        agent: tally.agent.clone(),
        merchant: tally.merchant.clone(),
        handling_number: HandlingNumber::random(rng),
        purchase: tally.purchase,
        order: tally.order,
        offer: tally.offer,
        tally: tally.digest(),
        amount: tally.amount,
        plan_class: tally.plan_class,
        session_key: tally.session_key(),
        // A contract number and a code alone never move money (TRUST.md D4).
        provisional: true,
        issued,
        expires: issued.plus(lifetime),
    }
}

/// A payment card's number is not looked up, hashed or kept, whoever sent it.
fn refuse_cards(half: &PaymentHalf) -> Result<(), Problem> {
    let typed = half.contract.expose();
    match read_field(Field::PaymentContractNumber, typed, str::to_owned) {
        Err(FieldProblem::CardNumber) => Err(Problem::CardNumberRefused),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// SHA-256 (FIPS 180-4) of a grant request's bytes: tells the same request from another.
pub fn request_digest(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// Answers a grant request: checks, enters, answers; the same bytes always the same answer.
///
/// # Errors
/// Those of the steps above, of the contract, [`Problem::PurchaseConflict`],
/// [`Problem::Unavailable`].
pub async fn give(
    app: &App,
    id: PurchaseId,
    request: GrantRequest,
    bytes: &[u8],
) -> Result<Signed<Grant>, Problem> {
    let digest = request_digest(bytes);
    let in_flight = app.store.in_flight();
    let prepared = prepare(app, id, request, digest).await;
    let answer = match prepared {
        Ok(filing) => match &app.unstored {
            Some(contracts) => contracts.answer(filing),
            None => app.store.file(filing).await.map_err(unavailable)?,
        },
        // What was answered before is answered again, also when its time has passed since.
        Err(problem) => match app.store.purchase(&id).await.map_err(unavailable)? {
            Some(purchase) => purchase.answer(&digest),
            None => Err(problem),
        },
    };
    drop(in_flight);
    answer
}

async fn prepare(
    app: &App,
    id: PurchaseId,
    request: GrantRequest,
    digest: [u8; 32],
) -> Result<Filing, Problem> {
    let now = app.clock.now();
    let opened = Opened::open(request, &app.config.agent_id, &app.keys, now)?;
    if opened.matched.tally().purchase != id {
        return Err(Problem::WrongRecipient);
    }
    if app.demo.is_some() {
        pause(&opened.half).await;
    }
    let merchant = app.merchants.get(&opened.matched.tally().merchant, now).await?;
    let vetted = opened.vet(&merchant, &app.plans, &app.keys, now)?;
    let mut rng = app.entropy.clone();
    Ok(vetted.file(digest, &app.keys, now, app.config.grant_lifetime(), &mut rng))
}

/// The demo's slow agent takes its time.
async fn pause(half: &PaymentHalf) {
    let slow = demo::contracts().find(|contract| contract.number == half.contract.expose());
    let millis = slow.map_or(0, |contract| contract.delay.as_millis().unsigned_abs());
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}
