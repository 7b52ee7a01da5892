//! The demo's pages, and that nothing of them is there without a demo.

use std::sync::Arc;

use agent_server::{
    clock::SystemClock,
    config::{Config, SmtpConfig},
    entropy::Entropy,
    keys::AgentKeyring,
};
use reqwest::Method;
use serde_json::Value;
use shared_protocol::Span;

use crate::market::Market;

async fn json(market: &Market, path: &str) -> Value {
    let answer = market.http.get(market.url(path)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_mailbox_shows_the_newest_letter_first_with_its_link() {
    let market = Market::open().await;
    market.accepted().await;
    market.letters(1).await;
    market.advance(Span::secs(60));
    market.accepted().await;
    market.letters(2).await;
    let letters = json(&market, "/_demo/mail.json").await;
    assert_eq!(letters.as_array().unwrap().len(), 2);
    for key in ["id", "to", "subject", "text", "html", "link", "received_at"] {
        assert!(letters[0][key].is_string(), "{key}");
    }
    assert!(letters[0]["received_at"].as_str() > letters[1]["received_at"].as_str());
    let page = market.page("/_demo/mail?locale=en").await;
    let at = |letter: &Value| page.html.find(letter["id"].as_str().unwrap()).unwrap();
    assert!(at(&letters[0]) < at(&letters[1]));
    assert!(page.says("C-9000-0000-0001") && page.says("2468"));
    page.assert_runs_only_what_is_named();
    let letter = market.page(&format!("/_demo/mail/{}", letters[0]["id"].as_str().unwrap())).await;
    assert!(letter.says(letters[0]["link"].as_str().unwrap()));
    assert_eq!(letter.allows("default-src"), ["'none'"]);
    assert_eq!(market.page("/_demo/mail/none").await.status, 404);
}

#[tokio::test]
async fn the_split_inspector_shows_what_came_and_hides_what_must_be_hidden() {
    let market = Market::open().await;
    market.granted().await;
    let side = json(&market, "/_demo/split.json").await;
    let opened = &side["opened"][0];
    assert_eq!(opened["contract_number"], "C-••••-••••-••01");
    assert_eq!(opened["contract_bytes"], 13);
    assert_eq!(opened["amount"], "¥3,850");
    assert_eq!(opened["item"][1], "Nambu iron teapot");
    assert_eq!(opened["merchant"], "mrc_tea");
    assert!(!opened.to_string().contains("2468") && !opened.to_string().contains("900000000001"));
    let requests: Vec<_> =
        side["received"].as_array().unwrap().iter().map(|one| one["request"].as_str()).collect();
    assert_eq!(requests[0], Some("POST /v1/challenges"));
    assert!(requests[1].unwrap().starts_with("PUT /v1/purchases/pur_"));
    assert!(side["look_for"].to_string().contains("C900000000001"));
    assert_eq!(side["shops"][0], market.merchant.registration().server);
    let page = market.page("/_demo/split?locale=en").await;
    assert!(page.says("Contract number seen by shop: {n} bytes"));
    let shop = market.merchant.registration().server;
    assert_eq!(page.allows("connect-src"), ["'self'", &shop]);
    page.assert_runs_only_what_is_named();
}

#[tokio::test]
async fn the_clock_moves_forward_by_what_is_asked() {
    let market = Market::open().await;
    let before = market.now();
    let moved = market.http.post(market.url("/_demo/clock")).body("advance=3600");
    let moved = moved.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(moved.send().await.unwrap().status(), 200);
    assert!(market.now() >= before.plus(Span::hours(1)));
    let pressed = market.press("/_demo/clock", "advance=60&back=%2F_demo%2Fmail").await;
    assert_eq!((pressed.status, pressed.header("location")), (303, "/_demo/mail"));
    for body in ["advance=-5", "advance=", "", "advance=1&back=https://elsewhere.example/"] {
        let sent = market.press("/_demo/clock", body).await;
        assert_eq!(sent.header("location"), "", "{body}");
    }
}

#[tokio::test]
async fn nothing_of_the_demo_is_there_without_a_demo() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::demo(folder.path(), &folder.path().join("widget"));
    config.demo = false;
    config.listen = "127.0.0.1:0".into();
    config.database_url = crate::market::database(folder.path());
    let from = "orders@agent.example".into();
    config.smtp = Some(SmtpConfig { url: "smtp://127.0.0.1:1".into(), from });
    AgentKeyring::create_missing(&config.keys_dir(), &Entropy::new()).unwrap();
    let agent = agent_server::start(config, Arc::new(SystemClock)).await.unwrap();
    assert!(agent.app.demo.is_none() && agent.app.clock.as_test().is_none());
    let http = agent_server::outside::client();
    let paths = ["mail", "mail.json", "mail/out_1", "split", "split.json", "clock", ""];
    for path in paths {
        for method in [Method::GET, Method::POST] {
            let url = format!("http://{}/_demo/{path}", agent.addr);
            let sent = http.request(method, url).body("advance=1").send().await.unwrap();
            assert_eq!(sent.status(), 404, "{path}");
        }
    }
    for path in ["sign-in/demo", "sign-in/demo/passkey"] {
        let url = format!("http://{}/console/{path}", agent.addr);
        let sent = http.post(&url).header("sec-fetch-site", "same-origin");
        let sent = sent.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(sent.body("name=owner%40demo").send().await.unwrap().status(), 404, "{path}");
    }
    assert!(agent.app.store.operators().await.unwrap().is_empty(), "nor an operator");
    let home = http.get(format!("http://{}/", agent.addr)).header("accept", "text/html");
    assert!(!home.send().await.unwrap().text().await.unwrap().contains("_demo"));
    assert!(agent.app.store.contracts().await.unwrap().is_empty(), "no demo contract is entered");
    agent.shutdown().await;
    assert!(!folder.path().join("mailbox").exists());
}
