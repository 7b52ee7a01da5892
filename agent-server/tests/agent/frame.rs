//! The frame page: the product in the first response, the policy of its merchant, and a readable
//! page whatever is missing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use reqwest::Method;
use shared_protocol::{
    Localized, Mark, Offer, PlanClass, Signed, Signer as _, Span, VerifyingKey, decode,
};

use crate::{market::Market, page::Page};
use agent_server::domain::MerchantStatus;

const FRAME: &str = "/v1/frame?merchant=mrc_tea&item=TEAPOT-01&locale=en";

async fn open() -> Market {
    let market = Market::open().await;
    let offer = market.merchant.teapot(market.now());
    market.merchant.show(Signed::sign(&offer, &market.merchant.key));
    market
}

#[tokio::test]
async fn the_first_response_shows_the_product_and_holds_the_form() {
    let market = open().await;
    let page = market.page(FRAME).await;
    assert_eq!(page.status, 200);
    for text in ["Yamada Tea", "Nambu iron teapot", "¥3,300", "Shipping ¥550", "Holds 0.6 L"] {
        assert!(page.says(text), "{text}");
    }
    assert!(page.says("<main data-screen=\"product\">"));
    assert!(page.says("data-test=\"order\""));
    assert!(page.says("data-s=\"details\" novalidate hidden"), "the form waits for Order");
    for name in ["contact.name", "delivery.postal_code", "payment.contract_number"] {
        assert!(page.says(&format!("name=\"{name}\"")), "{name}");
    }
    assert!(page.says("required><option value=\"single\">Pay in full</option>"));
    assert!(page.says("<option value=\"revolving\">Revolving</option></select>"));
    assert!(!page.says("value=\"times-3\""), "the agent has it, but the Offer does not take it");
    page.assert_runs_only_what_is_named();
}

