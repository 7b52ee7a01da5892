//! The loader and the widget's files.

use std::fs;

use reqwest::Response;

use crate::market::Market;

/// A widget of two programs, as `cargo xtask widget` would leave it.
fn build(market: &Market) {
    let folder = market.folder.path().join("widget");
    fs::create_dir_all(&folder).unwrap();
    let files = ["client_wasm_bg.wasm", "client_wasm.ja.js", "plain_bg.wasm", "plain.ja.js"];
    for (name, text) in files.into_iter().zip(["program", "glue"].into_iter().cycle()) {
        fs::write(folder.join(name), text).unwrap();
        fs::write(folder.join(format!("{name}.br")), format!("small {text}")).unwrap();
    }
    let entry = |file| serde_json::json!({ "file": file, "raw": 4, "brotli": 10, "sha256": "" });
    let manifest = serde_json::json!({ "compiler": "rustc", "files": files.map(entry) });
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
}

async fn get(market: &Market, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = market.http.get(market.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn any_page_may_load_the_loader_and_keep_it_as_long_as_its_address_says() {
    let market = Market::open().await;
    for (path, caching) in [
        ("/v1/warifu.js", "public, max-age=300, stale-while-revalidate=86400"),
        ("/v1.0.0/warifu.js", "public, max-age=31536000, immutable"),
    ] {
        let loader = get(&market, path, &[]).await;
        let header = |name: &str| loader.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(loader.status(), 200);
        assert_eq!(header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(header("access-control-allow-origin"), "*");
        assert_eq!(header("cache-control"), caching);
        assert_eq!(header("vary"), "accept-encoding");
        let etag = header("etag");
        assert!(loader.text().await.unwrap().contains("warifu-checkout"));
        for known in [etag.clone(), format!("\"other\", W/{etag}"), "*".into()] {
            let again = get(&market, path, &[("if-none-match", known.as_str())]).await;
            assert_eq!(again.status(), 304, "{known}");
            assert_eq!(again.headers()["etag"].to_str().unwrap(), etag);
        }
        let other = get(&market, path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status(), 200);
    }
}

#[tokio::test]
async fn the_program_is_served_under_its_builds_name_and_no_other() {
    let market = Market::open().await;
    build(&market);
    let build = market.agent.app.widget.files().build.clone();
    assert_ne!(build, "none", "a demo notices a new build");
    let path = format!("/assets/{build}/client_wasm_bg.wasm");
    let program = get(&market, &path, &[]).await;
    assert_eq!(program.headers()["content-type"], "application/wasm");
    assert_eq!(program.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(program.headers()["cross-origin-resource-policy"], "same-origin");
    assert_eq!(program.headers().get_all("content-type").iter().count(), 1);
    assert_eq!(program.text().await.unwrap(), "program");
    let small = get(&market, &path, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(small.headers()["content-encoding"], "br");
    assert_eq!(small.text().await.unwrap(), "small program");
    for path in [
        "/assets/0000000000000000/client_wasm_bg.wasm".to_owned(),
        format!("/assets/{build}/manifest.json"),
        format!("/assets/{build}/client_wasm_bg.wasm.br"),
        format!("/assets/{build}/..%2Fagent%2Fkeys%2Fpepper"),
        format!("/assets/{build}/"),
    ] {
        assert_eq!(get(&market, &path, &[]).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_frame_asks_for_the_program_before_the_browser_has_read_it() {
    let market = Market::open().await;
    let offer = market.merchant.teapot(market.now());
    market.merchant.show(shared_protocol::Signed::sign(&offer, &market.merchant.key));
    let path = "/v1/frame?merchant=mrc_tea&item=TEAPOT-01";
    assert_eq!(market.page(path).await.header("link"), "", "there is no program yet");
    build(&market);
    asks_for(&market, path, "plain").await;
}

/// The page names this program, in its head and before it.
async fn asks_for(market: &Market, path: &str, name: &str) {
    let page = market.page(path).await;
    let build = &market.agent.app.widget.files().build;
    let glue = format!("/assets/{build}/{name}.ja.js");
    let program = format!("/assets/{build}/{name}_bg.wasm");
    assert!(page.header("link").contains(&format!("<{glue}>; rel=modulepreload")));
    assert!(page.header("link").contains(&format!("<{program}>; rel=preload")));
    assert_eq!(page.meta("warifu-module"), glue);
    assert_eq!(page.meta("warifu-wasm"), program);
}

#[tokio::test]
async fn a_shop_with_a_way_of_its_own_gets_the_program_with_every_way() {
    let market = Market::open().await;
    build(&market);
    let offer = market.merchant.teapot(market.now());
    market.merchant.show(shared_protocol::Signed::sign(&offer, &market.merchant.key));
    let mut merchant = market.merchant.registration();
    merchant.hand_over = Some(format!("{}/orders", merchant.origins[0]));
    market.agent.app.store.put_merchant(merchant, market.now()).await.unwrap();
    asks_for(&market, "/v1/frame?merchant=mrc_tea&item=TEAPOT-01", "client_wasm").await;
}
