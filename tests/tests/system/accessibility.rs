//! axe-core on every screen, in both languages, light and dark: no violations. And the order in
//! which the Tab key goes through the form is the order on screen.

mod own_pages;

use std::fs;

use thirtyfour::prelude::*;
use whole_system::{Browser, Result, Shop, Widget, browser::Window, place, server::http};

/// Runs axe-core where the driver is, and fails with what it found.
pub(super) async fn expect_clean(browser: &Browser, screen: &str) -> Result {
    let source = fs::read_to_string(place::tool("npm/node_modules/axe-core/axe.min.js"))?;
    browser.driver.execute(source, Vec::new()).await?;
    let run = "const done = arguments[arguments.length - 1]; \
               axe.run(document, { resultTypes: ['violations'] }).then((r) => done(\
                   r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' '))));";
    let found: Vec<String> = browser.driver.execute_async(run, Vec::new()).await?.convert()?;
    assert!(found.is_empty(), "{screen}: {found:#?}");
    Ok(())
}

async fn every_screen(page: &str, window: Window) -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open_as(window).await?;
    browser.driver.goto(format!("{}/{page}", shop.merchant.url)).await?;
    expect_clean(&browser, "the shop's page").await?;
    let widget = Widget::enter(&browser).await?;
    widget.wait_alive().await?;
    expect_clean(&browser, "product").await?;
    widget.press("mark").await?;
    expect_clean(&browser, "product with the Mark's panel").await?;
    widget.press("mark").await?;
    widget.press("order").await?;
    widget.wait_for("details").await?;
    expect_clean(&browser, "details").await?;
    widget.press("review").await?;
    widget.wait_for("correction").await?;
    expect_clean(&browser, "correction").await?;
    widget.fill_good().await?;
    widget.fill("payment.contract_number", "C-9000-0000-0005").await?;
    widget.press("resubmit").await?;
    widget.wait_for("final-check").await?;
    expect_clean(&browser, "final check").await?;
    widget.press("place-order").await?;
    widget.wait_for("waiting").await?;
    expect_clean(&browser, "waiting").await?;
    widget.wait_for("thanks").await?;
    expect_clean(&browser, "thanks").await?;

    browser.leave_frames().await?;
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    browser.driver.goto(&link).await?;
    expect_clean(&browser, "confirmation page").await?;
    failure_screen(&shop, &browser, page).await?;
    browser.close().await
}

async fn failure_screen(shop: &Shop, browser: &Browser, page: &str) -> Result {
    browser.driver.goto(format!("{}/{page}", shop.merchant.url)).await?;
    let widget = Widget::enter(browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.contract_number", "C-9000-0000-0002").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("failure").await?;
    expect_clean(browser, "failure").await
}

#[tokio::test]
async fn every_screen_in_japanese() -> Result {
    every_screen("", Window::default()).await
}

#[tokio::test]
async fn every_screen_in_english_and_dark() -> Result {
    let window = Window { dark: true, language: "en", ..Window::default() };
    every_screen("en.html", window).await
}

#[tokio::test]
async fn every_screen_on_a_telephone() -> Result {
    every_screen("", Window { width: 360, height: 740, ..Window::default() }).await
}

#[tokio::test]
async fn every_page_of_the_demo() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    for path in ["/", "/_demo/mail", "/_demo/split", "/problems/limit_exceeded", "/nothing/here"] {
        browser.driver.goto(format!("{}{path}", shop.agent.url)).await?;
        expect_clean(&browser, path).await?;
    }
    browser.close().await
}

#[tokio::test]
async fn nothing_of_the_demo_is_there_without_it() -> Result {
    let shop = Shop::start_as(whole_system::shop::Start::Plain).await?;
    let http = http()?;
    for path in ["/_demo/mail", "/_demo/mail.json", "/_demo/split", "/_demo/clock"] {
        let url = format!("{}{path}", shop.agent.url);
        assert_eq!(http.get(&url).send().await?.status(), 404, "{path}");
        assert_eq!(http.post(&url).body("advance=1").send().await?.status(), 404, "{path}");
    }
    for path in ["/_demo/received.json", "/_demo/clock", "/", "/en.html"] {
        let url = format!("{}{path}", shop.merchant.url);
        assert_eq!(http.get(&url).send().await?.status(), 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_tab_key_follows_the_order_on_screen() -> Result {
    let shop = Shop::start().await?;
    let one_column = Window { width: 360, height: 740, ..Window::default() };
    let browser = Browser::open_as(one_column).await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.find("[name='contact.name']").await?.click().await?;
    let mut met = Vec::new();
    for _ in 0..14 {
        let name: Option<String> =
            browser.script("return document.activeElement.name || null").await?;
        met.extend(name.filter(|name| met.last() != Some(name)));
        browser.driver.action_chain().send_keys(Key::Tab).perform().await?;
    }
    let mut last = 0;
    for name in met.iter().filter(|name| name.contains('.') && *name != "delivery.other") {
        let top = widget.find(&format!("[name='{name}']")).await?.rect().await?;
        let at = (top.y * 10_000.0 + top.x) as i64;
        assert!(at >= last, "{name} comes too late in {met:?}");
        last = at;
    }
    assert!(met.len() >= 9, "{met:?}");
    browser.close().await
}
