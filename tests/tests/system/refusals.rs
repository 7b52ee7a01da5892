//! In every configuration that has a form of its own, in a real browser: each way in which the
//! agent refuses (58, 59, 72) has its own words there too, no money moves, nobody has an order.

use serde_json::json;
use whole_system::{Borrower, Browser, Result, Shop, form_shop::Kind, relay::Relay};

use crate::failures::{expect_failure, final_check};

#[tokio::test]
async fn through_a_relay_each_refusal_has_its_own_words() -> Result {
    let shop = Shop::start().await?;
    let _relay = Relay::open(&shop, false).await?;
    expect_refusals(&shop, &shop.merchant.url, "mrc_tea").await?;
    expect_no_order(&shop)
}

#[tokio::test]
async fn through_the_shop_that_is_its_own_relay_each_refusal_has_its_own_words() -> Result {
    let mut shop = Shop::start().await?;
    shop.merge_relay(false).await?;
    expect_refusals(&shop, &shop.merchant.url, "mrc_tea").await?;
    expect_no_order(&shop)
}

#[tokio::test]
async fn before_a_form_is_handed_over_each_refusal_has_its_own_words() -> Result {
    let market = Shop::start().await?;
    let shop = market.open_form_shop(Kind::Python).await?;
    expect_refusals(&market, &format!("{}/?item=TEAPOT-01", shop.url), shop.id).await?;
    let received = shop.tap.kept().received.concat();
    assert!(!String::from_utf8_lossy(&received).contains("POST "), "the shop was handed nothing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_borrowed_window_each_refusal_has_its_own_words() -> Result {
    let shop = Shop::start().await?;
    let seller = Borrower::open(&shop, "mrc_suzuki", "お菓子の鈴木", "Suzuki Sweets")?;
    seller.borrow_window(&shop, &shop.host.url)?;
    shop.host.show_window(&shop.agent.url, &seller.window());
    expect_refusals(&shop, &shop.host.url, seller.id).await?;
    let waiting = shop.rows("agent-server", "SELECT COUNT(*) FROM mailbox")?;
    assert_eq!(waiting, [[json!(0)]], "nothing waits for the seller");
    expect_no_order(&shop)
}

/// A lapsed contract, one over its limit, a wrong code, and a merchant that lapses meanwhile.
async fn expect_refusals(shop: &Shop, page: &str, merchant: &str) -> Result {
    let browser = Browser::open().await?;
    for (contract, code) in
        [("C-9000-0000-0002", "contract_lapsed"), ("C-9000-0000-0003", "limit_exceeded")]
    {
        let widget = final_check(&browser, page, contract).await?;
        widget.press("place-order").await?;
        expect_failure(&widget, code).await?;
    }
    let widget = final_check(&browser, page, "C-9000-0000-0001").await?;
    widget.press("back").await?;
    widget.wait_for("details").await?;
    widget.fill("payment.code", "1111").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("correction").await?;
    assert_eq!(widget.value("payment.contract_number").await?, "C-9000-0000-0001", "kept");

    let widget = final_check(&browser, page, "C-9000-0000-0001").await?;
    shop.agent_cli(&["merchants", "suspend", merchant, "--json"])?;
    // As long as agents keep a merchant in memory (docs/postgresql.md).
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    widget.press("place-order").await?;
    expect_failure(&widget, "merchant_lapsed").await?;
    let promised = "SELECT COUNT(*) FROM purchases WHERE grant_signed IS NOT NULL";
    assert_eq!(shop.rows("agent-server", promised)?, [[json!(0)]]);
    let held = "SELECT COUNT(*) FROM contracts WHERE reserved > 0";
    assert_eq!(shop.rows("agent-server", held)?, [[json!(0)]]);
    browser.close().await
}

fn expect_no_order(shop: &Shop) -> Result {
    assert_eq!(shop.merchant_cli(&["orders", "list", "--json"])?, json!([]));
    Ok(())
}
