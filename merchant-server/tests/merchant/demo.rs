//! The demo's own addresses, and that nothing of them is there without a demo.

use shared_protocol::{Problem, Span};

use crate::market::{Market, SAMPLE, answer};

async fn demo() -> Market {
    let market = Market::start_with(SAMPLE, |config| config.demo = true).await;
    let shop = market.folder.path().join("shop");
    std::fs::create_dir_all(&shop).unwrap();
    std::fs::write(shop.join("index.html"), "<script src=\"{{agent}}/v1/warifu.js\"></script>")
        .unwrap();
    std::fs::write(shop.join("en.html"), "English").unwrap();
    std::fs::write(shop.join("teapot.svg"), "<svg/>").unwrap();
    std::fs::write(market.folder.path().join("secret.html"), "outside").unwrap();
    market
}

#[tokio::test]
async fn without_the_demo_there_is_nothing_of_it() {
    let market = Market::start().await;
    let shop = market.folder.path().join("shop");
    std::fs::create_dir_all(&shop).unwrap();
    std::fs::write(shop.join("index.html"), "here").unwrap();
    std::fs::write(shop.join("teapot.svg"), "<svg/>").unwrap();
    for path in
        ["/", "/index.html", "/en", "/_demo/received.json", "/_demo/clock", "/_demo", "/teapot.svg"]
    {
        assert_eq!(market.get(path).await.problem(), Problem::NotFound, "{path}");
        let posted = market.http.post(market.url(path)).body("advance=5").send().await.unwrap();
        assert_eq!(posted.status(), 404, "{path}");
    }
    let image = market.get("/warifu/v1/images/teapot.svg").await;
    assert_eq!(image.problem(), Problem::NotFound, "pictures only of a configured folder");
    assert_eq!(market.now(), crate::market::NOW, "and no clock was moved");
}

#[tokio::test]
async fn the_shop_page_has_the_agents_address_and_a_strict_policy() {
    let market = demo().await;
    let page = market.get("/").await;
    assert_eq!(page.status, 200);
    let script = format!("<script src=\"{}/v1/warifu.js\"></script>", market.agent.url);
    assert_eq!(page.text(), script);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    let agent = &market.agent.url;
    for directive in [
        "default-src 'none'".to_owned(),
        format!("script-src {agent};"),
        format!("frame-src {agent};"),
        "require-trusted-types-for 'script'".to_owned(),
    ] {
        assert!(policy.contains(&directive), "{directive} is not in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-cache", "going back must not reload");
    assert_eq!(market.get("/en").await.text(), "English");
    assert_eq!(market.get("/en.html").await.text(), "English");
    for path in ["/../secret.html", "/%2e%2e/secret.html", "/nothing.html", "/.hidden", "/a/b.html"]
    {
        assert_eq!(market.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn pictures_may_be_embedded_by_the_agents_frame() {
    let market = demo().await;
    let image = market.get("/warifu/v1/images/teapot.svg").await;
    assert_eq!(image.status, 200);
    assert_eq!(image.headers["content-type"], "image/svg+xml");
    assert_eq!(image.headers["cross-origin-resource-policy"], "cross-origin");
    assert!(image.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    for path in ["..%2fsecret.html", "index.html", ".env", "nothing.svg", "..%2f..%2fetc%2fpasswd"]
    {
        let path = format!("/warifu/v1/images/{path}");
        assert_eq!(market.get(&path).await.problem(), Problem::NotFound, "{path}");
    }
}

#[tokio::test]
async fn the_split_inspector_sees_what_this_side_received() {
    let market = demo().await;
    let attempt = market.prepare("TEAPOT-01").await;
    market.check(&attempt).await;
    let grant = market.grant(&attempt);
    market.submit(&attempt, market.signed(&grant)).await.acceptance();
    let seen = market.get("/_demo/received.json").await;
    assert_eq!(seen.headers["access-control-allow-origin"], market.agent.url.as_str());
    let seen = seen.json();
    let purchase = &seen["purchases"][0];
    assert_eq!(purchase["purchase"], attempt.purchase.to_string());
    let [check, submission] = [&purchase["received"][0], &purchase["received"][1]];
    assert_eq!(check["what"], "order-check");
    assert_eq!(check["read"]["order"]["delivery"]["delivery.line1"], "銀座1-2-3");
    assert_eq!(submission["read"]["grant"]["handling_number"], grant.handling_number.to_string());
    assert!(!seen.to_string().contains("900000000001"), "no contract number came here");
    assert!(submission["raw"].as_str().unwrap().len() > 1000);
}

#[tokio::test]
async fn the_demos_clock_moves_forward() {
    let market = demo().await;
    let before = market.now();
    let moved = market
        .http
        .post(market.url("/_demo/clock"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("advance=3600");
    let moved = answer(moved).await;
    let now = before.plus(Span::hours(1));
    assert_eq!((moved.status, moved.json()["now"].as_i64()), (200, Some(now.as_millis())));
    assert_eq!(market.now(), now);
}
