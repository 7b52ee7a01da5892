//! A world in a box: the protocol's own agent and merchant answer calls from memory, and lose or
//! refuse those that a test says.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::cell::{Cell, RefCell};

use client_wasm::{
    calls::Call,
    course::{Answer, Refused, World},
    deal::{Attempt, prepare},
    typed::{Platform, Typed},
    words::{Claims, Words},
};
use shared_protocol::{
    Acceptance, AtOnce, ChallengeRequest, Deposit, Field, Form, Grant, GrantProof, GrantRequest,
    Locale, Message, OrderCheck, OrderSubmission, Plan, PlanClass, PlanInquiry, PlanQuotes,
    Problem, PurchaseState, PurchaseStatus, Remittance, Signature, Signed, Span, Timestamp,
    Verifier, VerifyingKey, decode, encode,
};
use unicode_normalization::UnicodeNormalization as _;

use crate::party::{Deal, NOW, Seeded};

/// The agent and the merchant of a deal, and how the network treats their calls.
pub struct Counterparts {
    pub deal: Deal,
    /// Every call that left, in order.
    pub calls: RefCell<Vec<Call>>,
    /// Calls of which no answer is awaited.
    pub sent_off: RefCell<Vec<Call>>,
    /// What to answer instead, next and after that; `None` lets the servers answer.
    pub instead: RefCell<Vec<Option<Answer>>>,
    /// Milliseconds that were waited.
    pub waited: Cell<u32>,
    /// Seconds for which there is no network.
    pub offline: Cell<u32>,
    grant: RefCell<Option<Signed<Grant>>>,
    acceptance: RefCell<Option<Signed<Acceptance>>>,
    /// What the agent says of a transfer.
    pub remittance: RefCell<Option<Signed<Remittance>>>,
    /// Changes each Grant before it is signed.
    pub forge_grant: Cell<fn(&mut Grant)>,
    /// Changes each Acceptance before it is signed.
    pub forge_acceptance: Cell<fn(&mut Acceptance)>,
    /// Changes what the agent says of an order in a mailbox before it is signed.
    pub forge_deposit: Cell<fn(&mut Deposit)>,
}

impl Counterparts {
    pub fn new() -> Self {
        Self {
            deal: Deal::new(),
            calls: RefCell::default(),
            sent_off: RefCell::default(),
            instead: RefCell::default(),
            waited: Cell::default(),
            offline: Cell::default(),
            grant: RefCell::default(),
            acceptance: RefCell::default(),
            remittance: RefCell::default(),
            forge_grant: Cell::new(|_| {}),
            forge_acceptance: Cell::new(|_| {}),
            forge_deposit: Cell::new(|_| {}),
        }
    }

    /// A shop that takes every plan.
    pub fn with_every_plan() -> Self {
        let mut world = Self::new();
        let mut offer = world.deal.signed_offer.claimed().unwrap();
        offer.plans = PlanClass::ALL.into();
        world.deal.signed_offer = Signed::sign(&offer, &world.deal.merchant);
        world
    }

    /// A shop that takes orders by a form to this address.
    pub fn handing_over(address: &str) -> Self {
        let mut world = Self::new();
        let mut mark = world.deal.signed_mark.claimed().unwrap();
        mark.hand_over = Some(address.into());
        world.deal.signed_mark = Signed::sign(&mark, &world.deal.agent);
        world
    }

    /// The words of the deal as the page would claim them.
    pub fn claims(&self) -> Claims {
        Claims {
            merchant: self.deal.merchant.id.to_string(),
            item: "TEAPOT-01".into(),
            keys: vec![self.deal.agent.key().as_bytes().to_vec()],
            mark: encode(&self.deal.signed_mark),
            offer: encode(&self.deal.signed_offer),
            host: Vec::new(),
            origins: vec!["http://127.0.0.1:8080".into()],
        }
    }

    /// A shop without a server: its orders wait at the agent.
    pub fn with_mailbox() -> Self {
        let mut world = Self::new();
        let mark = world.deal.signed_mark.claimed().unwrap();
        let mark = shared_protocol::Mark { server: String::new(), ..mark };
        world.deal.signed_mark = Signed::sign(&mark, &world.deal.agent);
        world
    }

    pub fn words(&self) -> Words {
        pollster::block_on(Words::verify(&self.claims(), &AtOnce)).unwrap()
    }

