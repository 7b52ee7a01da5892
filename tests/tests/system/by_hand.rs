//! An order by telephone (prior art (5)): the shopper reads a number out, the shop hands it in from
//! its command line, and it is an order like any other. And an answer by telephone (¶56).

use anyhow::Context as _;
use thirtyfour::prelude::*;
use whole_system::{
    Browser, OwnPages, Result, Shop,
    account::{self, PASSKEY_SHOPPER},
    authenticator::Authenticator,
    client::good_form,
    leak::Marker,
    shop::Start,
};

use crate::leak::{self, EMAIL, Marked, random, search, they_do_hold_their_own};

const ADDRESS: &str = "shopper@example.jp";

/// Asks for a number at the agent's page; what it says.
async fn number(pages: &OwnPages<'_>, browser: &Browser, code: &str) -> Result<String> {
    pages.open("/me/by-hand").await?;
    pages.wait_for("by-hand").await?;
    let shop = By::Css("#merchant option[value=mrc_tea]");
    browser.find(shop).await?.click().await?;
    pages.send(&[("amount", "3850"), ("code", code)]).await?;
    pages.wait_for("purchase").await?;
    pages.text("[data-test=\"by-hand\"] .num").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_read_out_on_the_telephone_is_redeemed_shipped_and_claimed() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::open().await?;
    let pages = OwnPages::signed_in(&shop, &browser, ADDRESS).await?;
    let letters = shop.post.letters()?.len();
    let number = number(&pages, &browser, "2468").await?;
    assert_eq!(number.len(), 14, "{number}");
    let spoken = number.replace('-', " ").to_lowercase();
    let redeem = |amount: &str, reference: &str| {
        let number = spoken.as_str();
        let amount = ["--amount", amount, "--order-ref", reference, "--json"];
        shop.merchant_cli(&[&["by-hand", "redeem", number], &amount[..]].concat())
    };
    assert!(redeem("3851", "TEL-17").is_err(), "bound to its amount");
    let taken = redeem("3850", "TEL-17")?;
    assert_eq!(taken["state"], "confirmed");
    assert_eq!(redeem("3850", "TEL-17")?, taken, "the same again is the same");
    assert!(redeem("3850", "TEL-18").is_err(), "single-use");
    let receipt = shop.post.wait_for(letters + 1).await?;
    assert!(!receipt.text().contains("/confirm/"), "a receipt, no question");
    shop.merchant_cli(&["orders", "ship", "TEL-17", "--name", "S-1", "--json"])?;
    let claimed = shop.merchant_cli(&["orders", "claim", "TEL-17", "--name", "C-1", "--json"])?;
    assert_eq!((&claimed["claimed"], &claimed["standing"]), (&3850.into(), &"claimed".into()));
    assert_eq!(shop.agent_cli(&["audit", "--json"])?["findings"], serde_json::json!([]));
    pages.open(&format!("/me/purchases/{number}")).await?;
    pages.wait_for("purchase").await?;
    assert!(browser.driver.find(By::Css("[data-test=\"by-hand\"]")).await.is_err());
    browser.close().await
}

