//! Enrolment (¶44): an address, its code, a security code, a contract; alone and inside a purchase.

use agent_server::guard::Limits;
use reqwest::StatusCode;
use shared_protocol::{ContractNumber, Problem, Span};

use crate::{
    market::Market,
    shopper::Order,
    visitor::{Page, Visitor, as_pairs},
};

const ADDRESS: &str = "hanako@example.jp";

/// As far as the form for the security code.
async fn proved(market: &Market, visitor: &mut Visitor<'_>, query: &str, letters: usize) -> Page {
    let asked = visitor.post(&format!("/enrol{query}"), &[("email", ADDRESS)]).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.html);
    let form = [("about", asked.hidden("about")), ("code", market.mailed_code(letters).await)];
    visitor.post(&format!("/enrol/code{query}"), &as_pairs(&form)).await
}

async fn choose(visitor: &mut Visitor<'_>, proved: &Page, query: &str, code: &str) -> Page {
    let about = proved.hidden("about");
    let form = [("about", about.as_str()), ("code", code), ("accept", "yes")];
    visitor.post(&format!("/enrol/contract{query}"), &form).await
}

fn number(page: &Page) -> String {
    page.between("data-number=\"", "\"")
}

#[tokio::test]
async fn an_address_and_two_codes_make_a_contract_that_pays() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    assert_eq!(visitor.get("/enrol").await.screen(), "enrol");
    let form = proved(&market, &mut visitor, "", 1).await;
    assert_eq!(form.screen(), "choose");
    assert!(form.has("¥100,000") && visitor.cookie.is_none());
    let done = choose(&mut visitor, &form, "", "739182").await;
    assert_eq!((done.status, done.screen().as_str()), (StatusCode::OK, "enrolled"));
    let number = number(&done);
    assert!(ContractNumber::new(number.clone()).has_check_digit(), "{number}");
    assert!(!done.has("<script"));
    let order = Order { contract: number.leak(), code: "739182", ..market.order().await };
    market.grant(&order.seal()).await.unwrap();
    assert_eq!(visitor.get("/me").await.screen(), "me", "signed in by the way");
}

#[tokio::test]
async fn inside_a_purchase_the_shops_page_may_stand_around_it_and_no_cookie_is_set() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    let query = "?inline=1&merchant=mrc_tea&locale=ja";
    let page = visitor.get(&format!("/enrol{query}")).await;
    let ancestors =
        format!("frame-ancestors 'self' {};", market.merchant.registration().origins[0]);
    assert!(page.header("content-security-policy").contains(&ancestors));
    assert_eq!(page.header("cross-origin-embedder-policy"), "require-corp", "as the frame itself");
    assert!(page.has("page inline") && page.has("ご契約のお申し込み"));
    let form = proved(&market, &mut visitor, query, 1).await;
    let done = choose(&mut visitor, &form, query, "739182").await;
    assert!(done.has("<script src=\"/enrolled.js\">") && done.has("data-test=\"contract-number\""));
    assert!(done.header("content-security-policy").contains("script-src 'self'"));
    assert!(visitor.cookie.is_none());
    let script = visitor.get("/enrolled.js").await;
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert!(script.has("location.origin"), "no other origin hears the number");

    let strange = visitor.get("/enrol?inline=1&merchant=mrc_nobody").await;
    assert!(strange.header("content-security-policy").contains("frame-ancestors 'self';"));
    let alone = visitor.get("/enrol").await;
    assert!(alone.header("content-security-policy").contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn five_wrong_codes_and_it_is_over_also_for_the_right_one() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    let asked = visitor.post("/enrol", &[("email", ADDRESS)]).await;
    let (about, code) = (asked.hidden("about"), market.mailed_code(1).await);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in [4, 3, 2, 1] {
        let page = visitor.post("/enrol/code", &[("about", &about), ("code", wrong)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.has(&format!("{left} more times")) && page.hidden("about") == about);
    }
    for code in [wrong, &code] {
        let page = visitor.post("/enrol/code", &[("about", &about), ("code", code)]).await;
        assert_eq!(page.screen(), "enrol", "back to the beginning");
    }
}

#[tokio::test]
async fn a_code_is_typed_as_people_type_within_fifteen_minutes() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    let asked = visitor.post("/enrol", &[("email", ADDRESS)]).await;
    let (about, code) = (asked.hidden("about"), market.mailed_code(1).await);
    market.advance(Span::millis(Span::minutes(15).as_millis() - 2_000));
    let typed = format!(" {} {} ", &code[..3], &code[3..]);
    let page = visitor.post("/enrol/code", &[("about", &about), ("code", &typed)]).await;
    assert_eq!(page.screen(), "choose");
    market.advance(Span::minutes(31));
    let late = choose(&mut visitor, &page, "", "739182").await;
    assert_eq!(late.screen(), "enrol", "too late to choose");

    let asked = visitor.post("/enrol", &[("email", ADDRESS)]).await;
    let (about, code) = (asked.hidden("about"), market.mailed_code(2).await);
    market.advance(Span::minutes(15));
    let page = visitor.post("/enrol/code", &[("about", &about), ("code", &code)]).await;
    assert_eq!(page.screen(), "enrol", "too late to type");
}

