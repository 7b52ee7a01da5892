//! Somebody without a contract gets one (¶44), inside the purchase or apart, and buys with it.

use whole_system::{Browser, OwnPages, Result, Shop, Widget, widget::GOOD};

const ADDRESS: &str = "newcomer@example.jp";
const CODE: &str = "739182";

#[tokio::test]
async fn who_has_no_contract_gets_one_inside_the_purchase_and_buys() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    for (name, value) in GOOD.iter().filter(|(name, _)| !name.starts_with("payment.")) {
        widget.fill(name, value).await?;
    }
    widget.press("enrol").await?;
    widget.find("[data-test=\"enrolment\"]").await?.enter_frame().await?;
    OwnPages::new(&shop, &browser).finish_enrolment(ADDRESS, CODE).await?;

    widget.focus_frame().await?;
    for _ in 0..600 {
        if widget.count("[data-test=\"enrolment\"]").await? == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let number = widget.value("payment.contract_number").await?;
    assert!(number.starts_with("C-") && number.len() == 16, "{number}");
    assert_eq!(widget.value("contact.name").await?, "山田 花子", "nothing typed is lost");
    widget.fill("payment.code", CODE).await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let handling = widget.text("[data-test=\"handling-number\"]").await?;
    let letter = shop.post.wait_for(2).await?;
    assert!(letter.text().contains(&handling) && letter.text().contains(ADDRESS));
    browser.close().await
}

#[tokio::test]
async fn who_enrols_apart_buys_with_the_number_that_was_shown() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    let pages = OwnPages::new(&shop, &browser);
    let number = pages.enrol(ADDRESS, CODE).await?;
    pages.open("/me").await?;
    pages.wait_for("me").await?;

    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.contract_number", &number).await?;
    widget.fill("payment.code", CODE).await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let handling = widget.text("[data-test=\"handling-number\"]").await?;
    let letter = shop.post.wait_for(2).await?;
    assert!(letter.text().contains(&handling) && letter.text().contains(ADDRESS));
    pages.open(&format!("/me/purchases/{}", handling.replace('-', ""))).await?;
    pages.wait_for("purchase").await?;
    assert_eq!(pages.text("[data-test=\"handling-number\"]").await?, handling);
    browser.close().await
}
