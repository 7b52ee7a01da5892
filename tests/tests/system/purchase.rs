//! One real purchase, end to end, in a real browser: product to thanks, then the shopper's word by
//! mail. Both languages; yes, no and silence.

use shared_protocol::PurchaseState;
use whole_system::{Browser, Result, Shop, Widget, server::http};

#[tokio::test]
async fn a_shopper_buys_a_teapot_and_confirms_by_mail() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    let number = widget.buy().await?;
    assert_eq!(number.len(), 14, "4-4-4: {number}");

    let letter = shop.post.wait_for(1).await?;
    assert!(letter.text().contains(&number), "the letter names the handling number");
    let link = letter.confirm_link()?;
    browser.leave_frames().await?;
    browser.driver.goto(&link).await?;
    press(&browser, "ok").await?;
    wait_for_order(&shop, "confirmed").await?;

    let order = &orders(&shop)?[0];
    let compact: String = number.split('-').collect();
    let shown = order["handling_number"].as_str().unwrap_or_default().replace('-', "");
    assert_eq!(shown, compact, "shop and shopper name the same number");
    assert_eq!(order["amount"].as_u64(), Some(3850), "¥3,300 and ¥550 delivery");
    browser.close().await
}

/// ¶61: who is asked nothing more reads so before the last button.
#[tokio::test]
async fn where_nobody_asks_by_mail_the_shopper_reads_so_first() -> Result {
    let shop = Shop::start().await?;
    let most = ["--up-to", "3850", "--currency", "JPY", "--json"];
    shop.agent_cli(&[&["merchants", "waive", "mrc_tea"], &most[..]].concat())?;
    shop.advance(6).await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_final_check().await?;
    let said = widget.text("[data-test=next]").await?;
    assert!(said.contains("このあと確認のおたずねはありません"), "{said}");
    // Two are more than the agent lets pass.
    widget.press("change-quantity").await?;
    widget.wait_for("product").await?;
    widget.press("more").await?;
    widget.press("order").await?;
    widget.wait_for("details").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    assert!(widget.text("[data-test=next]").await?.contains("メールで承認されるまで"));
    widget.press("change-quantity").await?;
    widget.wait_for("product").await?;
    widget.press("less").await?;
    widget.press("order").await?;
    widget.wait_for("details").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    wait_for_order(&shop, "confirmed").await?;
    let letter = shop.post.wait_for(1).await?;
    assert!(letter.confirm_link().is_err(), "a receipt, no question");
    browser.close().await
}

#[tokio::test]
async fn the_same_in_english() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&format!("{}/en.html", shop.merchant.url)).await?;
    let widget = Widget::enter(&browser).await?;
    widget.buy().await?;
    let text = widget.text("main").await?;
    assert!(text.contains("Thank you"), "{text}");
    // The number for a camera: a picture that was drawn, of the address of the purchase.
    let code = "const code = document.querySelector('[data-test=qr]');
        return code.decode().then(() => [code.naturalWidth, new URL(code.src).pathname]);";
    let (wide, path): (u32, String) = browser.script(code).await?;
    let number = widget.text("[data-test=handling-number]").await?.replace('-', "");
    assert!(wide > 33 && path == format!("/qr/{number}"), "{wide} {path}");
    let letter = shop.post.wait_for(1).await?;
    assert!(letter.text().contains("Please confirm"), "{}", letter.text());
    browser.close().await
}

#[tokio::test]
async fn the_shopper_says_no_by_mail_and_the_shop_learns_it() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    Widget::enter(&browser).await?.buy().await?;
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    browser.leave_frames().await?;
    browser.driver.goto(&link).await?;
    press(&browser, "cancel").await?;
    wait_for_order(&shop, "cancelled").await?;
    browser.close().await
}

#[tokio::test]
async fn silence_is_taken_for_a_prank_and_cancels() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("TEAPOT-01", whole_system::client::good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    client.submit(&attempt, &grant).await?.expect("a good order");
    shop.post.wait_for(1).await?;
    shop.advance(73 * 3600).await?;
    wait_for_order(&shop, "expired").await?;
    assert_eq!(client.status(attempt.purchase).await?.state, PurchaseState::Expired);
    let second = shop.post.wait_for(2).await?;
    assert!(second.confirm_link().is_err(), "nothing to confirm any more");
    Ok(())
}

#[tokio::test]
async fn looking_at_the_link_decides_nothing() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("TEAPOT-01", whole_system::client::good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    client.submit(&attempt, &grant).await?.expect("a good order");
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    let scanner = http()?;
    for _ in 0..10 {
        assert!(scanner.get(&link).send().await?.status().is_success());
        assert!(scanner.head(&link).send().await?.status().is_success());
    }
    assert_eq!(client.status(attempt.purchase).await?.state, PurchaseState::Accepted);
    let said = scanner
        .post(&link)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("decision=ok")
        .send()
        .await?;
    assert!(said.status().is_success() || said.status().is_redirection(), "{}", said.status());
    assert_eq!(client.status(attempt.purchase).await?.state, PurchaseState::Confirmed);
    Ok(())
}

async fn press(browser: &Browser, decision: &str) -> Result {
    use thirtyfour::prelude::*;
    let button = format!("button[name=decision][value={decision}]");
    browser.find(By::Css(button)).await?.click().await?;
    Ok(())
}

fn orders(shop: &Shop) -> Result<Vec<serde_json::Value>> {
    let listed = shop.merchant_cli(&["orders", "list", "--json"])?;
    Ok(listed.as_array().cloned().unwrap_or_default())
}

async fn wait_for_order(shop: &Shop, state: &str) -> Result {
    let mut seen = Vec::new();
    for _ in 0..300 {
        seen = orders(shop)?;
        if seen.first().is_some_and(|order| order["state"] == state) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    anyhow::bail!("no order became {state}: {seen:?}")
}
