//! Signing in by a mailed code, how long it lasts, and whose forms are believed.

use agent_server::guard::Limits;
use reqwest::StatusCode;
use shared_protocol::{Problem, Span};

use crate::{
    market::Market,
    visitor::{Visitor, as_pairs},
};

const ADDRESS: &str = "shopper@example.jp";

async fn is_in(visitor: &mut Visitor<'_>) -> bool {
    visitor.get("/me").await.status == StatusCode::OK
}

#[tokio::test]
async fn whoever_signs_in_comes_back_to_where_they_wanted() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    let sent = visitor.get("/me/limits?locale=en").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let to = sent.header("location").to_owned();
    assert_eq!(to, "/sign-in?to=/me/limits%3Flocale%3Den");
    let page = visitor.get(&to).await;
    let action = page.between("action=\"", "\"").replace("&#38;", "&");
    let asked = visitor.post(&action, &[("email", ADDRESS)]).await;
    let form = [("about", asked.hidden("about")), ("code", market.mailed_code(1).await)];
    let action = asked.between("action=\"", "\"").replace("&#38;", "&");
    let entered = visitor.post(&action, &as_pairs(&form)).await;
    assert_eq!(entered.header("location"), "/me/limits?locale=en");
    let cookie = entered.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(cookie.starts_with("warifu=") && !cookie.contains("Secure"), "http in a demo");
    assert_eq!(visitor.get("/me/limits").await.screen(), "limits");
    let again = market.visitor().post("/sign-in/code", &as_pairs(&form)).await;
    assert_eq!(again.screen(), "sign-in", "a code is good once");
}

#[tokio::test]
async fn over_https_no_other_host_can_set_the_cookie() {
    let market =
        Market::open_with(|config| config.public_url = "https://agent.example".into()).await;
    let visitor = market.signed_in(ADDRESS).await;
    assert!(visitor.cookie.unwrap().starts_with("__Host-warifu="));
}

#[tokio::test]
async fn a_session_ends_unused_or_after_twelve_hours_or_by_signing_out() {
    let market = Market::open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    for _ in 0..3 {
        market.advance(Span::minutes(29));
        assert!(is_in(&mut visitor).await);
    }
    market.advance(Span::minutes(30));
    assert!(!is_in(&mut visitor).await, "unused for half an hour");

    let mut visitor = market.signed_in(ADDRESS).await;
    for _ in 0..24 {
        market.advance(Span::minutes(29));
        assert!(is_in(&mut visitor).await);
    }
    market.advance(Span::minutes(25));
    assert!(!is_in(&mut visitor).await, "twelve hours");

    let mut visitor = market.signed_in(ADDRESS).await;
    let cookie = visitor.cookie.clone();
    let left = visitor.submit("/me", "/sign-out", &[]).await;
    assert_eq!((left.header("location"), &visitor.cookie), ("/", &None));
    visitor.cookie = cookie;
    assert!(!is_in(&mut visitor).await, "also with the cookie of before");
}

#[tokio::test]
async fn only_a_form_of_ones_own_page_is_believed() {
    let market = Market::open().await;
    market.add_contract("C100000000042", 10_000, None).await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let mut other = market.signed_in("someone@example.jp").await;
    let others = other.get("/me/limits").await.hidden("form_token");
    let own = visitor.get("/me/limits").await.hidden("form_token");
    assert_ne!(own, others);
    for token in ["", "x", &others] {
        let page = visitor.post("/me/limits", &[("day", "1"), ("form_token", token)]).await;
        assert_eq!(page.status.as_u16(), Problem::FormExpired.status(), "{token}");
    }
    visitor.origin = Some("https://evil.example".into());
    let page = visitor.post("/me/limits", &[("day", "1"), ("form_token", &own)]).await;
    assert_eq!(page.status.as_u16(), Problem::FormExpired.status());
    visitor.origin = Some(market.url(""));
    let page = visitor.post("/me/limits", &[("day", "1"), ("form_token", &own)]).await;
    assert_eq!(page.header("location"), "/me?done=limits");
    let mut nobody = market.visitor();
    let page = nobody.post("/me/limits", &[("day", "1"), ("form_token", &own)]).await;
    assert_eq!(page.header("location"), "/sign-in?to=/me");
}

