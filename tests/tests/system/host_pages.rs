//! Hostile and strict host pages: nonce CSP, Trusted Types 'none', COOP/COEP, all cookies and
//! storage blocked. The shop adds two CSP directives and no `wasm-unsafe-eval`.

use whole_system::{Browser, Result, Shop, Widget, browser::Window};

const SEEN: &str = "window.violations = []; document.addEventListener('securitypolicyviolation', \
                    (e) => violations.push(e.effectiveDirective + ' ' + e.blockedURI));";

fn page(agent: &str) -> String {
    format!(
        "<!doctype html><html lang=\"ja\"><title>厳しい店</title><script nonce=\"n1\">{SEEN}</script>\
         <script nonce=\"n1\" src=\"{agent}/v1/warifu.js\" async></script>\
         <warifu-checkout merchant=\"mrc_tea\" item=\"TEAPOT-01\"></warifu-checkout>"
    )
}

/// The strictest page that the documentation promises to work on.
fn strict_headers(agent: &str) -> String {
    format!(
        "Content-Security-Policy: default-src 'none'; style-src 'self'; base-uri 'none'; \
         form-action 'none'; script-src 'nonce-n1' {agent}; frame-src {agent}; \
         require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    )
}

async fn buys_without_a_violation(headers: &str, window: Window) -> Result {
    let shop = Shop::start().await?;
    shop.host.show(&headers.replace("AGENT", &shop.agent.url), &page(&shop.agent.url));
    let browser = Browser::open_as(window).await?;
    browser.driver.goto(&shop.host.url).await?;
    Widget::enter(&browser).await?.buy().await?;
    browser.leave_frames().await?;
    let violations: Vec<String> = browser.script("return window.violations").await?;
    assert!(violations.is_empty(), "{violations:?}");
    browser.close().await
}

#[tokio::test]
async fn a_strict_nonce_policy_with_trusted_types_none() -> Result {
    buys_without_a_violation(&strict_headers("AGENT"), Window::default()).await
}

#[tokio::test]
async fn a_cross_origin_isolated_page() -> Result {
    let headers = "Cross-Origin-Opener-Policy: same-origin\r\n\
                   Cross-Origin-Embedder-Policy: require-corp\r\n";
    buys_without_a_violation(headers, Window::default()).await
}

#[tokio::test]
async fn all_cookies_and_storage_blocked() -> Result {
    let window = Window { no_storage: true, ..Window::default() };
    buys_without_a_violation("", window).await
}

#[tokio::test]
async fn fifty_mounts_leave_one_widget_and_one_frame() -> Result {
    let shop = Shop::start().await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::at(&shop.host.url).await?;
    Widget::enter(&browser).await?.wait_alive().await?;
    browser.leave_frames().await?;
    let frames: usize = browser
        .script(
            "const el = document.querySelector('warifu-checkout'); \
             for (let i = 0; i < 50; i++) { el.remove(); document.body.append(el); } \
             return el.shadowRoot.querySelectorAll('iframe').length",
        )
        .await?;
    assert_eq!(frames, 1);
    Widget::enter(&browser).await?.buy().await?;
    browser.close().await
}

#[tokio::test]
async fn without_the_agent_there_is_a_plain_link_instead_of_nothing() -> Result {
    let mut shop = Shop::start().await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::at(&shop.host.url).await?;
    Widget::enter(&browser).await?.wait_alive().await?;
    browser.leave_frames().await?;
    shop.agent.kill9()?;
    browser
        .script::<bool>(
            "window.why = []; const el = document.querySelector('warifu-checkout'); \
             el.addEventListener('loaderror', (e) => why.push(e.detail.reason)); \
             el.remove(); document.body.append(el); return true",
        )
        .await?;
    for _ in 0..700 {
        let link: bool = browser
            .script(
                "return !!document.querySelector('warifu-checkout').shadowRoot.querySelector('a')",
            )
            .await?;
        if link {
            let why: Vec<String> = browser.script("return window.why").await?;
            assert_eq!(why.len(), 1, "{why:?}");
            return browser.close().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("no link appeared")
}
