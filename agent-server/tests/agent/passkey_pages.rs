//! The pages about passkeys: readable in both languages, changed without script, closed to other
//! sites; and what lets the frame in a shop's page ask for one.

use reqwest::Method;

use crate::{market::Market, page::Page};

impl Market {
    pub async fn mine(&self, path: &str, cookie: &str) -> Page {
        let request = self.browse(Method::GET, path).header("cookie", cookie);
        Page::of(request.send().await.unwrap()).await
    }

    pub async fn submit(&self, path: &str, cookie: &str, body: &str) -> Page {
        let page = self.mine("/me/passkeys", cookie).await;
        let token = page.html.split("name=\"form_token\" value=\"").nth(1).unwrap();
        let token = token.split('"').next().unwrap();
        self.submit_bare(path, cookie, format!("form_token={token}&{body}")).await
    }

    async fn submit_bare(&self, path: &str, cookie: &str, body: String) -> Page {
        let request = self.browse(Method::POST, path).header("cookie", cookie).body(body);
        let kind = "application/x-www-form-urlencoded";
        Page::of(request.header("content-type", kind).send().await.unwrap()).await
    }
}

#[tokio::test]
async fn a_contract_s_passkeys_are_listed_renamed_and_removed_without_script() {
    let market = Market::open().await;
    let cookie = market.cookie("01").await;
    assert!(market.mine("/me/passkeys?locale=en", &cookie).await.says("None is registered yet."));
    market.enrolled("01").await;
    let page = market.mine("/me/passkeys?locale=en", &cookie).await;
    assert!(page.says("My phone") && page.says("Never") && page.says("data-test=\"passkey\""));
    assert!(market.mine("/me/passkeys?locale=ja", &cookie).await.says("まだ使われていません"));
    let action = page.html.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
    let renamed = market.submit(action, &cookie, "name=%3Cb%3EWork%3C%2Fb%3E").await;
    assert_eq!((renamed.status, renamed.header("location")), (303, "/me/passkeys"));
    let page = market.mine("/me/passkeys?locale=en", &cookie).await;
    assert!(page.says("&#60;b&#62;Work") && !page.says("<b>Work"), "a name is only a name");
    let removal = action.replace("/name", "/removal");
    market.enrolled("04").await;
    let other = market.cookie("04").await;
    assert_eq!(market.submit(&removal, &other, "").await.status, 404, "somebody else's");
    assert_eq!(market.submit(action, &other, "name=x").await.status, 404);
    let forged = market.submit_bare(&removal, &cookie, "form_token=AAAA".into()).await;
    assert_eq!(forged.status, 403, "not from one of our pages");
    assert_eq!(market.submit(&removal, &cookie, "").await.status, 303);
    assert!(market.mine("/me/passkeys?locale=en", &cookie).await.says("None is registered yet."));
}

#[tokio::test]
async fn the_pages_run_the_passkey_script_and_nothing_else() {
    let market = Market::open().await;
    let cookie = market.cookie("01").await;
    for path in ["/me/passkeys", "/sign-in/passkey", "/passkey/pop-up"] {
        for locale in ["ja", "en"] {
            let page = market.mine(&format!("{path}?locale={locale}"), &cookie).await;
            assert_eq!(page.status, 200, "{path}");
            assert_eq!(page.allows("default-src"), ["'none'"]);
            assert_eq!(page.allows("script-src"), ["'self'"]);
            assert_eq!(page.allows("connect-src"), ["'self'"]);
            assert_eq!(page.allows("frame-ancestors"), ["'none'"]);
            assert_eq!(page.header("cache-control"), "no-store");
            assert!(page.says("<noscript>") && page.says("role=\"alert\""));
            page.assert_runs_only_what_is_named();
            let script = page.html.split("<script src=\"").nth(1).unwrap();
            let script = script.split('"').next().unwrap();
            let served = market.http.get(market.url(script)).send().await.unwrap();
            assert_eq!(served.status(), 200);
            assert!(served.text().await.unwrap().contains("navigator.credentials"));
        }
    }
    let refused = market.mine("/me/passkeys", "").await;
    assert_eq!((refused.status, refused.header("location")), (303, "/sign-in?to=/me/passkeys"));
}

#[tokio::test]
async fn only_the_pop_up_keeps_the_window_that_opened_it() {
    let market = Market::open().await;
    let pop_up = market.page("/passkey/pop-up").await;
    assert_eq!(pop_up.header("cross-origin-opener-policy"), "unsafe-none");
    let alone = market.page("/sign-in/passkey").await;
    assert_eq!(alone.header("cross-origin-opener-policy"), "same-origin");
}

#[tokio::test]
async fn the_frame_may_ask_for_a_passkey_where_the_shop_s_page_lets_it() {
    let market = Market::open().await;
    let now = market.now();
    let offer = market.merchant.teapot(now);
    market.merchant.show(shared_protocol::Signed::sign(&offer, &market.merchant.key));
    let page = market.page("/v1/frame?merchant=mrc_tea&item=TEAPOT-01").await;
    assert_eq!(page.status, 200);
    let permissions = page.header("permissions-policy");
    assert!(permissions.contains("publickey-credentials-get=(self)"), "{permissions}");
    let loader = market.http.get(market.url("/v1/warifu.js")).send().await.unwrap();
    // Without a value it means the origin of the frame's own address, and no other.
    assert!(loader.text().await.unwrap().contains("allow: \"publickey-credentials-get;"));
}
