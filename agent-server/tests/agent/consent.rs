//! The confirmation page (64–65): GET shows, only POST decides (TRUST.md D11, T31).

use reqwest::Method;
use shared_protocol::{PurchaseState, Span};

use crate::{market::Market, page::Page, shopper::id};

/// A market with one open question, and the path of its page.
async fn asked() -> (Market, shared_protocol::PurchaseId, String) {
    let market = Market::open().await;
    let grant = market.accepted().await;
    let link = market.letters(1).await[0].link.clone().unwrap();
    let path = link.strip_prefix("http://localhost:7070").unwrap().to_owned();
    (market, id(&grant), path)
}

#[tokio::test]
async fn the_page_shows_everything_that_the_shopper_consents_to() {
    let (market, _, path) = asked().await;
    for (locale, texts) in [
        ("ja", ["山田茶舗", "南部鉄器 急須 × 1", "¥3,850", "末尾 01", "承認する（¥3,850）"]),
        (
            "en",
            ["Yamada Tea", "Nambu iron teapot × 1", "¥3,850", "ending in 01", "Approve · ¥3,850"],
        ),
    ] {
        let page = market.page(&format!("{path}?locale={locale}")).await;
        assert_eq!(page.status, 200);
        for text in texts {
            assert!(page.says(text), "{locale}: {text}");
        }
        assert!(page.says("name=\"decision\" value=\"ok\""));
        assert!(page.says("name=\"decision\" value=\"cancel\""));
        assert!(!page.says("900000000001") && !page.says("9000-0000"));
    }
    // The letter's language, whatever the browser's is, unless the reader asks for another.
    let request = market.browse(Method::GET, &path).header("accept-language", "ja");
    let page = Page::of(request.send().await.unwrap()).await;
    assert!(page.says("<html lang=\"en\">"));
}

#[tokio::test]
async fn the_page_needs_no_script_and_is_kept_and_told_nowhere() {
    let (market, _, path) = asked().await;
    let page = market.page(&path).await;
    assert_eq!(page.allows("default-src"), ["'none'"]);
    assert!(page.allows("script-src").is_empty() && !page.says("<script"));
    assert_eq!(page.allows("form-action"), ["'self'"]);
    assert_eq!(page.allows("frame-ancestors"), ["'none'"]);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.says("<meta name=\"robots\" content=\"noindex\">"));
    page.assert_runs_only_what_is_named();
}

#[tokio::test]
async fn looking_as_often_as_a_mail_scanner_decides_nothing() {
    let (market, purchase, path) = asked().await;
    for query in ["", "?decision=ok", "?locale=en&decision=cancel", "#cancel"] {
        for method in [Method::GET, Method::HEAD] {
            for _ in 0..5 {
                let seen = market.browse(method.clone(), &format!("{path}{query}")).send().await;
                assert_eq!(seen.unwrap().status(), 200);
            }
        }
    }
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let sent = market.browse(method, &path).body("decision=ok").send().await.unwrap();
        assert!(!sent.status().is_success());
    }
    assert_eq!(market.state(&purchase).await, PurchaseState::Accepted);
}

#[tokio::test]
async fn a_yes_is_shown_as_a_yes_however_often_it_is_said() {
    let (market, purchase, path) = asked().await;
    for _ in 0..2 {
        let sent = market.press(&path, "decision=ok").await;
        assert_eq!((sent.status, sent.header("location")), (303, path.as_str()));
        assert_eq!(market.state(&purchase).await, PurchaseState::Confirmed);
    }
    let page = market.page(&format!("{path}?locale=en")).await;
    assert!(page.says("data-state=\"confirmed\"") && page.says("The order is complete."));
    assert!(!page.says("name=\"decision\""));
    let other = market.press(&format!("{path}?locale=en"), "decision=cancel").await;
    assert_eq!(other.status, 409);
    assert!(other.says("Already approved"));
    assert_eq!(market.state(&purchase).await, PurchaseState::Confirmed);
}

#[tokio::test]
async fn a_no_is_shown_as_a_no_and_cannot_become_a_yes() {
    let (market, purchase, path) = asked().await;
    let sent = market.press(&format!("{path}?locale=en"), "decision=cancel").await;
    assert_eq!(sent.header("location"), format!("{path}?locale=en"));
    let page = market.page(sent.header("location")).await;
    assert!(page.says("data-state=\"cancelled\"") && page.says("Nothing was charged."));
    let other = market.press(&format!("{path}?locale=ja"), "decision=ok").await;
    assert_eq!(other.status, 409);
    assert!(other.says("すでに取り消されています"));
    assert_eq!(market.state(&purchase).await, PurchaseState::Cancelled);
}

