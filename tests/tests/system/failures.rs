//! Fig 12 in a real browser, once per cause: the first line says whether money moved, the cause has
//! its own words, and what was typed is kept for another try.

use whole_system::{Browser, Result, Shop, Widget};

/// Fills the form with this contract, to just before the last button.
async fn place_order<'a>(shop: &Shop, browser: &'a Browser, contract: &str) -> Result<Widget<'a>> {
    final_check(browser, &shop.merchant.url, contract).await
}

/// The same on any page with a widget.
pub async fn final_check<'a>(
    browser: &'a Browser,
    page: &str,
    contract: &str,
) -> Result<Widget<'a>> {
    browser.leave_frames().await?;
    browser.driver.goto(page).await?;
    let widget = Widget::enter(browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.contract_number", contract).await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    Ok(widget)
}

/// Fig 12 with this code, and that no money moved.
pub async fn expect_failure(widget: &Widget<'_>, code: &str) -> Result {
    widget.wait_for("failure").await?;
    let shown = widget.attribute("[data-test=problem]", "data-code").await?;
    assert_eq!(shown.as_deref(), Some(code));
    let moved = widget.attribute("[data-test=money-moved]", "data-moved").await?;
    assert_eq!(moved.as_deref(), Some("false"));
    let text = widget.text("main").await?;
    assert!(text.contains("お金は動いていません"), "{text}");
    Ok(())
}

async fn expect_declined(contract: &str, code: &str) -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    let widget = place_order(&shop, &browser, contract).await?;
    widget.press("place-order").await?;
    expect_failure(&widget, code).await?;
    assert_eq!(shop.merchant_cli(&["orders", "list", "--json"])?.as_array().map(Vec::len), Some(0));
    browser.close().await
}

#[tokio::test]
async fn a_lapsed_contract() -> Result {
    expect_declined("C-9000-0000-0002", "contract_lapsed").await
}

#[tokio::test]
async fn a_contract_over_its_limit() -> Result {
    expect_declined("C-9000-0000-0003", "limit_exceeded").await
}

#[tokio::test]
async fn a_shop_whose_contract_has_lapsed() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    let widget = place_order(&shop, &browser, "C-9000-0000-0001").await?;
    shop.agent_cli(&["merchants", "suspend", "mrc_tea", "--json"])?;
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    widget.press("place-order").await?;
    expect_failure(&widget, "merchant_lapsed").await?;
    browser.close().await
}

#[tokio::test]
async fn a_shop_that_does_not_answer_and_then_a_retry_with_everything_kept() -> Result {
    let mut shop = Shop::start().await?;
    let browser = Browser::open().await?;
    let widget = place_order(&shop, &browser, "C-9000-0000-0001").await?;
    shop.merchant.kill9()?;
    widget.press("place-order").await?;
    expect_failure(&widget, "merchant_unavailable").await?;
    shop.merchant.start().await?;
    widget.press("retry").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

#[tokio::test]
async fn an_agent_that_does_not_answer() -> Result {
    let mut shop = Shop::start().await?;
    let browser = Browser::open().await?;
    let widget = place_order(&shop, &browser, "C-9000-0000-0001").await?;
    shop.agent.kill9()?;
    widget.press("place-order").await?;
    widget.wait_for("failure").await?;
    let moved = widget.attribute("[data-test=money-moved]", "data-moved").await?;
    assert_eq!(moved.as_deref(), Some("false"));
    shop.agent.start().await?;
    browser.close().await
}

#[tokio::test]
async fn goods_that_ran_out() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    shop.host.show_widgets(&shop.agent.url, &["LAST-01"]);
    browser.driver.goto(&shop.host.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_final_check().await?;
    let client = shop.client().await?;
    let faster = client.prepare("LAST-01", whole_system::client::good_form()).await?;
    let grant = client.grant(&faster).await?.expect("a good contract");
    client.submit(&faster, &grant).await?.expect("the last one");
    widget.press("place-order").await?;
    widget.wait_for("correction").await?;
    assert_eq!(widget.count("[data-test=problem][data-code=out_of_stock]").await?, 1);
    // None is left, so that the same again is refused again, and nothing was charged.
    widget.press_away("resubmit").await?;
    widget.wait_for("correction").await?;
    assert_eq!(shop.merchant_cli(&["orders", "list", "--json"])?.as_array().map(Vec::len), Some(1));
    browser.close().await
}

#[tokio::test]
async fn a_locked_contract_after_five_wrong_codes() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    let widget = place_order(&shop, &browser, "C-9000-0000-0004").await?;
    widget.press("back").await?;
    widget.wait_for("details").await?;
    widget.fill("payment.code", "1111").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    for code in ["1112", "1113", "1114", "1115"] {
        widget.wait_for("correction").await?;
        widget.fill("payment.code", code).await?;
        widget.press_away("resubmit").await?;
    }
    widget.wait_for("correction").await?;
    widget.fill("payment.code", "2468").await?;
    widget.press("resubmit").await?;
    expect_failure(&widget, "contract_locked").await?;
    browser.close().await
}

#[tokio::test]
async fn a_page_that_the_shop_did_not_register_shows_no_form() -> Result {
    let shop = Shop::start().await?;
    let stranger = whole_system::host::Host::start().await?;
    stranger.show(
        "",
        &format!(
            "<!doctype html><html lang=\"ja\"><title>別の店</title><script>window.why = []; \
             addEventListener('loaderror', (e) => why.push(e.detail.reason));</script>\
             <script src=\"{}/v1/warifu.js\" async></script>\
             <warifu-checkout merchant=\"mrc_tea\" item=\"TEAPOT-01\"></warifu-checkout>",
            shop.agent.url
        ),
    );
    let browser = Browser::at(&stranger.url).await?;
    for _ in 0..600 {
        let why: Vec<String> = browser.script("return window.why").await?;
        if !why.is_empty() {
            assert_eq!(why, ["origin"]);
            let received = shop.agent_tap.kept().received.concat();
            assert!(!String::from_utf8_lossy(&received).contains("/v1/challenges"));
            return browser.close().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the element never said why nothing opens")
}