/// By hand the shop learns a number and nothing of who reads it out but what it is told on the
/// telephone; where that is, the agent never learns (DESIGN.md §1).
#[tokio::test(flavor = "multi_thread")]
async fn by_hand_the_shop_learns_a_number_and_the_agent_no_address() -> Result {
    let shop = Shop::start_as(Start::Plain).await?;
    let one = Marked::new(&format!("C4839{:08}", random(99_999_999)), "83920175");
    let (contract, code) = (one.value("payment.contract_number"), one.value("payment.code"));
    leak::add_contract(&shop, contract, code)?;
    let browser = Browser::open().await?;
    let pages = OwnPages::signed_in(&shop, &browser, EMAIL).await?;
    let number = number(&pages, &browser, code).await?;
    browser.close().await?;
    // What the caller says on the telephone stands in the shop's own books alone.
    let book = one.typed.iter().filter(|(name, _)| !name.starts_with("payment."));
    let book: Vec<u8> = book.flat_map(|(_, value)| value.bytes().chain([b'\n'])).collect();
    std::fs::write(shop.folder("merchant-server").join("telephone-orders.txt"), book)?;
    let redeem = ["by-hand", "redeem", &number, "--amount", "3850", "--order-ref", "TEL-1"];
    shop.merchant_cli(&[&redeem[..], &["--json"]].concat())?;
    shop.merchant_cli(&["orders", "ship", "TEL-1", "--name", "S-1", "--json"])?;
    shop.merchant_cli(&["orders", "claim", "TEL-1", "--name", "C-1", "--json"])?;

    let agent = shop.everything("agent-server")?;
    let merchant = shop.everything("merchant-server")?;
    let mut payment = one.payment();
    payment.push(Marker::new("address of the contract", EMAIL));
    let mut found = Vec::new();
    search(&mut found, "agent", &agent, &one.delivery());
    search(&mut found, "merchant", &merchant, &payment);
    assert!(found.is_empty(), "leaks:\n{}", found.join("\n"));
    they_do_hold_their_own(&agent, &merchant, &one);
    search(&mut found, "agent", &agent, &payment[payment.len() - 1..]);
    assert!(found.iter().any(|line| line.contains("address of the contract")), "{found:?}");
    Ok(())
}

/// A passkey opens the shopper's own pages; for money to be promised, their code is wanted too.
#[tokio::test]
async fn signed_in_by_passkey_a_number_still_needs_the_code() -> Result {
    let (shop, browser) = (Shop::start().await?, Browser::open().await?);
    let _authenticator = Authenticator::into_window(&browser).await?;
    account::sign_in(&shop, &browser, PASSKEY_SHOPPER).await?;
    account::register_passkey(&shop, &browser).await?;
    browser.driver.delete_all_cookies().await?;
    browser.driver.goto(format!("{}/me/by-hand", shop.agent.url)).await?;
    let ready = "return document.querySelector('#passkey')?.hidden === false";
    account::wait_for(&browser, ready).await?;
    account::press(&browser, "#passkey").await?;
    account::wait_for(&browser, "return location.pathname.startsWith('/me')").await?;
    let pages = OwnPages::new(&shop, &browser);
    pages.open("/me/by-hand").await?;
    pages.wait_for("by-hand").await?;
    account::press(&browser, "#merchant option[value=mrc_tea]").await?;
    pages.send(&[("amount", "3850"), ("code", "1111")]).await?;
    account::wait_for(&browser, "return !!document.getElementById('code-error')").await?;
    assert_eq!(pages.text("#merchant option:checked").await?, "山田茶舗 (mrc_tea)", "kept");
    pages.send(&[("code", "2468")]).await?;
    pages.wait_for("purchase").await?;
    assert_eq!(pages.text("[data-test=\"by-hand\"] .num").await?.len(), 14);
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_by_telephone_is_told_to_the_shop_and_spends_the_link() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("TEAPOT-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    client.submit(&attempt, &grant).await?.expect("a good order");
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    let number = grant.claimed()?.handling_number.to_string();
    let record = |answer: &str| {
        let who = ["--channel", "telephone", "--by", "Sato", "--note", "called at noon", "--json"];
        shop.agent_cli(&[&["confirmations", "record", &number, answer], &who[..]].concat())
    };
    assert_eq!(record("ok")?["state"], "confirmed");
    assert!(record("ok").is_err(), "once");
    let mut state = String::new();
    for _ in 0..300 {
        let order = shop.merchant_cli(&["orders", "show", &number, "--json"])?;
        state = order["state"].as_str().context("a state")?.into();
        if state == "confirmed" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(state, "confirmed", "the shop was told");
    let page = client.http.get(&link).send().await?.text().await?;
    assert!(page.contains("data-state=\"confirmed\"") && !page.contains("name=\"decision\""));
    let listed = shop.agent_cli(&["confirmations", "list", "--json"])?;
    assert_eq!(listed["confirmations"][0]["recorded_by"], "Sato");
    Ok(())
}
