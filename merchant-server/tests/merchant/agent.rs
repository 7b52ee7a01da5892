//! An agent of the test's own: its keys, its words, and a server that notes what it is told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use base64::Engine as _;
use merchant_server::entropy::Entropy;
use merchant_server::keys::Keyring;
use shared_protocol::{
    AgentId, Challenge, Channel, Confirmation, GRANT_LIFETIME, Grant, HandlingNumber, Localized,
    Mark, MerchantId, Nonce, ORDER_IDLE, Outcome, Payee, PurchaseId, PurchaseState, PurchaseStatus,
    Remittance, SealingKey, Signed, SignedTally, Signer, Span, Timestamp, VerifyingKey, encode,
};

pub struct Agent {
    pub id: AgentId,
    pub keys: Keyring,
    pub url: String,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Default)]
struct Heard {
    told: Vec<(String, Vec<u8>)>,
    statuses: HashMap<String, Vec<u8>>,
    moods: Vec<u16>,
    asked: usize,
    settled: Vec<(String, Vec<u8>)>,
    books: Option<Books>,
    events: Vec<(i64, serde_json::Value)>,
    listened: Vec<(String, String, String)>,
    paid: Option<String>,
}

/// How it answers what is said of a confirmed purchase.
type Books = Box<dyn Fn(&[u8]) -> (u16, Vec<u8>) + Send>;

