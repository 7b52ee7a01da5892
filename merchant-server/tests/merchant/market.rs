//! A market for one test: the merchant's server, an agent, and a shopper who splits and seals with
//! the real protocol.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::{Engine as _, engine::general_purpose};
use merchant_server::clock::{Clock as _, TestClock};
use merchant_server::config::Config;
use merchant_server::domain::Order;
use merchant_server::entropy::Entropy;
use merchant_server::keys::{Keyring, public_text};
use merchant_server::{Running, start};
use reqwest::header::CONTENT_TYPE;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use shared_protocol::{
    Acceptance, Address, Confirmation, Contact, ContractNumber, Credential, Delivery, Form, Grant,
    GrantProof, Locale, Message, Offer, OrderSubmission, Outcome, Personal, Plan, Problem,
    PurchaseId, PurchaseStatus, SealedPurchase, SecurityCode, Signature, Signed, SignedTally, Span,
    Tally, Terms, Timestamp, Verified, VerifyingKey, decode, encode, signing_input, split,
};
use tempfile::TempDir;

use crate::agent::Agent;

pub const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

pub struct Market {
    pub agent: Agent,
    pub clock: Arc<TestClock>,
    pub http: reqwest::Client,
    pub folder: TempDir,
    pub config: String,
    running: Option<Running>,
    sequence: AtomicU32,
}

/// A purchase that is sealed and ready to go.
#[derive(Clone)]
pub struct Attempt {
    pub purchase: PurchaseId,
    pub sealed: SealedPurchase,
    session: Arc<Session>,
}

