//! A relay by itself (Fig 1): what it passes on, what it refuses to, and what it says when somebody
//! does not answer.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
    routing::post,
};
use merchant_server::relay::{RelayConfig, RunningRelay, start_relay};
use shared_protocol::{
    Field, Message as _, OpeningKey, OrderCheck, Personal, Problem, PurchaseId, RelayedAnswer,
    RelayedCall, RelayedReply, RelayedRequest, SealContext, encode,
};

use crate::market::{Answer, Market, answer, form};
use merchant_server::entropy::Entropy;

/// Status, media type, body.
type Said = (u16, &'static str, Vec<u8>);

/// An agent that keeps what comes and answers what it is told to.
#[derive(Clone, Default)]
struct Heard {
    came: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    /// Answered instead of a good reply.
    instead: Arc<Mutex<Option<Said>>>,
}

fn opening() -> OpeningKey {
    OpeningKey::from_bytes(&[9; 32]).unwrap()
}

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) -> Response {
    heard.came.lock().unwrap().push((headers, body.clone()));
    if let Some((status, kind, body)) = heard.instead.lock().unwrap().clone() {
        let status = StatusCode::from_u16(status).unwrap();
        return (status, [(CONTENT_TYPE, kind)], body).into_response();
    }
    let request: RelayedRequest = shared_protocol::decode(&body).unwrap();
    let (_, sealer) = request.open(&opening()).unwrap();
    let reply = RelayedAnswer { status: 204, body: Vec::new() };
    let reply = sealer.seal(&reply, &mut Entropy::system()).unwrap();
    ([(CONTENT_TYPE, RelayedReply::media_type())], encode(&reply)).into_response()
}

struct Site {
    market: Market,
    relay: RunningRelay,
    heard: Heard,
}

impl Site {
    async fn open() -> Self {
        let market = Market::start().await;
        let heard = Heard::default();
        let routes = Router::new().route("/v1/relayed", post(hear)).with_state(heard.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let agent = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let relay = start_relay(RelayConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            agent: agent.parse().unwrap(),
            shop: market.url("").parse().unwrap(),
        });
        Self { market, relay: relay.await.unwrap(), heard }
    }

    async fn send(&self, path: &str, media_type: String, body: Vec<u8>) -> Answer {
        let url = format!("http://{}{path}", self.relay.addr);
        let request = self.market.http.post(url).header("content-type", media_type);
        let request = request
            .header("x-forwarded-for", "203.0.113.77")
            .header("forwarded", "for=203.0.113.77")
            .header("user-agent", "a shopper's browser")
            .header("referer", "https://tea.example/teapot")
            .header("cookie", "who=me");
        answer(request.body(body)).await
    }

    async fn relayed(&self, request: &RelayedRequest) -> Answer {
        self.send("/warifu/v1/relayed", RelayedRequest::media_type(), encode(request)).await
    }
}

fn request() -> RelayedRequest {
    let mut rng = Entropy::system();
    let context = SealContext {
        purchase: PurchaseId::random(&mut rng),
        merchant: "mrc_tea".parse().unwrap(),
        agent: "agt_demo".parse().unwrap(),
    };
    let call = RelayedCall {
        method: "GET".into(),
        path: "/v1/marks/mrc_tea".into(),
        media_type: String::new(),
        body: Vec::new(),
    };
    call.seal(context, &opening().sealing_key(), &mut rng).unwrap().0
}

#[tokio::test]
async fn the_same_bytes_go_on_and_nothing_else_of_the_shoppers_request() {
    let site = Site::open().await;
    let request = request();
    let told = site.relayed(&request).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert_eq!(told.headers["content-type"], RelayedReply::media_type().as_str());
    assert_eq!(told.headers["cache-control"], "no-store");
    let came = site.heard.came.lock().unwrap().clone();
    let (headers, body) = &came[0];
    assert_eq!((came.len(), body.as_ref()), (1, encode(&request).as_slice()));
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "content-length", "content-type", "host"]);
    site.relay.stop().await;
}

#[tokio::test]
async fn what_is_no_sealed_request_is_not_passed_on() {
    let site = Site::open().await;
    let whole = encode(&request());
    for body in [Vec::new(), vec![7; 2048], whole[..whole.len() - 1].to_vec(), vec![0; 17_000]] {
        let told = site.send("/warifu/v1/relayed", RelayedRequest::media_type(), body).await;
        assert!([400, 413].contains(&told.status), "{told:?}");
    }
    let told = site.send("/warifu/v1/relayed", "application/json".into(), whole).await;
    assert_eq!(told.problem(), Problem::UnsupportedMediaType);
    assert_eq!(
        site.market
            .http
            .get(format!("http://{}/v1/relayed", site.relay.addr))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    assert!(site.heard.came.lock().unwrap().is_empty());
}

#[tokio::test]
async fn only_a_sealed_reply_comes_back_or_that_there_is_none() {
    let site = Site::open().await;
    let reply = RelayedReply::media_type();
    let reply: &'static str = reply.leak();
    let busy = br#"{"code":"too_many_requests","detail":"C900000000001"}"#.to_vec();
    for (instead, problem) in [
        ((200, reply, b"limit exceeded".to_vec()), Problem::AgentUnavailable),
        ((200, reply, vec![0; 70_000]), Problem::AgentUnavailable),
        ((500, "text/html", b"<h1>oh</h1>".to_vec()), Problem::AgentUnavailable),
        ((302, "text/plain", Vec::new()), Problem::AgentUnavailable),
        ((429, "application/problem+json", busy), Problem::TooManyRequests),
    ] {
        *site.heard.instead.lock().unwrap() = Some(instead);
        let told = site.relayed(&request()).await;
        assert_eq!(told.problem(), problem);
        assert!(!String::from_utf8_lossy(&told.body).contains("C900000000001"), "{told:?}");
    }
}

#[tokio::test]
async fn an_order_half_is_checked_by_the_shops_server_and_its_words_come_back() {
    let mut site = Site::open().await;
    let mut bad = form();
    bad.contact.phone = Personal::new("+9991234567");
    let good = site.market.prepare("TEAPOT-01").await;
    let bad = site.market.prepare_form("TEAPOT-01", bad).await;
    let path = |purchase| format!("/warifu/v1/purchases/{purchase}/check");
    let check = encode(&good.sealed.order_check());
    let told = site.send(&path(good.purchase), OrderCheck::media_type(), check.clone()).await;
    assert_eq!(told.status, 204, "{told:?}");
    let wrong = encode(&bad.sealed.order_check());
    let told = site.send(&path(bad.purchase), OrderCheck::media_type(), wrong).await;
    assert_eq!(told.problem(), Problem::FieldInvalid);
    let document: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(document["fields"][0]["name"], Field::ContactPhone.name());
    assert_eq!(document["fields"][0]["code"], "not_phone");
    site.market.close().await;
    let told = site.send(&path(good.purchase), OrderCheck::media_type(), check).await;
    assert_eq!(told.problem(), Problem::MerchantUnavailable);
}
