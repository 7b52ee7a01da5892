//! Somebody without a contract gets one inside the purchase (¶44) and buys with it.

use thirtyfour::By;
use whole_system::{Browser, Result, Shop, Widget, account::send, widget::GOOD};

const ADDRESS: &str = "newcomer@example.jp";

#[tokio::test]
async fn who_has_no_contract_gets_one_inside_the_purchase_and_buys() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    for (name, value) in GOOD.iter().filter(|(name, _)| !name.starts_with("payment.")) {
        widget.fill(name, value).await?;
    }
    widget.press("enrol").await?;
    enrol(&shop, &browser, &widget).await?;

    widget.focus_frame().await?;
    for _ in 0..100 {
        if widget.count("[data-test=\"enrolment\"]").await? == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let number = widget.value("payment.contract_number").await?;
    assert!(number.starts_with("C-") && number.len() == 16, "{number}");
    assert_eq!(widget.value("contact.name").await?, "山田 花子", "nothing typed is lost");
    widget.fill("payment.code", "739182").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let handling = widget.text("[data-test=\"handling-number\"]").await?;
    let letter = shop.post.wait_for(2).await?;
    assert!(letter.text().contains(&handling) && letter.text().contains(ADDRESS));
    browser.close().await
}

/// The agent's three pages in the frame inside the frame: address, mailed code, security code.
async fn enrol(shop: &Shop, browser: &Browser, widget: &Widget<'_>) -> Result {
    widget.find("[data-test=\"enrolment\"]").await?.enter_frame().await?;
    widget.wait_for("enrol").await?;
    send(browser, "email", ADDRESS).await?;
    widget.wait_for("code").await?;
    let code = shop.post.wait_for(1).await?.code()?;
    send(browser, "code", &code).await?;
    widget.wait_for("choose").await?;
    browser.driver.find(By::Id("accept")).await?.click().await?;
    send(browser, "code", "739182").await
}
