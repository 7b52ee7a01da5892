//! A merchant's server, as little of it as the agent can notice: Offers, and a webhook receiver
//! that keeps what it gets and answers what it is told to.

use std::sync::{Arc, Mutex};

use agent_server::{domain::MerchantStatus, entropy::Entropy};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use shared_protocol::{
    Acceptance, BasisPoints, DeliveryTerms, Grant, ItemId, Localized, Message as _, Offer,
    OpeningKey, PlanClass, Problem, QuantityLimits, Refusal, ShippingZone, Signature, Signed,
    Signer, Span, Timestamp, VerifyingKey, encode,
};

use crate::market::yen;

/// An Ed25519 key of ring's.
pub struct Key(Ed25519KeyPair);

impl Key {
    pub fn random() -> Self {
        Self(Ed25519KeyPair::from_pkcs8(&Entropy::new().signing_key()).unwrap())
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature::try_from(self.0.sign(message).as_ref()).unwrap()
    }
    fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::try_from(self.0.public_key().as_ref()).unwrap()
    }
}

/// The merchant `mrc_tea`.
pub struct Merchant {
    pub key: Key,
    opening: OpeningKey,
    pub shop: Arc<Shop>,
    url: String,
}

/// What its server shares with the test.
#[derive(Default)]
pub struct Shop {
    offer: Mutex<Option<Signed<Offer>>>,
    /// Webhooks that came, oldest first.
    pub notices: Mutex<Vec<Notice>>,
    /// With which status they are answered; 200 if nothing is said.
    pub status: Mutex<Option<u16>>,
    /// What `purchase.lapsed` is answered with.
    pub acceptance: Mutex<Option<Signed<Acceptance>>>,
}

#[derive(Clone)]
pub struct Notice {
    pub headers: HeaderMap,
    pub body: String,
}

impl Notice {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().into()
    }
}

impl Merchant {
    pub async fn open() -> Self {
        let shop = Arc::new(Shop::default());
        let routes = Router::new()
            .route("/warifu/v1/offers/{item}", get(offer))
            .route("/warifu/v1/events", post(event))
            .with_state(shop.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let opening = OpeningKey::from_bytes(&Entropy::new().bytes()).unwrap();
        Self { key: Key::random(), opening, shop, url }
    }

    /// As the operator enters it.
    pub fn registration(&self) -> agent_server::domain::Merchant {
        agent_server::domain::Merchant {
            id: "mrc_tea".parse().unwrap(),
            name: Localized::new("山田茶舗", "Yamada Tea"),
            legal_notice: Localized::new("代表 山田太郎", "Represented by Taro Yamada"),
            origins: vec![self.url.clone()],
            server: self.url.clone(),
            hand_over: None,
            verifying_key: self.key.verifying_key(),
            sealing_key: self.opening.sealing_key(),
            relay: None,
            plans: PlanClass::ALL.into(),
            payee: None,
            payout_class: "standard".into(),
            status: MerchantStatus::Active,
            valid_until: None,
            waives: None,
            serial: 1,
        }
    }

    /// Shows this Offer at its address.
    pub fn show(&self, offer: Signed<Offer>) {
        *self.shop.offer.lock().unwrap() = Some(offer);
    }

    /// The teapot, as of now.
    pub fn teapot(&self, now: Timestamp) -> Offer {
        let item: ItemId = "TEAPOT-01".parse().unwrap();
        Offer {
            merchant: "mrc_tea".parse().unwrap(),
            item,
            name: Localized::new("南部鉄器 急須", "Nambu iron teapot"),
            description: Localized::new("急須です。", "A teapot."),
            specification: Localized::new("容量 0.6 L", "Holds 0.6 L"),
            how_to_use: Localized::new("洗剤は使わないでください。", "Do not use detergent."),
            image: None,
            quantity: QuantityLimits { min: 1, max: 5 },
            unit_price: yen(3300),
            tax_rate: BasisPoints(1000),
            delivery: DeliveryTerms::Physical {
                zones: vec![ShippingZone { regions: vec!["JP".parse().unwrap()], fee: yen(550) }],
                free_from: None,
            },
            payment_terms: Localized::new("翌月27日払い", "Due on the 27th of next month"),
            plans: vec![PlanClass::Single, PlanClass::Revolving],
            delivery_time: Localized::new("3〜5日", "3 to 5 days"),
            application_period: Localized::new("在庫がある限り", "While stocks last"),
            withdrawal_terms: Localized::new("到着後8日以内", "Within 8 days of arrival"),
            issued: now.minus(Span::hours(1)),
            expires: now.plus(Span::hours(24)),
        }
    }

    /// Takes the order of a Grant.
    pub fn accept(&self, grant: &Signed<Grant>, now: Timestamp) -> Signed<Acceptance> {
        Signed::sign(&self.acceptance(grant, now), &self.key)
    }

    pub fn acceptance(&self, grant: &Signed<Grant>, now: Timestamp) -> Acceptance {
        let said = grant.claimed().unwrap();
        Acceptance {
            merchant: said.merchant,
            agent: said.agent,
            purchase: said.purchase,
            handling_number: said.handling_number,
            grant: grant.digest(),
            amount: said.amount,
            order_reference: "2026-0001".into(),
            accepted: now,
        }
    }

    /// Does not take it.
    pub fn refuse(&self, grant: &Signed<Grant>, now: Timestamp) -> Signed<Refusal> {
        let said = grant.claimed().unwrap();
        let refusal = Refusal {
            merchant: said.merchant,
            agent: said.agent,
            purchase: said.purchase,
            problem: Problem::OutOfStock,
            refused: now,
        };
        Signed::sign(&refusal, &self.key)
    }

    /// Waits for this many webhooks; oldest first.
    pub async fn notices(&self, count: usize) -> Vec<Notice> {
        self.heard(count, |_, _| false).await
    }

    /// The same, but those that came again because a lease ran out meanwhile count once.
    pub async fn notices_once(&self, count: usize) -> Vec<Notice> {
        let id = |notice: &Notice| notice.headers["webhook-id"].clone();
        self.heard(count, |before, notice| before.iter().any(|b| id(b) == id(notice))).await
    }

    async fn heard(
        &self,
        count: usize,
        is_again: impl Fn(&[Notice], &Notice) -> bool,
    ) -> Vec<Notice> {
        let mut heard: Vec<Notice> = Vec::new();
        for _ in 0..2400 {
            heard.clear();
            for notice in self.shop.notices.lock().unwrap().iter() {
                if !is_again(&heard, notice) {
                    heard.push(notice.clone());
                }
            }
            if heard.len() >= count {
                return heard;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("{} webhooks, not {count}", heard.len());
    }
}

async fn offer(State(shop): State<Arc<Shop>>, Path(item): Path<String>) -> Response {
    let offer = shop.offer.lock().unwrap().clone();
    match offer.filter(|_| item == "TEAPOT-01") {
        Some(offer) => {
            ([("content-type", Signed::<Offer>::media_type())], encode(&offer)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn event(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    shop.notices.lock().unwrap().push(Notice { headers, body });
    if let Some(status) = *shop.status.lock().unwrap() {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let acceptance = shop.acceptance.lock().unwrap().as_ref().map(|a| BASE64URL.encode(encode(a)));
    axum::Json(serde_json::json!({ "state": "accepted", "acceptance": acceptance })).into_response()
}
