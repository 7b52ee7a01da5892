//! What browsers and careless programs meet: who may read answers, strict media types, limits, and
//! a problem document for everything that goes wrong.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, ORIGIN};
use shared_protocol::{
    Locale, Message as _, Offer, OrderCheck, OrderSubmission, Problem, Signed, Span, encode,
};

use crate::market::{Market, answer};

#[tokio::test]
async fn an_offer_is_signed_complete_and_the_same_for_an_hour() {
    let market = Market::start().await;
    let first = market.get("/warifu/v1/offers/TEAPOT-01").await;
    let signed: Signed<Offer> = first.message();
    let offer = signed.verify(&market.verifying_key()).unwrap();
    offer.check_complete().unwrap();
    offer.check_open(market.now()).unwrap();
    assert_eq!(offer.unit_price.minor, 3300);
    assert_eq!(offer.image.as_deref(), Some("/warifu/v1/images/teapot.svg"));
    let into_hour = market.now().since(offer.issued);
    market.advance(Span::millis(Span::minutes(59).as_millis() - into_hour.as_millis()));
    assert_eq!(market.get("/warifu/v1/offers/TEAPOT-01").await.body, first.body);
    market.advance(Span::minutes(1));
    assert_ne!(market.get("/warifu/v1/offers/TEAPOT-01").await.body, first.body);
    let unknown = market.get("/warifu/v1/offers/TEAPOT-99").await;
    assert_eq!(unknown.problem(), Problem::UnknownItem);
}

#[tokio::test]
async fn only_the_agents_frame_may_read_from_a_browser() {
    let market = Market::start().await;
    let path = "/warifu/v1/purchases/pur_01hzzzzzzzzzzzzzzzzzzzzzzz";
    let preflight = |url: String| {
        market
            .http
            .request(Method::OPTIONS, url)
            .header(ORIGIN, &market.agent.url)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "content-type")
    };
    let told = answer(preflight(market.url(path))).await;
    assert_eq!(told.headers["access-control-allow-origin"], market.agent.url.as_str());
    assert_eq!(told.headers["access-control-max-age"], "600");
    assert_eq!(told.headers["access-control-allow-headers"], "content-type");
    let methods = told.headers["access-control-allow-methods"].to_str().unwrap();
    assert_eq!(methods, "GET,POST,PUT");
    for path in [path, "/warifu/v1/offers/TEAPOT-01", "/warifu/v1/offers/NONE"] {
        let request = market.http.get(market.url(path)).header(ORIGIN, "https://evil.example");
        let told = answer(request).await;
        let allowed = &told.headers["access-control-allow-origin"];
        assert_eq!(allowed, market.agent.url.as_str(), "also on failures: {path}");
    }
    for path in ["/warifu/v1/events", "/.well-known/warifu", "/readyz"] {
        let told = market.get(path).await;
        assert!(!told.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}

#[tokio::test]
async fn only_the_right_media_type_is_read() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let url = market.url(&format!("/warifu/v1/purchases/{}/check", attempt.purchase));
    let body = encode(&attempt.sealed.order_check());
    for kind in [None, Some("application/json"), Some("application/octet-stream"), Some("")] {
        let mut request = market.http.post(&url).body(body.clone());
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        assert_eq!(answer(request).await.problem(), Problem::UnsupportedMediaType, "{kind:?}");
    }
    let other = market.http.post(&url).header(CONTENT_TYPE, OrderSubmission::media_type());
    assert_eq!(answer(other.body(body)).await.problem(), Problem::UnsupportedMediaType);
    let events = market.http.post(market.url("/warifu/v1/events")).body("{}");
    assert_eq!(answer(events).await.problem(), Problem::UnsupportedMediaType);
}