struct Session(Ed25519KeyPair);

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Market {
    /// The demo's shop, not started as a demo.
    pub async fn start() -> Self {
        Self::start_with(SAMPLE, |_| {}).await
    }

    /// With another catalogue, and a configuration changed before the start.
    pub async fn start_with(catalogue: &str, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let agent = Agent::start(folder.path()).await;
        std::fs::write(folder.path().join("catalogue.toml"), catalogue).unwrap();
        let config = config(folder.path(), &agent);
        let keys_dir = Config::from_toml(&config).unwrap().keys_dir();
        Keyring::init(&keys_dir, &mut Entropy::system()).unwrap();
        let clock = Arc::new(TestClock::standing_at(NOW));
        let http = {
            let _ = rustls::crypto::ring::default_provider().install_default();
            reqwest::Client::new()
        };
        let mut market =
            Self { agent, clock, http, folder, config, running: None, sequence: AtomicU32::new(1) };
        market.open(change).await;
        market
    }

    /// Starts the server on whatever is in the folder.
    pub async fn open(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = Config::from_toml(&self.config).unwrap();
        change(&mut config);
        self.running = Some(start(config, self.clock.clone()).await.unwrap());
    }

    /// Stops the server and keeps the folder.
    pub async fn close(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn advance(&self, by: Span) {
        self.clock.advance(by).unwrap();
        self.running().app.wake_driver();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running().addr)
    }

    pub fn verifying_key(&self) -> VerifyingKey {
        self.running().app.shop().keys.verifying()
    }

    /// What the server has decided about a purchase.
    pub async fn order(&self, purchase: PurchaseId) -> Option<Order> {
        self.running().app.store().order(purchase).await.unwrap()
    }

    pub async fn orders(&self) -> Vec<Order> {
        self.running().app.store().orders(1000).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.http.get(self.url(path))).await
    }

    pub async fn offer(&self, item: &str) -> Signed<Offer> {
        self.get(&format!("/warifu/v1/offers/{item}")).await.message()
    }

    /// Fetches the Offer, then splits and seals a good form.
    pub async fn prepare(&self, item: &str) -> Attempt {
        self.prepare_form(item, form()).await
    }

    pub async fn prepare_form(&self, item: &str, form: Form) -> Attempt {
        let offer = self.offer(item).await;
        let verified = offer.verify(&self.verifying_key()).unwrap();
        self.seal(form, &offer, &verified, PurchaseId::random(&mut Entropy::system()))
    }

    pub fn seal(
        &self,
        form: Form,
        signed_offer: &Signed<Offer>,
        offer: &Verified<Offer>,
        purchase: PurchaseId,
    ) -> Attempt {
        let (shop, now) = (self.running().app.shop(), self.now());
        let keys = (shop.keys.verifying(), shop.keys.sealing());
        let agent_key = self.agent.keys.verifying();
        let mark = self.agent.mark(&shop.merchant, keys, now).verify(&agent_key).unwrap();
        let signed_challenge = self.agent.challenge(&shop.merchant, purchase, now);
        let challenge = signed_challenge.verify(&agent_key).unwrap();
        let signed_challenge = &signed_challenge;
        let terms =
            Terms { mark: &mark, offer, signed_offer, challenge: &challenge, signed_challenge };
        let mut rng = Entropy::system();
        let halves = split(form, &terms, now, &mut rng).unwrap();
        let session = Arc::new(Session::fresh());
        let signature = session.sign(&halves.signing_input());
        let sealed = halves.seal(signature, session.key(), &terms, &mut rng).unwrap();
        Attempt { purchase, sealed, session }
    }

    pub fn grant(&self, attempt: &Attempt) -> Grant {
        self.agent.grant(&attempt.tally(), self.now())
    }

    pub fn signed(&self, grant: &Grant) -> GrantProof {
        GrantProof::Signed(Signed::sign(grant, &self.agent.keys))
    }

    pub async fn check(&self, attempt: &Attempt) -> Answer {
        let path = format!("/warifu/v1/purchases/{}/check", attempt.purchase);
        let request = self.http.post(self.url(&path));
        answer(with(request, &attempt.sealed.order_check())).await
    }

    pub async fn submit(&self, attempt: &Attempt, proof: GrantProof) -> Answer {
        self.put(attempt.purchase, &attempt.sealed.order_submission(proof)).await
    }

    pub async fn put(&self, purchase: PurchaseId, submission: &OrderSubmission) -> Answer {
        let request = self.http.put(self.url(&format!("/warifu/v1/purchases/{purchase}")));
        answer(with(request, submission)).await
    }

    /// A whole purchase up to the Acceptance; returns what the agent granted.
    pub async fn buy(&self, item: &str) -> (Attempt, Grant) {
        let attempt = self.prepare(item).await;
        let grant = self.grant(&attempt);
        let answer = self.submit(&attempt, self.signed(&grant)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        (attempt, grant)
    }

    pub async fn status(&self, purchase: PurchaseId) -> Answer {
        self.get(&format!("/warifu/v1/purchases/{purchase}")).await
    }

    /// The agent's word on a purchase, announced under a fresh notification id.
    pub async fn tell(&self, grant: &Grant, outcome: Outcome) -> Answer {
        let said = self.agent.confirmation(grant, outcome, self.now());
        let said = Signed::sign(&said, &self.agent.keys);
        let name = match outcome {
            Outcome::Confirmed => "purchase.confirmed",
            Outcome::Cancelled => "purchase.cancelled",
            Outcome::Expired => "purchase.expired",
        };
        self.notify(name, grant.purchase, Some(&said)).await
    }

    pub async fn notify(
        &self,
        name: &str,
        purchase: PurchaseId,
        said: Option<&Signed<Confirmation>>,
    ) -> Answer {
        let id = format!("evt_{}", PurchaseId::random(&mut Entropy::system()));
        if let Some(said) = said {
            self.agent.will_say(purchase, said.clone());
        }
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        self.post_event(&id, self.now().as_secs(), &event(name, purchase, sequence)).await
    }

    /// Signs these bytes as they are and posts them.
    pub async fn post_event(&self, id: &str, secs: i64, body: &str) -> Answer {
        let signature = self.agent.sign(format!("{id}.{secs}.{body}").as_bytes());
        let signature = format!("v1a,{}", general_purpose::STANDARD.encode(signature));
        self.post_signed(id, &secs.to_string(), &signature, body).await
    }

    pub async fn post_signed(&self, id: &str, at: &str, signature: &str, body: &str) -> Answer {
        let request = self
            .http
            .post(self.url("/warifu/v1/events"))
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signature)
            .body(body.to_owned());
        answer(request).await
    }
}