#[tokio::test]
async fn an_unknown_address_sees_the_same_page_and_gets_no_letter() {
    let market = Market::open().await;
    let mut pages = Vec::new();
    for email in ["nobody@example.jp", ADDRESS] {
        let mut visitor = market.visitor();
        let asked = visitor.post("/sign-in", &[("email", email)]).await;
        let about = asked.hidden("about");
        let wrong = visitor.post("/sign-in/code", &[("about", &about), ("code", "1")]).await;
        for page in [asked, wrong] {
            pages.push(page.html.replace(&about, "…").replace(email, "…"));
        }
    }
    assert_eq!(pages[..2], pages[2..]);
    let letters = market.letters(1).await;
    assert!(letters.len() == 1 && letters[0].to == ADDRESS);
}

/// Too many letters are refused in the same words whether or not there is anybody to write to.
#[tokio::test]
async fn letters_to_sign_in_are_limited_by_address_by_network_and_altogether() {
    let ask = async |market: &Market, email: &str| {
        market.visitor().post("/sign-in", &[("email", email)]).await
    };
    let market = Market::open().await;
    let mut refused = Vec::new();
    for email in ["nobody@example.jp", ADDRESS] {
        for _ in 0..3 {
            assert_eq!(ask(&market, email).await.status, StatusCode::OK, "{email}");
        }
        let page = ask(&market, email).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(page.header("retry-after"), "60");
        assert!(page.has(email), "what was typed is not lost");
        refused.push(page.html.replace(email, "…"));
    }
    assert_eq!(refused[0], refused[1]);
    assert_eq!(market.letters(3).await.len(), 3, "and no letter to nobody");

    for limits in [
        Limits { letters_of_network: 2, ..Limits::default() },
        Limits { letters: 2, ..Limits::default() },
    ] {
        let market = Market::open_with(|config| config.guessing = limits).await;
        for n in 0..2 {
            let email = format!("nobody{n}@example.jp");
            assert_eq!(ask(&market, &email).await.status, StatusCode::OK);
        }
        assert_eq!(ask(&market, ADDRESS).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn a_passkey_is_offered_where_one_signs_in_and_only_by_script() {
    let market = Market::open().await;
    let page = market.visitor().get("/sign-in?locale=en").await;
    let button = page.between("id=\"passkey\"", ">");
    assert!(button.contains("hidden") && button.contains("use-passkey"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self'") && policy.contains("connect-src 'self'"));
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "same-origin", "it says where to go afterwards");
    let inline = market.visitor().get("/sign-in?inline=1&merchant=mrc_tea").await;
    assert!(!inline.has("id=\"passkey\""), "inside a purchase there is the purchase's own");
}

/// Neither the database nor its log holds what opens anything.
#[tokio::test]
async fn numbers_codes_and_tokens_are_nowhere_in_plain() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    let asked = visitor.post("/enrol", &[("email", "hanako@example.jp")]).await;
    let mailed = market.mailed_code(1).await;
    let form = [("about", asked.hidden("about")), ("code", mailed.clone())];
    let proved = visitor.post("/enrol/code", &as_pairs(&form)).await;
    let about = proved.hidden("about");
    let filled = [("about", about.as_str()), ("code", "73918264"), ("accept", "yes")];
    let done = visitor.post("/enrol/contract", &filled).await;
    let number = done.between("data-number=\"", "\"");
    let token = visitor.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
    visitor.get("/me").await;
    let mut found = false;
    for (place, bytes) in kept(market.folder.path()) {
        let holds = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
        found |= holds("hanako@example.jp");
        for secret in [&number[..], &number[1..], "73918264", &token, &mailed, &about] {
            assert!(!holds(secret), "{place} holds {secret}");
        }
    }
    assert!(found, "searched rightly");
}

/// What the database holds, by place: its file and its log, or all of it as text.
pub fn kept(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    if let Some(url) = crate::market::database(folder) {
        let dump = postgres_cluster::dump(&url, postgres_cluster::Bytes::AsLetters);
        return vec![("the database".into(), dump)];
    }
    let files = std::fs::read_dir(folder.join("agent")).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let ours = files.filter(|path| name(path).starts_with("agent.sqlite"));
    let all: Vec<_> = ours.map(|path| (name(&path), std::fs::read(&path).unwrap())).collect();
    assert!(all.len() >= 2, "database and log");
    all
}