#[tokio::test]
async fn the_form_offers_each_plan_that_rules_shop_and_price_allow() {
    let market = Market::open().await;
    let mut offer = market.merchant.teapot(market.now());
    offer.plans = PlanClass::ALL.into();
    let choices = async |offer: &Offer| {
        market.merchant.show(Signed::sign(offer, &market.merchant.key));
        market.advance(Span::minutes(2));
        let page = market.page(FRAME).await;
        let plans = page.html.split("name=\"payment.plan\"").nth(1).unwrap();
        plans.matches("<option ").count()
    };
    // Five teapots are dear enough for a bonus, one alone is not.
    let all = choices(&offer).await;
    assert!(all >= 1 + 11 + 1 + 1 + 4, "{all}");
    offer.quantity.max = 1;
    assert_eq!(choices(&offer).await, 1 + 11 + 1);
    offer.unit_price.minor = 2000;
    assert_eq!(choices(&offer).await, 1 + 1);
    let mut known = market.merchant.registration();
    known.plans = vec![PlanClass::Single];
    market.agent.app.store.put_merchant(known, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    assert_eq!(choices(&offer).await, 1);
}

#[tokio::test]
async fn mark_offer_and_keys_stand_in_the_page_as_they_were_signed() {
    let market = open().await;
    let page = market.page(FRAME).await;
    let key = market.agent.app.keys.verifying_key();
    let bytes = |name: &str| BASE64URL.decode(page.meta(name)).unwrap();
    assert_eq!(VerifyingKey::try_from(bytes("warifu-keys").as_slice()).unwrap(), key);
    let mark: Signed<Mark> = decode(&bytes("warifu-mark")).unwrap();
    assert_eq!(mark.verify(&key).unwrap().name.en, "Yamada Tea");
    let offer: Signed<Offer> = decode(&bytes("warifu-offer")).unwrap();
    let offer = offer.verify(&market.merchant.key.verifying_key()).unwrap();
    assert_eq!(offer.name.en, "Nambu iron teapot");
    assert_eq!(page.meta("warifu-origins"), market.merchant.registration().origins.join(" "));
    assert_eq!(page.meta("warifu-idle"), "900");
    assert_eq!(page.meta("warifu-waives"), "0", "everybody is asked");
}

#[tokio::test]
async fn only_the_merchants_own_pages_may_frame_it_and_only_its_server_is_asked() {
    let market = open().await;
    let page = market.page(FRAME).await;
    let server = market.merchant.registration().server;
    assert_eq!(page.allows("frame-ancestors"), [server.as_str()]);
    assert_eq!(page.allows("connect-src"), ["'self'", &server]);
    assert_eq!(page.allows("img-src"), ["'self'", "data:", &server]);
    assert_eq!(page.allows("default-src"), ["'none'"]);
    assert_eq!(page.allows("base-uri"), ["'none'"]);
    assert_eq!(page.allows("form-action"), ["'none'"]);
    assert_eq!(page.allows("require-trusted-types-for"), ["'script'"]);
    assert_eq!(page.allows("trusted-types"), ["'none'"]);
    let script = page.allows("script-src");
    assert!(script.contains(&"'self'") && script.contains(&"'wasm-unsafe-eval'"));
    assert_eq!(script.len(), 3, "{script:?}");
    for (name, value) in [
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    assert!(page.header("permissions-policy").contains("camera=()"));
}

#[tokio::test]
async fn alone_in_its_window_nobody_may_frame_it() {
    let market = open().await;
    let page = market.page(&FRAME.replace("frame", "page")).await;
    assert_eq!((page.status, page.allows("frame-ancestors")), (200, vec!["'none'"]));
    assert!(page.says("Nambu iron teapot"));
    page.assert_runs_only_what_is_named();
}

#[tokio::test]
async fn the_language_is_the_asked_one_else_the_browsers_else_japanese() {
    let market = open().await;
    let path = "/v1/frame?merchant=mrc_tea&item=TEAPOT-01";
    for (locale, header, tag) in [
        ("&locale=ja", "en", "ja"),
        ("&locale=en", "ja", "en"),
        ("&locale=auto", "en-US,en;q=0.9", "en"),
        ("", "en-US,en;q=0.9", "en"),
        ("", "fr", "ja"),
    ] {
        let request = market.browse(Method::GET, &format!("{path}{locale}"));
        let page = Page::of(request.header("accept-language", header).send().await.unwrap()).await;
        assert!(page.says(&format!("<html lang=\"{tag}\">")), "{locale} {header}");
        let other = if tag == "ja" { "en" } else { "ja" };
        assert!(page.says(&format!("item=TEAPOT-01&#38;locale={other}\"")), "{locale} {header}");
    }
}

#[tokio::test]
async fn the_quantity_that_the_shop_asks_for_is_kept_within_the_offer() {
    let market = open().await;
    for (asked, shown) in
        [("2", "2"), ("0", "1"), ("99", "5"), ("-1", "1"), ("abc", "1"), ("", "1")]
    {
        let page = market.page(&format!("{FRAME}&quantity={asked}")).await;
        assert!(page.says(&format!("value=\"{shown}\" data-min=\"1\" data-max=\"5\"")), "{asked}");
    }
}

#[tokio::test]
async fn nothing_that_a_shop_or_an_address_says_becomes_markup() {
    let market = open().await;
    let attack = "\"><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7}}";
    let mut offer = market.merchant.teapot(market.now());
    offer.name = Localized::new(attack, attack);
    offer.description = offer.name.clone();
    offer.specification = offer.name.clone();
    offer.how_to_use = offer.name.clone();
    market.merchant.show(Signed::sign(&offer, &market.merchant.key));
    let mut merchant = market.merchant.registration();
    merchant.name = offer.name.clone();
    merchant.legal_notice = offer.name.clone();
    market.agent.app.store.put_merchant(merchant, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    let encoded = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for path in [
        format!("{FRAME}&ref={encoded}&quantity={encoded}"),
        format!("/v1/frame?merchant={encoded}&item={encoded}&locale={encoded}"),
        format!("/v1/frame?merchant=mrc_tea&item={encoded}"),
    ] {
        let page = market.page(&path).await;
        assert!(!page.says("<img src=x") && !page.says("<script>alert"), "{path}");
        page.assert_runs_only_what_is_named();
    }
}

#[tokio::test]
async fn a_shop_that_is_not_known_gets_a_page_that_says_so() {
    let market = open().await;
    for path in ["/v1/frame?merchant=mrc_none&item=X", "/v1/frame?item=X", "/v1/frame?merchant=%00"]
    {
        let page = market.page(&format!("{path}&locale=en")).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.says("not registered"), "{path}");
        assert!(page.says("data-code=\"unknown_merchant\"") && page.says("data-moved=\"false\""));
        assert_eq!(page.allows("frame-ancestors"), ["*"]);
        page.assert_runs_only_what_is_named();
    }
}

#[tokio::test]
async fn what_the_shop_cannot_offer_now_is_a_page_with_a_way_to_try_again() {
    let market = Market::open().await;
    let page = market.page(&FRAME.replace("TEAPOT-01", "NOTHING")).await;
    assert_eq!(page.status, 404);
    assert!(page.says("data-code=\"unknown_item\"") && !page.says("data-test=\"retry\""));

    let mut away = market.merchant.registration();
    away.server = "http://127.0.0.1:1".into();
    market.agent.app.store.put_merchant(away, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    let page = market.page(FRAME).await;
    assert_eq!(page.status, 503);
    assert!(page.says("data-screen=\"failure\"") && page.says("Nothing was charged"));
    assert!(page.says("data-code=\"merchant_unavailable\"") && page.says("data-test=\"retry\""));
    assert_eq!(page.allows("frame-ancestors"), market.merchant.registration().origins);
    page.assert_runs_only_what_is_named();

    let there = market.merchant.registration();
    market.agent.app.store.put_merchant(there, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    let offer = market.merchant.teapot(market.now());
    market.merchant.show(Signed::sign(&offer, &market.merchant.key));
    assert_eq!(market.page(FRAME).await.status, 200);
}

#[tokio::test]
async fn a_shop_whose_contract_has_ended_shows_no_product() {
    let market = open().await;
    market.change_merchant(MerchantStatus::Suspended, None).await;
    let page = market.page(FRAME).await;
    assert_eq!(page.status, 403);
    assert!(page.says("data-code=\"merchant_lapsed\"") && !page.says("name=\"contact.name\""));
    let ended = Some(market.now().minus(Span::secs(1)));
    market.change_merchant(MerchantStatus::Active, ended).await;
    assert_eq!(market.page(FRAME).await.status, 403);
}

#[tokio::test]
async fn a_page_that_is_not_registered_reads_why_it_shows_nothing() {
    let market = open().await;
    let visit = |dest: &'static str, from: String| {
        let request = market.browse(Method::GET, FRAME);
        let request = request.header("sec-fetch-dest", dest).header("referer", from);
        async { Page::of(request.send().await.unwrap()).await }
    };
    let page = visit("iframe", "http://elsewhere.example/".into()).await;
    assert_eq!(page.status, 403);
    assert!(page.says("You cannot order on this page") && !page.says("name=\"contact.name\""));
    assert_eq!(page.allows("frame-ancestors"), ["*"]);
    page.assert_runs_only_what_is_named();
    let registered = format!("{}/tea", market.merchant.registration().origins[0]);
    assert_eq!(visit("iframe", registered).await.status, 200);
    assert_eq!(visit("document", "http://elsewhere.example/".into()).await.status, 200);
    assert_eq!(visit("iframe", "http://localhost:7070/v1/frame".into()).await.status, 200);
}

#[tokio::test]
async fn the_page_is_sent_compressed_to_browsers_that_take_it() {
    let market = open().await;
    let plain = market.page(FRAME).await;
    let request = market.browse(Method::GET, FRAME).header("accept-encoding", "gzip, br");
    let small = request.send().await.unwrap();
    assert_eq!(small.headers()["content-encoding"], "br");
    assert!(small.headers()["vary"].to_str().unwrap().contains("accept-encoding"));
    let small = small.bytes().await.unwrap();
    let mut html = Vec::new();
    brotli::BrotliDecompress(&mut small.as_ref(), &mut html).unwrap();
    assert_eq!(String::from_utf8(html).unwrap(), plain.html);
    assert!(small.len() * 3 < plain.html.len(), "{} of {}", small.len(), plain.html.len());
}