impl Agent {
    /// Starts its server on a free port.
    pub async fn start(folder: &std::path::Path) -> Self {
        let keys = Keyring::init(&folder.join("agent-keys"), &mut Entropy::system()).unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let routes = Router::new()
            .route("/v1/purchases/{id}/{what}", put(told))
            .route("/v1/purchases/{id}/{kind}/{name}", put(settled))
            .route("/v1/purchases/{id}", get(asked))
            .route("/v1/merchants/{id}/events", get(events))
            .route("/v1/merchants/{id}/payouts", get(payouts))
            .route("/v1/merchants/{id}/payouts/{payout}", get(payout))
            .with_state(heard.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        Self { id: "agt_demo".parse().unwrap(), keys, url, heard }
    }

    /// What it was told so far: `acceptance` or `refusal`, and the bytes.
    pub fn told(&self) -> Vec<(String, Vec<u8>)> {
        self.heard.lock().unwrap().told.clone()
    }

    /// Waits until it was told so much.
    pub async fn told_so_much(&self, count: usize) -> Vec<(String, Vec<u8>)> {
        for _ in 0..2400 {
            if self.told().len() >= count {
                return self.told();
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("told {} of {count}", self.told().len());
    }

    /// Answers the next words with these statuses before it takes one.
    pub fn will_answer(&self, statuses: &[u16]) {
        self.heard.lock().unwrap().moods = statuses.iter().rev().copied().collect();
    }

    /// From now on it answers what is said of confirmed purchases like this.
    pub fn will_book(&self, books: impl Fn(&[u8]) -> (u16, Vec<u8>) + Send + 'static) {
        self.heard.lock().unwrap().books = Some(Box::new(books));
    }

    /// What was said of confirmed purchases: path and bytes.
    pub fn settled(&self) -> Vec<(String, Vec<u8>)> {
        self.heard.lock().unwrap().settled.clone()
    }

    /// How often it was asked how a purchase stands.
    pub fn asked(&self) -> usize {
        self.heard.lock().unwrap().asked
    }

    /// What it says of a purchase when asked.
    pub fn will_say(&self, purchase: PurchaseId, said: Signed<Confirmation>) {
        let status = PurchaseStatus {
            purchase,
            state: PurchaseState::Confirmed,
            grant: None,
            acceptance: None,
            confirmation: Some(said),
            remittance: None,
        };
        self.heard.lock().unwrap().statuses.insert(purchase.to_string(), encode(&status));
    }

    /// What it says of the money of a purchase when asked, without a word on the shopper's consent.
    pub fn will_tell_of(&self, purchase: PurchaseId, said: Signed<Remittance>) {
        let status = PurchaseStatus {
            purchase,
            state: PurchaseState::Accepted,
            grant: None,
            acceptance: None,
            confirmation: None,
            remittance: Some(said),
        };
        self.heard.lock().unwrap().statuses.insert(purchase.to_string(), encode(&status));
    }

    /// What it tells whoever listens.
    pub fn will_tell(&self, number: i64, body: &str, now: Timestamp) {
        let secs = now.as_secs();
        let signed = self.sign(format!("evt_{number}.{secs}.{body}").as_bytes());
        let signature = base64::engine::general_purpose::STANDARD.encode(signed);
        let event = serde_json::json!({
            "webhook-id": format!("evt_{number}"),
            "webhook-timestamp": secs.to_string(),
            "webhook-signature": format!("v1a,{signature}"),
            "body": body,
        });
        self.heard.lock().unwrap().events.push((number, event));
    }

    /// From now on it tells of one payment, of a claim of this purchase.
    pub fn will_pay(&self, purchase: &str) {
        self.heard.lock().unwrap().paid = Some(purchase.to_owned());
    }

    /// Who listened: after what, when, with which signature.
    pub fn listened(&self) -> Vec<(String, String, String)> {
        self.heard.lock().unwrap().listened.clone()
    }

    pub fn mark(
        &self,
        merchant: &MerchantId,
        keys: (VerifyingKey, SealingKey),
        now: Timestamp,
    ) -> Signed<Mark> {
        let mark = Mark {
            agent: self.id.clone(),
            agent_name: Localized::new("割符決済", "Warifu Settlement"),
            merchant: merchant.clone(),
            name: Localized::new("山田茶舗", "Yamada Tea"),
            legal_notice: Localized::new("代表 山田太郎", "Represented by Taro Yamada"),
            origins: vec!["http://127.0.0.1:8080".into()],
            server: "http://127.0.0.1:8080".into(),
            verifying_key: keys.0,
            sealing_key: keys.1,
            relay: None,
            hand_over: None,
            payee: Some(Payee {
                bank: Localized::new("みほん銀行", "Mihon Bank"),
                branch: Localized::new("盛岡支店", "Morioka branch"),
                account: "0999-123-ordinary-7654321".into(),
                holder: "ﾔﾏﾀﾞﾁﾔﾎ".into(),
            }),
            payout_class: "standard".into(),
            serial: 1,
            valid_from: now.minus(Span::hours(1)),
            valid_until: now.plus(Span::hours(24)),
        };
        Signed::sign(&mark, &self.keys)
    }

    pub fn challenge(
        &self,
        merchant: &MerchantId,
        purchase: PurchaseId,
        now: Timestamp,
    ) -> Signed<Challenge> {
        let challenge = Challenge {
            agent: self.id.clone(),
            sealing_key: self.keys.sealing(),
            merchant: merchant.clone(),
            purchase,
            nonce: Nonce::random(&mut Entropy::system()),
            issued: now,
            expires: now.plus(ORDER_IDLE),
        };
        Signed::sign(&challenge, &self.keys)
    }

    /// The Grant for a tally, not yet signed: tests change it before.
    pub fn grant(&self, tally: &SignedTally, now: Timestamp) -> Grant {
        let tally = tally.verify().unwrap();
        Grant {
            agent: tally.agent.clone(),
            merchant: tally.merchant.clone(),
            handling_number: HandlingNumber::random(&mut Entropy::system()),
            purchase: tally.purchase,
            order: tally.order,
            offer: tally.offer,
            tally: tally.digest(),
            amount: tally.amount,
            plan_class: tally.plan_class,
            session_key: tally.session_key(),
            provisional: true,
            issued: now,
            expires: now.plus(GRANT_LIFETIME),
        }
    }

    pub fn confirmation(&self, grant: &Grant, outcome: Outcome, now: Timestamp) -> Confirmation {
        Confirmation {
            agent: self.id.clone(),
            merchant: grant.merchant.clone(),
            purchase: grant.purchase,
            handling_number: grant.handling_number,
            outcome,
            channel: Channel::Mail,
            decided: now,
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        Signer::sign(&self.keys, message).as_bytes().to_vec()
    }
}

async fn told(
    State(heard): State<Arc<Mutex<Heard>>>,
    Path((_, what)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let mut heard = heard.lock().unwrap();
    match heard.moods.pop() {
        Some(status) => StatusCode::from_u16(status).unwrap(),
        None => {
            heard.told.push((what, body.to_vec()));
            StatusCode::NO_CONTENT
        }
    }
}

async fn settled(
    State(heard): State<Arc<Mutex<Heard>>>,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, Vec<u8>) {
    let mut heard = heard.lock().unwrap();
    heard.settled.push((uri.path().to_owned(), body.to_vec()));
    let (status, answer) = heard.books.as_ref().map_or((503, Vec::new()), |books| books(&body));
    (StatusCode::from_u16(status).unwrap(), answer)
}

async fn asked(State(heard): State<Arc<Mutex<Heard>>>, Path(id): Path<String>) -> Response {
    let mut heard = heard.lock().unwrap();
    heard.asked += 1;
    match heard.statuses.get(&id) {
        Some(status) => status.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn events(
    State(heard): State<Arc<Mutex<Heard>>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut heard = heard.lock().unwrap();
    let text = |name| headers[name].to_str().unwrap().to_owned();
    let after = query["after"].clone();
    heard.listened.push((after.clone(), text("warifu-time"), text("warifu-signature")));
    let newest = heard.events.last().map_or(0, |(number, _)| *number);
    let after: i64 = after.parse().unwrap();
    let told = heard.events.iter().filter(|(number, _)| after >= 0 && *number > after);
    let told: Vec<_> = told.map(|(_, event)| event.clone()).collect();
    axum::Json(serde_json::json!({ "events": told, "next": newest.to_string() })).into_response()
}

async fn payouts(State(heard): State<Arc<Mutex<Heard>>>, headers: HeaderMap) -> Response {
    assert!(headers.contains_key("warifu-signature") && headers.contains_key("warifu-time"));
    match heard.lock().unwrap().paid {
        Some(_) => axum::Json(serde_json::json!({ "payouts": [paid()] })).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn payout(
    State(heard): State<Arc<Mutex<Heard>>>,
    Path((_, payout)): Path<(String, String)>,
) -> Response {
    let heard = heard.lock().unwrap();
    let Some(purchase) = heard.paid.as_ref().filter(|_| payout == "pay_77") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let line = serde_json::json!({
        "purchase": purchase, "kind": "claim", "name": "C-1", "at": "2026-11-18T15:46:40Z",
        "minor": 700, "fee": 21, "share": 679,
    });
    axum::Json(serde_json::json!({ "payout": paid(), "lines": [line] })).into_response()
}

fn paid() -> serde_json::Value {
    serde_json::json!({
        "id": "pay_77", "currency": "JPY", "amount": 679, "cutoff": "2026-11-18T15:46:40Z",
        "pay_on": "2026-11-24", "claimed": 700, "refunded": 0, "fees": 21, "words": 1,
    })
}
