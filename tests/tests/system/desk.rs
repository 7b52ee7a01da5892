//! The shop's desk in a real browser with a virtual authenticator (TRUST.md T37): somebody comes in
//! by a link, ships an order in parts and claims its money by a passkey, and the agent's books show
//! it. And axe-core on each page of it, in both languages.

use anyhow::{Context as _, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use shared_protocol::Form;
use thirtyfour::prelude::*;
use whole_system::{
    Browser, Result, Shop,
    account::{press, wait_for},
    authenticator::Authenticator,
    browser::Window,
    client::good_form,
    server::http,
};

use crate::accessibility::expect_clean;

/// Two teapots, ordered and confirmed; the address of the order's page.
async fn sold(shop: &Shop) -> Result<String> {
    let client = shop.client().await?;
    let letters = shop.post.letters()?.len();
    let attempt = client.prepare("TEAPOT-01", Form { quantity: 2, ..good_form() }).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    client.submit(&attempt, &grant).await?.expect("a good order");
    let link = shop.post.wait_for(letters + 1).await?.confirm_link()?;
    let form = ("content-type", "application/x-www-form-urlencoded");
    http()?.post(&link).header(form.0, form.1).body("decision=ok").send().await?;
    let purchase = attempt.purchase.to_string();
    for _ in 0..150 {
        let order = shop.merchant_cli(&["orders", "show", &purchase, "--json"])?;
        if order["state"] == "confirmed" {
            return Ok(format!("/desk/orders/{purchase}"));
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    anyhow::bail!("the order was never confirmed")
}

/// Somebody of this role comes in by the link that the command line prints.
async fn come_in(shop: &Shop, browser: &Browser, name: &str, role: &str) -> Result {
    let added = shop.merchant_cli(&["people", "add", name, "--role", role, "--json"])?;
    browser.driver.goto(added["link"].as_str().context("a link")?).await?;
    sign(browser, "return location.pathname === '/desk'").await
}

/// Presses the button that asks for the passkey, and waits for what comes of it.
async fn sign(browser: &Browser, until: &str) -> Result {
    wait_for(browser, "return document.getElementById('passkey')?.hidden === false").await?;
    press(browser, "#passkey").await?;
    wait_for(browser, until).await
}

async fn open(shop: &Shop, browser: &Browser, path: &str) -> Result {
    let desk = shop.merchant.url.replace("127.0.0.1", "localhost");
    Ok(browser.driver.goto(format!("{desk}{path}")).await?)
}

async fn type_into(browser: &Browser, id: &str, text: &str) -> Result {
    let field = browser.find(By::Id(id)).await?;
    field.clear().await?;
    Ok(field.send_keys(text).await?)
}

fn said(screen: &str) -> String {
    format!(
        "return document.querySelector('main').dataset.screen === '{screen}' \
         && !!document.querySelector('[role=status]')"
    )
}

#[tokio::test]
async fn a_parcel_is_shipped_and_its_money_claimed_at_the_desk_and_stands_in_the_books() -> Result {
    let shop = Shop::start().await?;
    let order = sold(&shop).await?;
    let browser = Browser::open().await?;
    let _key = Authenticator::into_window(&browser).await?;
    come_in(&shop, &browser, "hanako", "manager").await?;
    press(&browser, "[name=everywhere]").await?;
    wait_for(&browser, "return location.pathname === '/desk/sign-in'").await?;
    sign(&browser, "return location.pathname === '/desk'").await?;
    press(&browser, "[data-test=order] a").await?;
    wait_for(&browser, &format!("return location.pathname === '{order}'")).await?;
    let to = browser.find(By::Css("[data-test=recipient]")).await?.text().await?;
    ensure!(to.contains("銀座1-2-3"), "{to}");
    type_into(&browser, "quantity", "1").await?;
    type_into(&browser, "carrier", "ヤマト").await?;
    type_into(&browser, "tracking", "4567-8901").await?;
    press(&browser, "[data-test=ship] button").await?;
    wait_for(&browser, "return !!document.querySelector('[data-test=parcel]')").await?;

    type_into(&browser, "claim", "3300").await?;
    browser.find(By::Css("#shipment option:last-child")).await?.click().await?;
    press(&browser, "[data-test=claim] button").await?;
    wait_for(&browser, "return location.pathname.startsWith('/desk/money/')").await?;
    let act = browser.find(By::Css("[data-test=act]")).await?.text().await?;
    ensure!(act.contains("¥3,300") && act.contains("S-1"), "{act}");
    ensure!(balance(&shop, "payable:mrc_tea")?.is_none(), "nothing before it is signed");
    sign(&browser, &said("desk-order")).await?;
    let money = browser.find(By::Css("[data-test=money]")).await?.text().await?;
    ensure!(money.contains("¥3,300"), "{money}");
    let fee = balance(&shop, "fees:merchants")?.unwrap_or_default();
    let owed = balance(&shop, "payable:mrc_tea")?.context("nothing stands in the books")?;
    ensure!(owed + fee == -3300, "{owed} and {fee} of it");
    ensure!(shop.agent_cli(&["audit", "--json"])?["findings"] == json!([]));

    // The agent pays at the end of the day, and the desk shows what for.
    shop.advance(26 * 3600).await?;
    for _ in 0..100 {
        let paid = shop.agent_cli(&["ledger", "payouts", "--json"])?;
        if !paid["payouts"][0].is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    open(&shop, &browser, "/desk/sign-in").await?;
    sign(&browser, "return location.pathname === '/desk'").await?;
    open(&shop, &browser, "/desk/payouts").await?;
    press(&browser, "[data-test=payout] a").await?;
    wait_for(&browser, "return !!document.querySelector('[data-test=word]')").await?;
    let word = browser.find(By::Css("[data-test=word]")).await?.text().await?;
    ensure!(word.contains("C-1") && word.contains("¥3,300"), "{word}");
    browser.close().await
}

/// What an account of the agent's holds.
fn balance(shop: &Shop, account: &str) -> Result<Option<i64>> {
    let balances = shop.agent_cli(&["ledger", "balances", "--json"])?;
    let all = balances["balances"].as_array().context("balances")?;
    let found = all.iter().find(|balance| balance["account"] == account);
    Ok(found.and_then(|balance| balance["minor"].as_i64()))
}

/// Every page, with something on it.
async fn every_page(window: Window) -> Result {
    let shop = Shop::start().await?;
    let order = sold(&shop).await?;
    let browser = Browser::open_as(window).await?;
    let _key = Authenticator::into_window(&browser).await?;
    // Narrower than any window of this browser's can be.
    let size = json!({
        "width": window.width, "height": window.height, "deviceScaleFactor": 1, "mobile": false,
    });
    browser.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await?;
    let locale = format!("?locale={}", window.language);
    come_in(&shop, &browser, "hanako", "owner").await?;
    look(&shop, &browser, &format!("/desk/sign-in{locale}")).await?;
    look(&shop, &browser, &format!("{order}{locale}")).await?;
    type_into(&browser, "quantity", "1").await?;
    type_into(&browser, "carrier", "Yamato").await?;
    type_into(&browser, "tracking", "4567-8901-2345").await?;
    press(&browser, "[data-test=ship] button").await?;
    wait_for(&browser, &said("desk-order")).await?;
    press(&browser, "[data-test=claim] button").await?;
    wait_for(&browser, "return location.pathname.startsWith('/desk/money/')").await?;
    photograph(&browser, "money").await?;
    expect_clean(&browser, "a claim to be signed").await?;
    sign(&browser, &said("desk-order")).await?;
    look(&shop, &browser, &format!("{order}{locale}")).await?;
    for path in ["/desk", "/desk/reports", "/desk/people", "/desk/payouts", "/desk/orders/none"] {
        look(&shop, &browser, &format!("{path}{locale}")).await?;
    }
    open(&shop, &browser, &format!("/desk/people{locale}")).await?;
    type_into(&browser, "name", "taro").await?;
    press(&browser, "[data-test=invite] button").await?;
    wait_for(&browser, "return location.pathname.startsWith('/desk/staff/')").await?;
    expect_clean(&browser, "an invitation to be signed").await?;
    sign(&browser, "return !!document.querySelector('[data-test=link]')").await?;
    photograph(&browser, "invited").await?;
    expect_clean(&browser, "an invitation").await?;
    browser.close().await
}

/// All of a page; it is never wider than its window.
async fn look(shop: &Shop, browser: &Browser, path: &str) -> Result {
    open(shop, browser, path).await?;
    let fits: Value =
        browser.script("return document.documentElement.scrollWidth <= innerWidth").await?;
    ensure!(fits == true, "{path} is wider than its window");
    photograph(browser, path).await?;
    expect_clean(browser, path).await
}

/// Leaves a picture of the page where the environment names a folder: to be looked at.
async fn photograph(browser: &Browser, path: &str) -> Result {
    if let Ok(folder) = std::env::var("WARIFU_PICTURES") {
        let width: u32 = browser.script("return innerWidth").await?;
        let count = std::fs::read_dir(&folder)?.count();
        let name = path.replace(['/', '?', '='], "_");
        let file = std::path::Path::new(&folder).join(format!("{count:02}_{width}_{name}.png"));
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let taken = browser.driver.cdp().send_raw("Page.captureScreenshot", whole).await?;
        std::fs::write(file, BASE64.decode(taken["data"].as_str().unwrap_or_default())?)?;
    }
    Ok(())
}

#[tokio::test]
async fn every_page_of_the_desk_in_japanese_on_a_telephone() -> Result {
    every_page(Window { width: 360, height: 740, ..Window::default() }).await
}

#[tokio::test]
async fn every_page_of_the_desk_in_english_and_dark() -> Result {
    every_page(Window { width: 1280, height: 900, dark: true, language: "en", ..Window::default() })
        .await
}
