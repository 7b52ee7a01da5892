//! Fig 9 in a real browser: only wrong fields open, values kept, the same words from the browser
//! and from the servers; then the purchase goes through.

use whole_system::{Browser, Result, Shop, Widget};

use crate::accessibility::expect_clean;

#[tokio::test]
async fn wrong_fields_are_shown_alone_and_what_was_typed_is_kept() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("delivery.postal_code", "123456").await?;
    widget.fill("contact.email", "hanako@").await?;
    widget.press("review").await?;
    widget.wait_for("correction").await?;

    assert!(widget.text("h1").await?.contains('2'), "the heading counts them");
    assert_eq!(widget.value("delivery.postal_code").await?, "123456");
    assert_eq!(widget.value("contact.email").await?, "hanako@");
    let text = widget.text("main").await?;
    assert!(text.contains("郵便番号は7桁です。いま6桁です。"), "{text}");
    assert_eq!(widget.count("main [aria-invalid=true]").await?, 2);
    assert_eq!(widget.count("main a[href^='#']").await?, 2, "a summary of links");

    widget.fill("delivery.postal_code", "１２３ー４５６７").await?;
    widget.fill("contact.email", "hanako@example.jp").await?;
    widget.press("resubmit").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let order = &shop.merchant_cli(&["orders", "list", "--json"])?[0];
    let shown = shop.merchant_cli(&["orders", "show", purchase(order), "--json"])?;
    assert!(shown.to_string().contains("1234567"), "normalised: {shown}");
    browser.close().await
}

#[tokio::test]
async fn a_wrong_code_is_put_right_without_typing_anything_else() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.code", "1111").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("correction").await?;
    let text = widget.text("main").await?;
    assert!(text.contains("契約番号または認証コードが違います"), "{text}");
    widget.fill("payment.code", "2468").await?;
    widget.press("resubmit").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

#[tokio::test]
async fn more_than_there_are_is_put_right_where_it_was_refused() -> Result {
    let (mut shop, browser) = (Shop::start().await?, Browser::open().await?);
    too_many(&mut shop, &browser).await?;
    browser.close().await
}

/// Orders five of three: only how many is asked again, the new price is shown, the order is taken.
pub async fn too_many(shop: &mut Shop, browser: &Browser) -> Result {
    shop.change("merchant-server/catalogue.toml", "stock = 2000", "stock = 3").await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(browser).await?;
    widget.wait_alive().await?;
    for _ in 0..4 {
        widget.press("more").await?;
    }
    widget.go_to_final_check().await?;
    widget.press("place-order").await?;
    widget.wait_for("correction").await?;
    assert!(
        widget.text("h1").await?.contains("1か所をご確認ください"),
        "{}",
        widget.text("h1").await?
    );
    assert_eq!(widget.count("main [aria-invalid=true]").await?, 1);
    let quantity = "#fix-shop ~ * [name=quantity][aria-invalid=true]";
    assert_eq!(widget.count(quantity).await?, 1, "{}", widget.text("main").await?);
    assert_eq!(widget.value("quantity").await?, "5");
    let why = "[data-test=problem][data-code=out_of_stock]";
    assert_eq!(widget.text(why).await?, "在庫が足りません。");
    expect_clean(browser, "correction of the quantity").await?;
    for _ in 0..2 {
        widget.press("less").await?;
    }
    widget.press("resubmit").await?;
    widget.wait_for("final-check").await?;
    assert!(widget.text("main").await?.contains("¥10,450"), "the new price is shown first");
    assert!(widget.text("main").await?.contains("山田 花子"), "nothing is typed again");
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let order = &shop.merchant_cli(&["orders", "list", "--json"])?[0];
    assert_eq!((&order["quantity"], &order["amount"]), (&3.into(), &10_450.into()));
    Ok(())
}

#[tokio::test]
async fn the_language_changes_without_losing_a_letter() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    let before = values(&widget).await?;
    widget.press("language").await?;
    wait_for_language(&browser, "en").await?;
    assert_eq!(values(&widget).await?, before);
    assert!(widget.text("main").await?.contains("Postal code"));
    widget.press("language").await?;
    wait_for_language(&browser, "ja").await?;
    assert_eq!(values(&widget).await?, before);
    browser.close().await
}

#[tokio::test]
async fn a_purchase_begun_in_one_language_ends_in_the_other() -> Result {
    let shop = Shop::start().await?;
    for (first, then, thanks) in [("ja", "en", "Thank you"), ("en", "ja", "ありがとう")] {
        let browser = Browser::at(&shop.merchant.url).await?;
        let widget = Widget::enter(&browser).await?;
        widget.wait_alive().await?;
        if first == "en" {
            widget.press("language").await?;
        }
        wait_for_language(&browser, first).await?;
        widget.go_to_final_check().await?;
        widget.press("language").await?;
        wait_for_language(&browser, then).await?;
        widget.press("place-order").await?;
        widget.wait_for("thanks").await?;
        let said = widget.text("main").await?;
        assert!(said.contains(thanks), "{said}");
        browser.close().await?;
    }
    assert_eq!(shop.rows("agent-server", "SELECT id FROM purchases")?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_language_that_does_not_come_is_said_and_the_page_stays() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    let before = values(&widget).await?;
    let fail = "window.asks = fetch; \
        window.fetch = (url, how) => /[.]txt$/.test(url) ? Promise.reject() : asks(url, how); \
        return true";
    browser.script::<bool>(fail).await?;
    widget.press("language").await?;
    for _ in 0..600 {
        if widget.count("[data-test=unspoken]").await? == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(widget.text("[data-test=unspoken]").await?.contains("英語に切り替えられません"));
    wait_for_language(&browser, "ja").await?;
    assert_eq!(values(&widget).await?, before);
    browser.script::<bool>("window.fetch = asks; return true").await?;
    widget.press("language").await?;
    wait_for_language(&browser, "en").await?;
    assert_eq!(widget.count("[data-test=unspoken]").await?, 0);
    assert_eq!(values(&widget).await?, before);
    browser.close().await
}

#[tokio::test]
async fn what_was_typed_before_the_program_came_is_kept() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.wait_for("product").await?;
    widget.press("order").await?;
    widget.fill("contact.name", "早い 人").await?;
    widget.wait_alive().await?;
    widget.wait_for("details").await?;
    assert_eq!(widget.value("contact.name").await?, "早い 人");
    browser.close().await
}

fn purchase(order: &serde_json::Value) -> &str {
    order["purchase"].as_str().expect("an order names its purchase")
}

async fn values(widget: &Widget<'_>) -> Result<Vec<String>> {
    let mut values = Vec::new();
    for (name, _) in whole_system::widget::GOOD {
        values.push(widget.value(name).await?);
    }
    Ok(values)
}

async fn wait_for_language(browser: &Browser, lang: &str) -> Result {
    for _ in 0..600 {
        if browser.script::<String>("return document.documentElement.lang").await? == lang {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the language did not become {lang}")
}
