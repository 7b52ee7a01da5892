//! What becomes of a contract, as its holder meets it at the shop: locked and opened again, its
//! number lost and replaced, suspended, lapsed, and limited by its holder's own wish.

use shared_protocol::{GrantRequest, Message as _, encode};
use whole_system::{Browser, Client, OwnPages, Result, Shop, Widget, client::form_with};

const CONTRACT: &str = "C100000000042";
const ADDRESS: &str = "holder@example.jp";

async fn market() -> Result<(Shop, Browser)> {
    let shop = Shop::start().await?;
    shop.add_contract(CONTRACT, ADDRESS, 100_000)?;
    Ok((shop, Browser::open().await?))
}

/// Buys a teapot at the shop; the screen that comes of it.
async fn order<'a>(shop: &Shop, browser: &'a Browser, contract: &str) -> Result<Widget<'a>> {
    browser.leave_frames().await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.contract_number", contract).await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    Ok(widget)
}

async fn buys(shop: &Shop, browser: &Browser, contract: &str) -> Result {
    order(shop, browser, contract).await?.wait_for("thanks").await
}

/// The shopper is told this, and that no money moved.
async fn is_refused(widget: &Widget<'_>, code: &str) -> Result {
    widget.wait_for("failure").await?;
    let shown = widget.attribute("[data-test=\"problem\"]", "data-code").await?;
    assert_eq!(shown.as_deref(), Some(code));
    assert!(widget.text("main").await?.contains("お金は動いていません"));
    Ok(())
}

/// All that a program gets to read of a refusal, but for the number of the request.
async fn refusal(shop: &Shop, client: &Client, contract: &str) -> Result<(u16, Vec<u8>)> {
    let attempt = client.prepare("TEAPOT-01", form_with(contract, "2468")).await?;
    let url = format!("{}/v1/purchases/{}/grant", shop.agent.url, attempt.purchase);
    let request = client.http.put(&url).header("content-type", GrantRequest::media_type());
    let answer = request.body(encode(&attempt.sealed.grant_request())).send().await?;
    let status = answer.status().as_u16();
    let mut document: serde_json::Value = answer.json().await?;
    document["request_id"].take();
    Ok((status, serde_json::to_vec(&document)?))
}

#[tokio::test]
async fn five_wrong_codes_lock_until_the_agent_opens_the_contract_again() -> Result {
    let (shop, browser) = market().await?;
    let widget = order(&shop, &browser, "C-1000-0000-0042").await?;
    widget.wait_for("thanks").await?;
    let client = shop.client().await?;
    for guess in 0..5 {
        let attempt = client.prepare("TEAPOT-01", form_with(CONTRACT, &format!("135{guess}")));
        client.grant(&attempt.await?).await?.expect_err("a wrong code");
    }
    let widget = order(&shop, &browser, CONTRACT).await?;
    is_refused(&widget, "contract_locked").await?;
    shop.advance(24 * 60 * 60).await?;
    let widget = order(&shop, &browser, CONTRACT).await?;
    is_refused(&widget, "contract_locked").await?;
    shop.agent_cli(&["contracts", "unlock", CONTRACT, "--json"])?;
    widget.press("retry").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

#[tokio::test]
async fn a_lost_number_is_stopped_at_once_and_its_successor_pays() -> Result {
    let (shop, browser) = market().await?;
    let pages = OwnPages::signed_in(&shop, &browser, ADDRESS).await?;
    pages.open("/me/number").await?;
    pages.press("section[aria-labelledby=\"lost\"] button").await?;
    pages.wait_for("number").await?;
    pages.text("[data-test=\"lost\"]").await?;
    let widget = order(&shop, &browser, CONTRACT).await?;
    is_refused(&widget, "contract_suspended").await?;

    pages.open("/me/number").await?;
    pages.send(&[("code", "2468")]).await?;
    pages.wait_for("number").await?;
    let new = pages.text("[data-test=\"contract-number\"]").await?;
    assert_ne!(new.replace('-', ""), CONTRACT);

    let client = shop.client().await?;
    let old = refusal(&shop, &client, CONTRACT).await?;
    assert_eq!(old, refusal(&shop, &client, "C999999999999").await?, "as if it never was");
    let widget = order(&shop, &browser, CONTRACT).await?;
    widget.wait_for("correction").await?;
    widget.fill("payment.contract_number", &new).await?;
    widget.press("resubmit").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

#[tokio::test]
async fn a_suspended_contract_pays_again_once_resumed_and_a_lapsed_one_never() -> Result {
    let (shop, browser) = market().await?;
    shop.agent_cli(&["contracts", "suspend", CONTRACT, "--json"])?;
    let widget = order(&shop, &browser, CONTRACT).await?;
    is_refused(&widget, "contract_suspended").await?;
    shop.agent_cli(&["contracts", "resume", CONTRACT, "--json"])?;
    widget.press("retry").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    shop.agent_cli(&["contracts", "lapse", CONTRACT, "--json"])?;
    let widget = order(&shop, &browser, CONTRACT).await?;
    is_refused(&widget, "contract_lapsed").await?;
    browser.close().await
}

#[tokio::test]
async fn limits_that_the_shopper_sets_hold_at_the_shop() -> Result {
    let (shop, browser) = market().await?;
    let pages = OwnPages::signed_in(&shop, &browser, ADDRESS).await?;
    let set = async |purchase: &str, day: &str, merchant: &str| {
        pages.open("/me/limits").await?;
        let limits = [("purchase", purchase), ("day", day), ("merchant", merchant)];
        pages.send(&limits).await?;
        pages.wait_for("me").await
    };
    set("3000", "", "").await?;
    let widget = order(&shop, &browser, CONTRACT).await?;
    is_refused(&widget, "limit_exceeded").await?;
    set("3850", "7700", "").await?;
    buys(&shop, &browser, CONTRACT).await?;
    buys(&shop, &browser, CONTRACT).await?;
    let widget = order(&shop, &browser, CONTRACT).await?;
    is_refused(&widget, "limit_exceeded").await?;
    set("", "", "8000").await?;
    let widget = order(&shop, &browser, CONTRACT).await?;
    is_refused(&widget, "limit_exceeded").await?;
    set("", "", "").await?;
    buys(&shop, &browser, CONTRACT).await?;
    browser.close().await
}