pub fn event(name: &str, purchase: PurchaseId, sequence: u32) -> String {
    let data = json!({ "purchase": purchase.to_string(), "sequence": sequence });
    json!({ "type": name, "timestamp": "2026-11-18T11:06:40Z", "data": data }).to_string()
}

impl Attempt {
    pub fn tally(&self) -> SignedTally {
        self.sealed.grant_request().tally
    }

    /// The same purchase with a tally that the shopper changed and signed again.
    pub fn retally(&self, change: impl FnOnce(&mut Tally)) -> SignedTally {
        let mut tally = self.tally().tally.claimed().unwrap();
        change(&mut tally);
        let bytes = encode(&tally);
        let signature = self.session.sign(&signing_input::<Tally>(&bytes));
        let session_key = self.session.key();
        SignedTally { tally: Signed::from_parts(bytes, signature), session_key }
    }
}

impl Session {
    fn fresh() -> Self {
        let mut seed = [0; 32];
        rand_core::Rng::fill_bytes(&mut Entropy::system(), &mut seed);
        Self(Ed25519KeyPair::from_seed_unchecked(&seed).unwrap())
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature::try_from(self.0.sign(message).as_ref()).unwrap()
    }

    fn key(&self) -> VerifyingKey {
        VerifyingKey::try_from(self.0.public_key().as_ref()).unwrap()
    }
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn message<M: Message>(&self) -> M {
        assert_eq!(self.status, 200, "{}", self.text());
        assert_eq!(self.headers[CONTENT_TYPE], M::media_type().as_str());
        decode(&self.body).unwrap()
    }

    pub fn acceptance(&self) -> Signed<Acceptance> {
        self.message()
    }

    pub fn purchase_status(&self) -> PurchaseStatus {
        self.message()
    }

    /// The problem document's problem; panics if the answer is none.
    pub fn problem(&self) -> Problem {
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json", "{}", self.text());
        let problem = Problem::from_code(self.json()["code"].as_str().unwrap()).unwrap();
        assert_eq!(self.status, problem.status());
        problem
    }

    /// The fields that a problem document names, with their codes.
    pub fn fields(&self) -> Vec<(String, String)> {
        let fields = self.json()["fields"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        fields.iter().map(|field| (text(&field["name"]), text(&field["code"]))).collect()
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
}

pub fn with<M: Message>(request: reqwest::RequestBuilder, message: &M) -> reqwest::RequestBuilder {
    request.header(CONTENT_TYPE, M::media_type()).body(encode(message))
}

pub fn form() -> Form {
    let text = Personal::new;
    Form {
        quantity: 1,
        contact: Contact {
            name: text("山田 花子"),
            kana: text("ヤマダ ハナコ"),
            email: text("hanako@example.jp"),
            phone: text("0312345678"),
        },
        delivery: Delivery::Physical(Address {
            name: text("山田 花子"),
            postal_code: text("1040061"),
            region: "JP-13".parse().unwrap(),
            locality: text("中央区"),
            line1: text("銀座1-2-3"),
            line2: text(""),
            phone: text(""),
        }),
        credential: Credential::Code {
            contract: ContractNumber::new("C900000000001"),
            code: SecurityCode::new("2468"),
        },
        plan: Plan::Single,
        quote: None,
        locale: Locale::Ja,
    }
}

fn config(folder: &Path, agent: &Agent) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:8080\"\n\
         merchant_id = \"mrc_tea\"\ncatalogue = {catalogue:?}\ndata_dir = {data:?}\n\
         shop_dir = {shop:?}\n\
         [agent]\nurl = \"{url}\"\nid = \"agt_demo\"\nverifying_keys = [\"{key}\"]\n",
        catalogue = folder.join("catalogue.toml"),
        data = folder.join("data"),
        shop = folder.join("shop"),
        url = agent.url,
        key = public_text(agent.keys.verifying().as_bytes()),
    )
}

pub const SAMPLE: &str = include_str!("../../catalogue.sample.toml");
