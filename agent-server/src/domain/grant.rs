//! Whether the agent stands for a purchase (57–60): proof by proof, in the order of precedence.
//! Each step hands on a value that only it can make.

use std::{sync::Arc, time::Duration};

use rand_core::CryptoRng;
use ring::digest::{SHA256, digest};
use shared_protocol::{
    AgentId, CLOCK_TOLERANCE, Challenge, ContractNumber, Credential, Field, FieldProblem, Goods,
    Grant, GrantRequest, HandlingNumber, Localized, MatchedPayment, PasskeyAssertion, PaymentHalf,
    PlanClass, Problem, PurchaseId, SecurityCode, Signed, SignedTally, Span, Timestamp, Verified,
    read_field,
};

use super::{
    Unasked,
    code::{CodeHash, CodeMac},
    contract::{Ask, Claim, NumberHash, Payer},
    day,
    merchant_keys::KnownMerchant,
    network::Network,
    passkey::{Place, verify_assertion},
    placement,
    plan::{self, Bill, PlanRules},
    purchase::redeemable_until,
    transfer::{self, Order},
    unavailable,
};
use crate::{
    app::App,
    demo,
    guard::Trial,
    keys::AgentKeyring,
    store::{Filing, Promise},
};

/// A request whose signatures hold and whose payment half is the one that was signed.
pub struct Opened {
    matched: MatchedPayment,
    half: PaymentHalf,
    /// There if and only if the half says that a passkey pays.
    passkey: Option<PasskeyAssertion>,
    tally: SignedTally,
}

/// One that its merchant may make, at the price that the merchant signed.
pub struct Vetted {
    opened: Opened,
    item: Localized,
    /// The transfer that pays, if one does.
    order: Option<Order>,
    /// What the shopper will owe for it, or why the agent does not stand for it whatever the
    /// contract says (59).
    bill: Result<Bill, Problem>,
    /// Whether the agent's policy asks nobody about it (¶61).
    waived: bool,
}

/// The times that a purchase is entered with.
pub struct Times {
    /// When it is asked for.
    pub now: Timestamp,
    /// When that day began.
    pub day: Timestamp,
    /// How long its Grant can be redeemed.
    pub lifetime: Span,
    /// How long its order may be on the way to the merchant: where it waits in a mailbox, its Grant
    /// lives for longer.
    pub on_the_way: Span,
}

impl Opened {
    /// Checks the agent's own Challenge, the tally's signature, opens the envelope and compares
    /// it with what was signed (57).
    ///
    /// # Errors
    /// In order of precedence: [`Problem::ChallengeInvalid`], [`Problem::TallyInvalid`],
    /// [`Problem::EnvelopeInvalid`], those of `VerifiedTally::match_payment`,
    /// [`Problem::CardNumberRefused`], [`Problem::PasskeyInvalid`] if the half and the passkey's
    /// word do not go together.
    pub fn open(
        request: GrantRequest,
        agent: &AgentId,
        keys: &AgentKeyring,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let challenge: Verified<Challenge> = keys.verify_own(&request.challenge)?;
        let tally = request.tally.verify()?;
        let context = request.context()?;
        let half = keys.open(&request.payment, &context)?;
        let matched = tally.match_payment(&half, &challenge, agent, now)?;
        let passkey = match (&half.credential, &request.passkey) {
            (Credential::Passkey, Some(sealed)) => Some(keys.open(sealed, &context)?),
            (Credential::Code { contract, .. }, None) => {
                refuse_cards(contract)?;
                None
            }
            _ => return Err(Problem::PasskeyInvalid),
        };
        Ok(Self { matched, half, passkey, tally: request.tally })
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
        merchant: &KnownMerchant,
        rules: &PlanRules,
        keys: &AgentKeyring,
        now: Timestamp,
    ) -> Result<Vetted, Problem> {
        if let Err(problem) = merchant.check_in_force(now) {
            let item = Localized::default();
            let bill = Err(problem);
            return Ok(Vetted { opened: self, item, order: None, bill, waived: false });
        }
        let item = match &self.half.goods {
            Goods::Digest(_) => Localized::default(),
            Goods::Offer(signed) => {
                let offer = merchant.believe(signed, now)?;
                self.matched.check_offer(&offer, self.half.quantity, now)?;
                offer.into_inner().name
            }
        };
        let bill = plan::quote::bill(&self.matched, &self.half, merchant, rules, keys, now)?;
        // Money that leaves an account is asked about, however little.
        let waived = merchant.waives(self.matched.tally().amount)
            && self.half.plan.class() != PlanClass::Transfer;
        Ok(Vetted { opened: self, item, order: None, bill: Ok(bill), waived })
    }
}

