//! One purchase stays one: double click, reload and back at every screen, two tabs, two widgets on
//! one page, a tab closed after the Grant.

use shared_protocol::PurchaseState;
use whole_system::{Browser, Result, Shop, Widget};

fn order_count(shop: &Shop) -> Result<usize> {
    Ok(shop.merchant_cli(&["orders", "list", "--json"])?.as_array().map_or(0, Vec::len))
}

#[tokio::test]
async fn a_double_click_buys_once() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_final_check().await?;
    let twenty = "const b = document.querySelector('[data-test=\"place-order\"]'); \
                  for (let i = 0; i < 20; i++) b.click(); return true";
    browser.script::<bool>(twenty).await?;
    widget.wait_for("thanks").await?;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(order_count(&shop)?, 1);
    assert_eq!(shop.post.letters()?.len(), 1);
    browser.close().await
}

#[tokio::test]
async fn reload_and_back_at_every_screen_never_buy_twice() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    for last in ["product", "details", "final-check", "thanks"] {
        browser.leave_frames().await?;
        browser.driver.goto(&shop.merchant.url).await?;
        let widget = Widget::enter(&browser).await?;
        match last {
            "product" => widget.wait_for("product").await?,
            "details" => widget.go_to_details().await?,
            "final-check" => widget.go_to_final_check().await?,
            _ => widget.buy().await.map(|_| ())?,
        }
        let before = order_count(&shop)?;
        browser.leave_frames().await?;
        browser.driver.refresh().await?;
        Widget::enter(&browser).await?.wait_for("product").await?;
        browser.leave_frames().await?;
        browser.driver.goto(format!("{}/en.html", shop.merchant.url)).await?;
        browser.driver.back().await?;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(order_count(&shop)?, before, "after {last}");
    }
    assert_eq!(order_count(&shop)?, 1);
    browser.close().await
}

#[tokio::test]
async fn two_tabs_are_two_purchases_that_do_not_mix() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let first = Widget::enter(&browser).await?;
    first.go_to_final_check().await?;
    let first_tab = browser.driver.window().await?;
    let second_tab = browser.driver.new_tab().await?;
    browser.driver.switch_to_window(second_tab).await?;
    browser.open_shadow_roots().await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let second_number = Widget::enter(&browser).await?.buy().await?;
    browser.driver.switch_to_window(first_tab).await?;
    first.focus_frame().await?;
    first.press("place-order").await?;
    first.wait_for("thanks").await?;
    let first_number = first.text("[data-test=\"handling-number\"]").await?;
    assert_ne!(first_number, second_number);
    assert_eq!(order_count(&shop)?, 2);
    browser.close().await
}

#[tokio::test]
async fn two_widgets_on_one_page_never_cross_talk() -> Result {
    let shop = Shop::start().await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01", "SENCHA-01"]);
    let browser = Browser::at(&shop.host.url).await?;
    browser
        .script::<bool>(
            "window.heard = [[], []]; \
             document.querySelectorAll('warifu-checkout').forEach((el, i) => { \
                 for (const type of ['screenchange', 'failure', 'accepted']) \
                     el.addEventListener(type, (e) => heard[i].push([type, e.detail])); }); \
             return true",
        )
        .await?;
    let teapot = Widget::enter_nth(&browser, 0).await?;
    teapot.go_to_details().await?;
    teapot.fill("contact.name", "急須の 人").await?;
    let sencha = Widget::enter_nth(&browser, 1).await?;
    sencha.wait_alive().await?;
    assert_eq!(sencha.screen().await?, "product");
    sencha.buy().await?;
    teapot.focus_frame().await?;
    assert_eq!(teapot.screen().await?, "details");
    assert_eq!(teapot.value("contact.name").await?, "急須の 人");
    browser.leave_frames().await?;
    let heard: Vec<Vec<serde_json::Value>> = browser.script("return window.heard").await?;
    let names = |events: &[serde_json::Value]| serde_json::json!(events).to_string();
    assert!(!names(&heard[0]).contains("thanks"), "{heard:?}");
    assert!(names(&heard[1]).contains("thanks"), "{heard:?}");
    assert_eq!(order_count(&shop)?, 1);
    browser.close().await
}

#[tokio::test]
async fn a_tab_closed_after_the_grant_ends_cleanly() -> Result {
    let mut shop = Shop::start().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("TEAPOT-01", whole_system::client::good_form()).await?;
    client.grant(&attempt).await?.expect("a good contract");
    shop.advance(11 * 60 + 30).await?;
    wait_for_state(&client, attempt.purchase, PurchaseState::Expired).await?;
    assert!(shop.post.letters()?.is_empty(), "nothing to confirm: the shop has no order");

    let kept = client.prepare("TEAPOT-01", whole_system::client::good_form()).await?;
    let grant = client.grant(&kept).await?.expect("a good contract");
    let agent_down = async {
        shop.agent.kill9()?;
        client.submit(&kept, &grant).await?.expect("verified without asking the agent");
        shop.agent.start().await
    };
    agent_down.await?;
    wait_for_state(&client, kept.purchase, PurchaseState::Accepted).await?;
    shop.post.wait_for(1).await?;
    Ok(())
}

async fn wait_for_state(
    client: &whole_system::Client,
    purchase: shared_protocol::PurchaseId,
    state: PurchaseState,
) -> Result {
    let mut seen = None;
    for _ in 0..300 {
        seen = client.status(purchase).await.ok().map(|status| status.state);
        if seen == Some(state) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    anyhow::bail!("waited 30 s for {state:?}, still {seen:?}")
}