#[tokio::test]
async fn an_address_with_a_contract_gets_another_letter_and_the_same_page() {
    let market = Market::open().await;
    let mut pages = Vec::new();
    for email in ["nobody@example.jp", "SHOPPER@example.jp"] {
        let page = market.visitor().post("/enrol", &[("email", email)]).await;
        let about = page.hidden("about");
        pages.push(page.html.replace(&about, "…").replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);
    let letters = market.letters(2).await;
    let known = letters.iter().find(|letter| letter.to == "SHOPPER@example.jp").unwrap();
    assert!(known.text.contains("/sign-in") && known.subject.contains("already"));
}

#[tokio::test]
async fn an_address_gets_three_letters_an_hour_and_a_network_as_many_as_are_set() {
    let limits = Limits { letters_of_network: 5, ..Limits::default() };
    let market = Market::open_with(|config| config.guessing = limits).await;
    let mut visitor = market.visitor();
    for _ in 0..3 {
        assert_eq!(visitor.post("/enrol", &[("email", ADDRESS)]).await.status, StatusCode::OK);
    }
    let refused = visitor.post("/enrol", &[("email", "Hanako@Example.JP")]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "60");
    assert!(refused.has("Hanako@Example.JP"), "what was typed is not lost");
    for n in 0..2 {
        let email = format!("someone{n}@example.jp");
        assert_eq!(visitor.post("/enrol", &[("email", &email)]).await.status, StatusCode::OK);
    }
    let refused = visitor.post("/sign-in", &[("email", "another@example.jp")]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let market = market.restart().await;
    let mut visitor = market.visitor();
    let still = visitor.post("/enrol", &[("email", ADDRESS)]).await;
    assert_eq!(still.status, StatusCode::TOO_MANY_REQUESTS, "also after a restart");
    market.advance(Span::hours(1));
    assert_eq!(visitor.post("/enrol", &[("email", ADDRESS)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn addresses_are_forgotten_after_a_day() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    visitor.post("/enrol", &[("email", ADDRESS)]).await;
    market.mailed_code(1).await;
    let kept = market.delivered(1).await;
    market.advance(Span::hours(25));
    visitor.post("/enrol", &[("email", "other@example.jp")]).await;
    market.mailed_code(2).await;
    let agent_server::store::About::MailedCode(old) = kept[0].parcel.about else {
        panic!("not about a code");
    };
    assert!(market.agent.app.store.mailed_code(old).await.unwrap().is_none());
    let kept = market.agent.app.store.outbox("done", 10).await.unwrap();
    assert!(kept.iter().all(|entry| entry.parcel.id != old && entry.parcel.attempts == 1));
    assert!(kept.len() <= 1, "its letter, too");
}

#[tokio::test]
async fn a_form_sent_twice_issues_one_contract() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    let form = proved(&market, &mut visitor, "", 1).await;
    let about = form.hidden("about");
    let filled = [("about", about.as_str()), ("code", "739182"), ("accept", "yes")];
    let (mut one, mut two) = (market.visitor(), market.visitor());
    let both = futures_util::future::join(
        one.post("/enrol/contract", &filled),
        two.post("/enrol/contract", &filled),
    );
    let (one, two) = both.await;
    assert_eq!(number(&one), number(&two));
    let all = market.agent.app.store.contracts().await.unwrap();
    assert_eq!(all.len(), 10, "the demo's nine and this");
}

#[tokio::test]
async fn what_is_easy_to_guess_is_refused_and_the_form_goes_on() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    for email in ["", "nobody", "a@"] {
        let page = visitor.post("/enrol", &[("email", email)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.has("aria-invalid=\"true\"") && page.has(&format!("value=\"{email}\"")));
    }
    let form = proved(&market, &mut visitor, "", 1).await;
    for code in ["1234", "0000", "12", "abcd"] {
        let page = choose(&mut visitor, &form, "", code).await;
        assert_eq!((page.status.as_u16(), page.screen().as_str()), (422, "choose"), "{code}");
    }
    let about = form.hidden("about");
    let page = visitor.post("/enrol/contract", &[("about", &about), ("code", "739182")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "not agreed");
    assert_eq!(choose(&mut visitor, &form, "", "739182").await.screen(), "enrolled");
}

#[tokio::test]
async fn forms_of_other_sites_are_not_heard() {
    let market = Market::open().await;
    let mut visitor = market.visitor();
    for origin in ["https://evil.example", "null"] {
        visitor.origin = Some(origin.into());
        for path in ["/enrol", "/sign-in"] {
            let page = visitor.post(path, &[("email", ADDRESS)]).await;
            assert_eq!(page.status.as_u16(), Problem::FormExpired.status(), "{origin} {path}");
        }
    }
    assert!(market.letters(0).await.is_empty());
}

#[tokio::test]
async fn an_agent_that_enrols_nobody_has_no_such_page() {
    let market = Market::open_with(|config| config.enrolment.open = false).await;
    let mut visitor = market.visitor();
    assert_eq!(visitor.get("/enrol").await.status, StatusCode::NOT_FOUND);
    let page = visitor.post("/enrol", &[("email", ADDRESS)]).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(!visitor.get("/sign-in").await.has("/enrol"));
}