    /// An attempt as the program makes it from a good form.
    pub fn attempt(&self, words: &Words) -> Attempt {
        self.attempt_with(good().form(&words.offer, Locale::Ja, PLATFORM).unwrap(), words)
    }

    /// The same from this form.
    pub fn attempt_with(&self, form: Form, words: &Words) -> Attempt {
        let purchase = crate::party::purchase(42);
        let challenged = pollster::block_on(words.challenge(
            self.deal.signed_challenge.clone(),
            purchase,
            &AtOnce,
        ))
        .unwrap();
        let mut rng = Seeded(7);
        let prepared = prepare(form, words, &challenged, NOW, &mut rng).unwrap();
        let signature: Signature =
            shared_protocol::Signer::sign(&self.deal.session, &prepared.signing_input());
        prepared.seal(signature, self.deal.session.key(), &mut rng).unwrap()
    }

    /// The next answers, whatever is asked.
    pub fn answer_instead(&self, answers: Vec<Option<Answer>>) {
        self.instead.replace(answers);
    }

    /// What left for this path, as bytes.
    pub fn bodies(&self, tail: &str) -> Vec<Vec<u8>> {
        let calls = self.calls.borrow();
        let of_path = calls.iter().filter(|call| call.url.ends_with(tail));
        of_path.filter_map(|call| call.body.clone()).map(|(_, bytes)| bytes).collect()
    }

    fn answer(&self, call: &Call) -> Answer {
        let body = call.body.as_ref().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        match (call.method, call.url.rsplit('/').next().unwrap()) {
            ("POST", "challenges") => self.challenge(&read(body)),
            ("PUT", "acceptance") => Answer::Good(Vec::new()),
            ("GET", "mrc_tea") => Answer::Good(encode(&self.deal.signed_mark)),
            ("GET", "TEAPOT-01") => Answer::Good(encode(&self.deal.signed_offer)),
            ("POST", "plans") => self.quote(&read(body)),
            ("POST", "check") => self.check(&read(body)),
            ("PUT", "grant") => self.give(&read(body)),
            ("PUT", _) if call.url.starts_with("/v1/mailbox/") => self.keep(&read(body)),
            ("PUT", _) => self.take(&read(body)),
            ("GET", "grant.jws") => Answer::Good(b"a.b.c".to_vec()),
            ("GET", _) => self.stand(),
            other => panic!("nobody answers {other:?}"),
        }
    }

    fn challenge(&self, request: &ChallengeRequest) -> Answer {
        let mut challenge = self.deal.signed_challenge.claimed().unwrap();
        challenge.purchase = request.purchase;
        challenge.merchant = request.merchant.clone();
        Answer::Good(encode(&Signed::sign(&challenge, &self.deal.agent)))
    }

    fn quote(&self, inquiry: &PlanInquiry) -> Answer {
        let plans = [Plan::Single, Plan::Instalments(3), Plan::Instalments(12), Plan::Revolving];
        let plans = plans.into_iter().filter(|plan| inquiry.accepted.contains(&plan.class()));
        let quote = |plan| Signed::sign(&self.deal.quote(plan, inquiry.amount), &self.deal.agent);
        Answer::Good(encode(&PlanQuotes(plans.map(quote).collect())))
    }

    fn check(&self, check: &OrderCheck) -> Answer {
        check.order.open(&check.context, &self.deal.merchant.opening).unwrap();
        Answer::Good(Vec::new())
    }

    fn give(&self, request: &GrantRequest) -> Answer {
        let context = request.context().unwrap();
        let half = request.payment.open(&context, &self.deal.agent.opening).unwrap();
        let challenge = request.challenge.verify(&self.deal.agent.key()).unwrap();
        let tally = request.tally.verify().unwrap();
        let matched = tally.match_payment(&half, &challenge, &self.deal.agent.id, NOW).unwrap();
        let mut grant = self.deal.grant(&matched);
        self.forge_grant.get()(&mut grant);
        let signed = Signed::sign(&grant, &self.deal.agent);
        self.grant.replace(Some(signed.clone()));
        Answer::Good(encode(&signed))
    }