#[tokio::test]
async fn after_the_deadline_the_page_says_that_it_is_over() {
    let (market, purchase, path) = asked().await;
    market.advance(Span::hours(72).max(market.agent.app.config.confirmation_lifetime()));
    let page = market.page(&format!("{path}?locale=en")).await;
    assert!(page.says("data-state=\"expired\"") && page.says("The time is over"));
    assert!(!page.says("name=\"decision\""));
    let sent = market.press(&format!("{path}?locale=en"), "decision=ok").await;
    assert!(sent.status == 303 || sent.status == 409, "{}", sent.status);
    assert_eq!(market.state(&purchase).await, PurchaseState::Expired);
    assert!(market.page(&format!("{path}?locale=en")).await.says("The time is over"));
}

#[tokio::test]
async fn a_link_that_nobody_sent_gets_a_kind_page() {
    let (market, ..) = asked().await;
    for path in ["/confirm/AAAAAAAAAAAAAAAAAAAAAA", "/confirm/x", "/confirm/%F0%9F%8D%B5"] {
        let path = format!("{path}?locale=en");
        for page in [market.page(&path).await, market.press(&path, "decision=ok").await] {
            assert_eq!(page.status, 404, "{path}");
            assert!(page.says("This link does not work") && page.says("<main"), "{path}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_neither_yes_nor_no_decides_nothing() {
    let (market, purchase, path) = asked().await;
    for body in ["", "decision=", "decision=maybe", "decision=ok&decision=cancel", "x=ok", "%"] {
        let page = market.press(&path, body).await;
        assert_eq!(page.status, 400, "{body}");
    }
    let request = market.browse(Method::POST, &path).header("content-type", "application/json");
    let sent = Page::of(request.body("{\"decision\":\"ok\"}").send().await.unwrap()).await;
    assert!(sent.status >= 400, "{}", sent.status);
    assert_eq!(market.state(&purchase).await, PurchaseState::Accepted);
}

/// The handling number and the six digits of the newest letter, which is in English.
async fn number_and_code(market: &Market) -> (String, String) {
    let letters = market.letters(1).await;
    let after = |label: &str| {
        let line = letters[0].text.lines().find_map(|line| line.strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {}", letters[0].text)).trim().to_owned()
    };
    (after("Handling number:"), after("Code:"))
}

#[tokio::test]
async fn on_another_device_the_number_and_the_code_lead_to_the_page() {
    let (market, purchase, path) = asked().await;
    let (number, code) = number_and_code(&market).await;
    assert_eq!(code.len(), 6, "{code}");
    let mut visitor = market.visitor();
    let page = visitor.get("/confirm?locale=en").await;
    assert_eq!((page.status.as_u16(), page.screen().as_str()), (200, "confirm-code"));
    let (before, after) = code.split_at(3);
    for code in [code.clone(), format!(" {before}-{after} ")] {
        let form = [("number", number.as_str()), ("code", &code)];
        let sent = visitor.post("/confirm?locale=en", &form).await;
        assert_eq!(sent.status.as_u16(), 303);
        assert_eq!(sent.header("location"), format!("{path}?locale=en"));
    }
    assert_eq!(market.state(&purchase).await, PurchaseState::Accepted, "it decides nothing");
}

#[tokio::test]
async fn five_wrong_codes_close_that_way_and_nobody_learns_what_was_wrong() {
    let (market, _, path) = asked().await;
    let (number, code) = number_and_code(&market).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let mut visitor = market.visitor();
    let unknown = [("number", "0000-0000-0000"), ("code", code.as_str())];
    let unknown = visitor.post("/confirm?locale=en", &unknown).await;
    for _ in 0..5 {
        let form = [("number", number.as_str()), ("code", wrong)];
        let sent = visitor.post("/confirm?locale=en", &form).await;
        assert_eq!((sent.status.as_u16(), unknown.status.as_u16()), (422, 422));
        assert!(sent.has(&number), "what was typed is kept");
        assert!(sent.has("The handling number or the code is not right."));
        assert!(unknown.has("The handling number or the code is not right."));
    }
    let form = [("number", number.as_str()), ("code", &code)];
    let sent = visitor.post("/confirm?locale=en", &form).await;
    assert_eq!(sent.status.as_u16(), 422, "the right code comes too late");
    assert_eq!(market.page(&path).await.status, 200, "the link still works");
}