impl Vetted {
    /// Makes it ready to be entered: with the Grant that is answered if the contract pays.
    pub fn file(
        self,
        payer: Payer,
        request_digest: [u8; 32],
        keys: &AgentKeyring,
        times: &Times,
        rng: &mut impl CryptoRng,
    ) -> Filing {
        let Times { now, day, lifetime, on_the_way } = *times;
        // A contract number and a code alone never move money (TRUST.md D4), but for so little as
        // the agent's policy lets pass.
        let by_code = matches!(payer, Payer::Code { .. });
        let unasked = (by_code && self.waived).then_some(Unasked::Waived);
        let provisional = by_code && unasked.is_none();
        let tally = self.opened.matched.tally();
        let total = self.bill.as_ref().map_or(tally.amount, |bill| bill.total);
        let promise = self.bill.map(|bill| {
            let grant = grant(&self.opened.matched, provisional, now, lifetime, rng);
            Promise {
                handling_number: grant.handling_number,
                deadline: redeemable_until(&grant).min(now.plus(on_the_way).plus(CLOCK_TOLERANCE)),
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
            unasked,
            promise,
            ask: Ask {
                payer,
                amount: total,
                plan_class: self.opened.half.plan.class(),
                payee: self.order.as_ref().map(|order| order.payee),
            },
            order: self.order,
            day,
            now,
            tally: self.opened.tally,
        }
    }
}

/// The Grant that a matched payment half deserves, with a fresh handling number. Its times are
/// whole seconds, so that its JWS form says exactly the same.
fn grant(
    matched: &MatchedPayment,
    provisional: bool,
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
        provisional,
        issued,
        expires: issued.plus(lifetime),
    }
}

/// A payment card's number is not looked up, hashed or kept, whoever sent it.
fn refuse_cards(contract: &ContractNumber) -> Result<(), Problem> {
    let typed = contract.expose();
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
/// [`Problem::TooManyRequests`], [`Problem::Unavailable`].
pub async fn give(
    app: &App,
    id: PurchaseId,
    request: GrantRequest,
    bytes: &[u8],
    network: Network,
) -> Result<Signed<Grant>, Problem> {
    let digest = request_digest(bytes);
    let now = app.clock.now();
    let _in_flight = app.store.in_flight();
    let vetted = prepare(app, id, request, now).await;
    // What was answered before is answered again, also when its time has passed since; and a
    // repetition tries no code.
    let before = match app.unstored {
        None => app.store.purchase(&id).await.map_err(unavailable)?,
        Some(_) => None,
    };
    match (before, vetted) {
        (Some(purchase), _) => purchase.answer(&digest),
        (None, vetted) => weigh(app, vetted?, digest, network, now).await,
    }
}

/// Learns who pays, enters the purchase, answers.
async fn weigh(
    app: &App,
    (vetted, merchant): (Vetted, Arc<KnownMerchant>),
    request_digest: [u8; 32],
    network: Network,
    now: Timestamp,
) -> Result<Signed<Grant>, Problem> {
    let trial = Trial::Code(network, merchant.id.clone());
    let (payer, renewal) = payer(app, &vetted.opened, &merchant, &trial, now).await?;
    let day = day::began(now, &app.config.zone());
    let lifetime = match merchant.has_mailbox() {
        true => app.config.mailbox_lifetime(),
        false => app.config.grant_lifetime(),
    };
    let on_the_way = app.config.grant_lifetime();
    let times = Times { now, day, lifetime, on_the_way };
    let filing = vetted.file(payer, request_digest, &app.keys, &times, &mut app.entropy.clone());
    let answer = match &app.unstored {
        Some(contracts) => contracts.answer(filing),
        None => app.store.file(filing).await.map_err(unavailable)?,
    };
    if matches!(answer, Err(Problem::ContractNotRecognised | Problem::ContractLocked)) {
        app.guard.count(&trial, now);
    }
    if let (Ok(_), Some(renewal)) = (&answer, renewal) {
        renewal.carry_out(app).await;
    }
    answer
}

/// A code that was right but is kept under the pepper before: it is kept under the new one.
pub(super) struct Renewal {
    number: NumberHash,
    stored: CodeHash,
    mac: CodeMac,
}

impl Renewal {
    /// If it fails, the next purchase does it.
    pub(super) async fn carry_out(self, app: &App) {
        let renewed = app.codes.hash(self.mac).await;
        if let Err(fault) = app.store.renew_code(self.number, self.stored, renewed).await {
            tracing::warn!(%fault, "a code stays under the old pepper");
        }
    }
}

async fn prepare(
    app: &App,
    id: PurchaseId,
    request: GrantRequest,
    now: Timestamp,
) -> Result<(Vetted, Arc<KnownMerchant>), Problem> {
    let asked = request.challenge.claimed()?.issued;
    let opened = Opened::open(request, &app.config.agent_id, &app.keys, now)?;
    if opened.matched.tally().purchase != id {
        return Err(Problem::WrongRecipient);
    }
    // What was promised before a backup was brought back is not known any more: whoever shopped
    // then begins anew.
    if asked <= app.restored {
        return Err(Problem::ChallengeExpired);
    }
    if app.demo.is_some() {
        pause(&opened.half).await;
    }
    let merchant = app.merchants.get(&opened.matched.tally().merchant, now).await?;
    let mut vetted = opened.vet(&merchant, &app.plans, &app.keys, now)?;
    let amount = vetted.opened.matched.tally().amount;
    vetted.order = transfer::order(app, &vetted.opened.half, &merchant, amount, now).await;
    Ok((vetted, merchant))
}

/// Who pays: what was typed, after its code has been compared; or a passkey whose word on this very
/// tally holds.
///
/// # Errors
/// [`Problem::TooManyRequests`], [`Problem::PasskeyUnknown`], [`Problem::PasskeyInvalid`],
/// [`Problem::Unavailable`].
async fn payer(
    app: &App,
    opened: &Opened,
    merchant: &KnownMerchant,
    trial: &Trial,
    now: Timestamp,
) -> Result<(Payer, Option<Renewal>), Problem> {
    match (&opened.half.credential, &opened.passkey) {
        (Credential::Code { contract, code }, _) => {
            app.guard.check(trial, now)?;
            let number_hash = NumberHash::of(contract, &app.keys);
            let stored = match &app.unstored {
                Some(contracts) => contracts.code_of(&number_hash),
                None => app.store.code_of(&number_hash).await.map_err(unavailable)?,
            };
            Ok(by_code(app, (contract, code), stored).await)
        }
        (Credential::Passkey, Some(said)) => {
            let id = said.credential_id.expose();
            let known = match &app.unstored {
                Some(contracts) => contracts.passkey(id),
                None => app.store.passkey(id).await.map_err(unavailable)?,
            };
            let passkey = known.ok_or(Problem::PasskeyUnknown)?;
            let challenge = opened.matched.tally().digest();
            let party = app.config.relying_party();
            let verify = |origins: &[String]| {
                let place = Place::Checkout(origins);
                verify_assertion(&passkey, said, challenge.as_bytes(), &party, place)
                    .map(|said| (Payer::Passkey(said), None))
            };
            match verify(&merchant.origins) {
                Err(_) if app.unstored.is_none() => {
                    verify(&lent(app, opened, merchant, now).await?)
                }
                verified => verified,
            }
        }
        (Credential::Passkey, None) => Err(Problem::PasskeyInvalid),
    }
}

/// Who pays by number and code, the code compared with what is stored of it.
pub(super) async fn by_code(
    app: &App,
    (contract, code): (&ContractNumber, &SecurityCode),
    stored: Option<CodeHash>,
) -> (Payer, Option<Renewal>) {
    let number_hash = NumberHash::of(contract, &app.keys);
    let mac = CodeMac::for_stored(contract, code, stored.as_ref(), &app.keys);
    let verdict = app.codes.check(mac, stored.clone()).await;
    let old = stored.filter(|code| code.pepper() != app.keys.pepper());
    let renewal = old.filter(|_| app.unstored.is_none()).map(|stored| Renewal {
        number: number_hash,
        stored,
        mac: Claim::of_code(contract, code, &app.keys).code_mac,
    });
    (Payer::Code { number_hash, verdict }, renewal)
}

/// Origins of other merchants' pages in which the item that is bought may be sold (¶79).
async fn lent(
    app: &App,
    opened: &Opened,
    merchant: &KnownMerchant,
    now: Timestamp,
) -> Result<Vec<String>, Problem> {
    match &opened.half.goods {
        Goods::Offer(offer) => placement::origins(app, merchant, &offer.claimed()?.item, now).await,
        Goods::Digest(_) => Ok(Vec::new()),
    }
}

/// The demo's slow agent takes its time.
async fn pause(half: &PaymentHalf) {
    let Credential::Code { contract: typed, .. } = &half.credential else { return };
    let slow = demo::contracts().find(|contract| contract.number == typed.expose());
    let millis = slow.map_or(0, |contract| contract.delay.as_millis().unsigned_abs());
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}