#[tokio::test]
async fn broken_and_over_long_messages_are_refused() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let url = market.url(&format!("/warifu/v1/purchases/{}/check", attempt.purchase));
    let good = encode(&attempt.sealed.order_check());
    let mut trailing = good.clone();
    trailing.push(0);
    for (body, problem) in [
        (Vec::new(), Problem::MalformedMessage),
        (good[..good.len() / 2].to_vec(), Problem::MalformedMessage),
        (trailing, Problem::MalformedMessage),
        (vec![0xff; 64], Problem::MalformedMessage),
        (vec![0; OrderCheck::LEN_MAX + 1], Problem::MessageTooLarge),
        (vec![0; 100_000], Problem::MessageTooLarge),
    ] {
        let request = market.http.post(&url).header(CONTENT_TYPE, OrderCheck::media_type());
        let length = body.len();
        assert_eq!(answer(request.body(body)).await.problem(), problem, "{length} bytes");
    }
}

#[tokio::test]
async fn whatever_goes_wrong_is_a_problem_document() {
    let market = Market::start().await;
    for (method, path, problem) in [
        (Method::GET, "/nothing", Problem::NotFound),
        (Method::GET, "/warifu/v1/purchases/not-an-id", Problem::NotFound),
        (
            Method::DELETE,
            "/warifu/v1/purchases/pur_01hzzzzzzzzzzzzzzzzzzzzzzz",
            Problem::MethodNotAllowed,
        ),
        (Method::GET, "/warifu/v1/events", Problem::MethodNotAllowed),
        (
            Method::GET,
            "/warifu/v1/purchases/pur_01hzzzzzzzzzzzzzzzzzzzzzzz",
            Problem::PurchaseUnknown,
        ),
    ] {
        for locale in Locale::ALL {
            let request = market.http.request(method.clone(), market.url(path));
            let told = answer(request.header("accept-language", locale.tag())).await;
            assert_eq!(told.problem(), problem, "{method} {path}");
            assert_eq!(told.json()["detail"].as_str(), Some(problem.text(locale)));
            assert_eq!(told.headers["x-content-type-options"], "nosniff");
            assert_eq!(told.headers["cache-control"], "no-store");
            let id = told.headers["x-request-id"].to_str().unwrap();
            assert_eq!(told.json()["request_id"].as_str(), Some(id));
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let market = Market::start().await;
    let path = market.url("/warifu/v1/purchases/pur_01hzzzzzzzzzzzzzzzzzzzzzzz");
    let told = answer(market.http.delete(path)).await;
    assert_eq!(told.problem(), Problem::MethodNotAllowed);
    let allowed = told.headers["allow"].to_str().unwrap();
    assert!(allowed.contains("PUT") && allowed.contains("GET"), "{allowed}");
}

#[tokio::test]
async fn the_shop_says_who_it_is() {
    let market = Market::start().await;
    let document = market.get("/.well-known/warifu").await.json();
    assert_eq!(document["merchant"], "mrc_tea");
    assert_eq!(document["role"], "merchant");
    let key = merchant_server::keys::public_text(market.verifying_key().as_bytes());
    assert_eq!(document["verifying_keys"][0].as_str(), Some(key.as_str()));
    assert_eq!(market.get("/healthz").await.status, 200);
    assert_eq!(market.get("/readyz").await.text(), "ready\n");
}

#[tokio::test]
async fn the_library_nests_in_another_application() {
    let market = Market::start().await;
    let own = axum::Router::new()
        .route("/", axum::routing::get(|| async { "my own shop" }))
        .merge(merchant_server::router(market.running().app.clone()))
        .fallback(|| async { (axum::http::StatusCode::NOT_FOUND, "my own 404") });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, own).await.unwrap() });
    let get = |path: &str| answer(market.http.get(format!("http://{address}{path}")));
    assert_eq!(get("/").await.text(), "my own shop");
    assert_eq!(get("/elsewhere").await.text(), "my own 404");
    get("/warifu/v1/offers/TEAPOT-01").await.message::<Signed<Offer>>();
    assert_eq!(get("/warifu/v1/offers/NONE").await.problem(), Problem::UnknownItem);
}