    fn take(&self, submission: &OrderSubmission) -> Answer {
        let GrantProof::Signed(signed) = &submission.grant else { panic!("a signed Grant") };
        let grant = signed.verify(&self.deal.agent.key()).unwrap();
        let mut acceptance = Acceptance {
            merchant: grant.merchant.clone(),
            agent: grant.agent.clone(),
            purchase: grant.purchase,
            handling_number: grant.handling_number,
            grant: grant.digest(),
            amount: grant.amount,
            order_reference: "TEA-1".into(),
            accepted: NOW,
        };
        self.forge_acceptance.get()(&mut acceptance);
        let signed = Signed::sign(&acceptance, &self.deal.merchant);
        self.acceptance.replace(Some(signed.clone()));
        Answer::Good(encode(&signed))
    }

    fn keep(&self, submission: &OrderSubmission) -> Answer {
        let GrantProof::Signed(signed) = &submission.grant else { panic!("a signed Grant") };
        let grant = signed.verify(&self.deal.agent.key()).unwrap();
        let mut deposit = Deposit {
            agent: grant.agent.clone(),
            merchant: grant.merchant.clone(),
            purchase: grant.purchase,
            handling_number: grant.handling_number,
            grant: grant.digest(),
            deadline: NOW.plus(Span::hours(48)),
            deposited: NOW,
        };
        self.forge_deposit.get()(&mut deposit);
        Answer::Good(encode(&Signed::sign(&deposit, &self.deal.agent)))
    }

    fn stand(&self) -> Answer {
        let (grant, acceptance) = (self.grant.borrow().clone(), self.acceptance.borrow().clone());
        let state = match (&grant, &acceptance) {
            (None, _) => return refused(Problem::PurchaseUnknown),
            (Some(_), None) => PurchaseState::Granted,
            (Some(_), Some(_)) => PurchaseState::Accepted,
        };
        let granted = grant.as_ref().map(|grant| grant.claimed().unwrap());
        let purchase = granted.map_or(crate::party::purchase(42), |grant| grant.purchase);
        let status = PurchaseStatus {
            purchase,
            state,
            grant,
            acceptance,
            confirmation: None,
            remittance: self.remittance.borrow().clone(),
        };
        Answer::Good(encode(&status))
    }
}

impl Verifier for Counterparts {
    async fn verifies(&self, key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
        AtOnce.verifies(key, message, signature).await
    }
}

impl World for Counterparts {
    async fn send(&self, call: &Call) -> Answer {
        self.calls.borrow_mut().push(call.clone());
        if self.offline.get() > 0 {
            return Answer::Silence;
        }
        let mut instead = self.instead.borrow_mut();
        let answer = if instead.is_empty() { None } else { instead.remove(0) };
        answer.unwrap_or_else(|| self.answer(call))
    }

    fn send_off(&self, call: Call) {
        self.sent_off.borrow_mut().push(call);
    }

    async fn pause(&self, millis: u32) {
        self.waited.set(self.waited.get() + millis);
        self.offline.set(self.offline.get().saturating_sub(millis / 1000));
    }

    fn is_online(&self) -> bool {
        self.offline.get() == 0
    }

    fn now(&self) -> Timestamp {
        NOW
    }
}

/// A problem document without fields.
pub fn refused(problem: Problem) -> Answer {
    Answer::Refused(Refused { problem, fields: Vec::new(), reference: Some("req_1".into()) })
}

/// What a good shopper types.
pub fn good() -> Typed {
    let mut typed = Typed::new(1);
    for (field, text) in [
        (Field::ContactName, "山田　花子"),
        (Field::ContactKana, "やまだ はなこ"),
        (Field::ContactEmail, "hanako@example.jp"),
        (Field::ContactPhone, "０３ー１２３４ー５６７８"),
        (Field::DeliveryCountry, "JP"),
        (Field::DeliveryPostalCode, "104-0061"),
        (Field::DeliveryRegion, "JP-13"),
        (Field::DeliveryLocality, "中央区"),
        (Field::DeliveryLine1, "銀座１−２−３"),
        (Field::PaymentContractNumber, "C-9000-0000-0001"),
        (Field::PaymentCode, "2468"),
        (Field::PaymentPlan, "single"),
    ] {
        typed.set(field, text.into());
    }
    typed
}

/// The servers' normalisation; a browser test shows that the browser's is the same. Addresses are
/// judged by the rules themselves outside of a browser.
pub const PLATFORM: Platform = Platform { nfkc: |text| text.nfkc().collect(), is_email: |_| true };

fn read<M: Message>(bytes: &[u8]) -> M {
    decode(bytes).unwrap()
}
