//! The edge: wrong media types, long bodies, slow bodies, unknown paths, languages.

use std::time::Duration;

use reqwest::Method;
use shared_protocol::{ChallengeRequest, Message as _, Problem, PurchaseId, encode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::market::{Market, answer};

#[tokio::test]
async fn whatever_is_refused_is_refused_with_a_problem_document() {
    let market = Market::open().await;
    let request = ChallengeRequest {
        merchant: "mrc_tea".parse().unwrap(),
        purchase: PurchaseId::new([1; 16]),
    };
    let good = ChallengeRequest::media_type();
    let bytes = encode(&request);
    let long = vec![0; ChallengeRequest::LEN_MAX + 1];
    let mut trailing = bytes.clone();
    trailing.push(0);
    let post = |kind: &str, body: Vec<u8>| {
        let request = market.http.post(market.url("/v1/challenges")).header("content-type", kind);
        async { answer(request.body(body).send().await.unwrap()).await }
    };
    assert_eq!(post("application/json", bytes.clone()).await, Err(Problem::UnsupportedMediaType));
    assert_eq!(post(&format!("{good}; x=y"), bytes).await, Err(Problem::UnsupportedMediaType));
    assert_eq!(post(&good, long).await, Err(Problem::MessageTooLarge));
    assert_eq!(post(&good, trailing).await, Err(Problem::MalformedMessage));
    assert_eq!(post(&good, vec![0xff; 20]).await, Err(Problem::MalformedMessage));
    assert_eq!(post(&good, vec![]).await, Err(Problem::MalformedMessage));
    for (method, path, problem) in [
        (Method::GET, "/v1/nothing", Problem::NotFound),
        (Method::DELETE, "/v1/challenges", Problem::MethodNotAllowed),
        (Method::GET, "/v1/purchases/pur_x", Problem::PurchaseUnknown),
        (Method::GET, "/v1/purchases/pur_00000000000000000000000000", Problem::PurchaseUnknown),
        (Method::GET, "/v1/marks/nobody", Problem::UnknownMerchant),
        (Method::GET, "/v1/offers/mrc_tea/NOTHING", Problem::UnknownItem),
    ] {
        let sent = market.http.request(method, market.url(path)).send().await.unwrap();
        assert!(sent.headers().contains_key("x-request-id"));
        assert_eq!(answer(sent).await, Err(problem), "{path}");
    }
}

#[tokio::test]
async fn a_problem_speaks_the_callers_language() {
    let market = Market::open().await;
    for (language, detail) in
        [("en", "This purchase is not known."), ("ja", "この注文は見つかりません。")]
    {
        let url = market.url("/v1/purchases/pur_00000000000000000000000000");
        let sent = market.http.get(url).header("accept-language", language).send().await.unwrap();
        let document: serde_json::Value =
            serde_json::from_slice(&sent.bytes().await.unwrap()).unwrap();
        assert_eq!(document["detail"], detail);
        assert_eq!(document["type"], "http://localhost:7070/problems/purchase_unknown");
        assert_eq!(document["retryable"], false);
        assert_eq!(document["next_step"], "start_over");
    }
}

/// A body without an announced length is cut where the message ends.
#[tokio::test]
async fn a_body_without_end_is_not_read_to_its_end() {
    let market = Market::open().await;
    let mut stream = TcpStream::connect(market.agent.addr).await.unwrap();
    let head = format!(
        "POST /v1/challenges HTTP/1.1\r\nhost: x\r\ncontent-type: {}\r\n\
         transfer-encoding: chunked\r\n\r\n",
        ChallengeRequest::media_type()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..64 {
        if stream.write_all(format!("400\r\n{}\r\n", "x".repeat(1024)).as_bytes()).await.is_err() {
            break;
        }
    }
    let mut said = vec![0; 1024];
    let count = stream.read(&mut said).await.unwrap();
    assert!(said[..count].starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for_for_ever() {
    let market = Market::open().await;
    let mut stream = TcpStream::connect(market.agent.addr).await.unwrap();
    let head = format!(
        "POST /v1/challenges HTTP/1.1\r\nhost: x\r\ncontent-type: {}\r\n\
         content-length: 20\r\n\r\nx",
        ChallengeRequest::media_type()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = vec![0; 1024];
    let read = tokio::time::timeout(Duration::from_secs(15), stream.read(&mut said));
    let count = read.await.expect("cut before the test loses patience").unwrap();
    assert!(said[..count].starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&said));
    assert!(market.http.get(market.url("/readyz")).send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn an_offer_is_fetched_verified_and_kept() {
    let market = Market::open().await;
    let offer =
        shared_protocol::Signed::sign(&market.merchant.teapot(market.now()), &market.merchant.key);
    market.merchant.show(offer.clone());
    let fetch = async || {
        let url = market.url("/v1/offers/mrc_tea/TEAPOT-01");
        answer(market.http.get(url).send().await.unwrap()).await
    };
    assert_eq!(fetch().await, Ok(encode(&offer)));
    let forged = shared_protocol::Signed::sign(
        &market.merchant.teapot(market.now()),
        &crate::merchant::Key::random(),
    );
    market.merchant.show(forged);
    assert_eq!(fetch().await, Ok(encode(&offer)));
    market.advance(shared_protocol::Span::secs(61));
    assert_eq!(fetch().await, Err(Problem::OfferInvalid));
}
