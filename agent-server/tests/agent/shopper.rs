//! A shopper's program that follows the protocol or breaks it, one thing at a time.

use agent_server::entropy::Entropy;
use reqwest::{Client, Method};
use shared_protocol::{
    AgentId, Amount, Challenge, ChallengeRequest, ContractNumber, Credential, Digest, Goods, Grant,
    GrantRequest, Locale, Message as _, ORDER_IDLE, Offer, PasskeyAssertion, Payee, PaymentHalf,
    Plan, PlanQuote, Problem, PurchaseId, Salt, Sealed, SecurityCode, Signed, SignedTally,
    Signer as _, Tally, Timestamp, encode,
};

use crate::{
    market::{Market, read, signed, yen},
    merchant::{Key, Merchant},
};

/// What is to be bought, and how; every field can be made wrong.
#[derive(Clone)]
pub struct Order {
    pub contract: &'static str,
    pub code: &'static str,
    pub plan: Plan,
    pub quote: Option<Signed<PlanQuote>>,
    /// Where a transfer goes.
    pub payee: Option<Payee>,
    pub quantity: u32,
    pub amount: Amount,
    /// The Offer that the shopper took up.
    pub offer: Signed<Offer>,
    /// Whether the agent sees it, or only its digest.
    pub shows_offer: bool,
    pub challenge: Signed<Challenge>,
    /// For whom the tally is.
    pub agent: AgentId,
    /// Until when the tally is good.
    pub expires: Timestamp,
    /// The key that signs is not the key that is named.
    pub breaks_signature: bool,
    /// The envelope is bound to another purchase.
    pub breaks_envelope: bool,
    /// The half in the envelope is not the one that was signed.
    pub breaks_half: bool,
    /// No number is typed: a passkey pays.
    pub by_passkey: bool,
}

/// One request, ready to be sent any number of times.
#[derive(Clone)]
pub struct Attempt {
    pub purchase: PurchaseId,
    pub request: GrantRequest,
}

impl Market {
    /// A good order of one teapot.
    pub async fn order(&self) -> Order {
        let base = self.url("");
        let mut order = order_at(&self.http, &base, &self.merchant).await.unwrap();
        // The agent's clock may have been moved.
        let offer = self.merchant.teapot(self.now());
        order.offer = Signed::sign(&offer, &self.merchant.key);
        order.expires = self.now().plus(ORDER_IDLE);
        order
    }

    /// Asks for a Grant; the very bytes that came back.
    pub async fn ask_grant(&self, attempt: &Attempt) -> Result<Vec<u8>, Problem> {
        let path = format!("/v1/purchases/{}/grant", attempt.purchase);
        self.ask(Method::PUT, &path, &attempt.request).await
    }

    pub async fn grant(&self, attempt: &Attempt) -> Result<Signed<Grant>, Problem> {
        self.ask_grant(attempt).await.map(|bytes| signed(&bytes))
    }

    /// A granted purchase.
    pub async fn granted(&self) -> Signed<Grant> {
        self.grant(&self.order().await.seal()).await.unwrap()
    }

    /// One that the merchant has taken, too.
    pub async fn accepted(&self) -> Signed<Grant> {
        let grant = self.granted().await;
        let word = self.merchant.accept(&grant, self.now());
        self.tell(&grant, "acceptance", &word).await.unwrap();
        grant
    }

    /// Passes a merchant's word on to the agent.
    pub async fn tell<M: shared_protocol::Message>(
        &self,
        grant: &Signed<Grant>,
        what: &str,
        word: &M,
    ) -> Result<Vec<u8>, Problem> {
        let path = format!("/v1/purchases/{}/{what}", id(grant));
        self.ask(Method::PUT, &path, word).await
    }
}

/// A good order of one teapot at the agent of this address; `None` if it does not answer.
pub async fn order_at(http: &Client, base: &str, merchant: &Merchant) -> Option<Order> {
    let purchase = PurchaseId::random(&mut Entropy::new());
    let asked = ChallengeRequest { merchant: "mrc_tea".parse().unwrap(), purchase };
    let request = http.post(format!("{base}/v1/challenges")).body(encode(&asked));
    let sent = request.header("content-type", ChallengeRequest::media_type()).send().await.ok()?;
    let challenge: Signed<Challenge> = read(&sent.bytes().await.ok()?);
    let now = challenge.claimed().unwrap().issued;
    Some(Order {
        contract: "C900000000001",
        code: "2468",
        plan: Plan::Single,
        quote: None,
        payee: None,
        quantity: 1,
        amount: yen(3850),
        offer: Signed::sign(&merchant.teapot(now), &merchant.key),
        shows_offer: true,
        challenge,
        agent: "agt_demo".parse().unwrap(),
        expires: now.plus(ORDER_IDLE),
        breaks_signature: false,
        breaks_envelope: false,
        breaks_half: false,
        by_passkey: false,
    })
}

impl Attempt {
    /// Puts a passkey's word beside the payment half.
    pub fn add(&mut self, said: &PasskeyAssertion) {
        let request = &mut self.request;
        let key = request.challenge.claimed().unwrap().sealing_key;
        let context = request.context().unwrap();
        request.passkey = Some(Sealed::seal(said, &context, &key, &mut Entropy::new()).unwrap());
    }
}

/// The purchase that a Grant is for.
pub fn id(grant: &Signed<Grant>) -> PurchaseId {
    grant.claimed().unwrap().purchase
}

impl Order {
    pub fn seal(&self) -> Attempt {
        let challenge = self.challenge.claimed().unwrap();
        let half = self.half(challenge.purchase);
        let tally = Tally {
            purchase: challenge.purchase,
            challenge: self.challenge.digest(),
            agent: self.agent.clone(),
            merchant: challenge.merchant,
            order: Digest::new([7; 32]),
            payment: match self.breaks_half {
                false => half.digest(),
                true => Digest::new([8; 32]),
            },
            offer: self.offer.digest(),
            amount: self.amount,
            plan_class: self.plan.class(),
            expires: self.expires,
        };
        let (key, other) = (Key::random(), Key::random());
        let named = if self.breaks_signature { other.verifying_key() } else { key.verifying_key() };
        let mut context = tally.context();
        if self.breaks_envelope {
            context.purchase = PurchaseId::new([9; 16]);
        }
        let payment =
            Sealed::seal(&half, &context, &challenge.sealing_key, &mut Entropy::new()).unwrap();
        let tally = SignedTally { tally: Signed::sign(&tally, &key), session_key: named };
        Attempt {
            purchase: challenge.purchase,
            request: GrantRequest {
                challenge: self.challenge.clone(),
                tally,
                payment,
                passkey: None,
            },
        }
    }

    /// The same, with what a passkey says to the tally's digest.
    pub fn seal_with(&self, sign: impl FnOnce(Digest) -> PasskeyAssertion) -> Attempt {
        let mut attempt = self.seal();
        attempt.add(&sign(attempt.request.tally.tally.digest()));
        attempt
    }

    fn half(&self, purchase: PurchaseId) -> PaymentHalf {
        PaymentHalf {
            purchase,
            goods: match self.shows_offer {
                true => Goods::Offer(self.offer.clone()),
                false => Goods::Digest(self.offer.digest()),
            },
            quantity: self.quantity,
            credential: match self.by_passkey {
                true => Credential::Passkey,
                false => Credential::Code {
                    contract: ContractNumber::new(self.contract),
                    code: SecurityCode::new(self.code),
                },
            },
            plan: self.plan,
            quote: self.quote.clone(),
            payee: self.payee.clone(),
            locale: Locale::En,
            salt: Salt::random(&mut Entropy::new()),
        }
    }
}
