//! Where the agent is a bank (Fig 3, Fig 15) in a real browser: sent; the shop's account wrong, put
//! right and tried again; balance short and another method; bank closed, scheduled, confirmed by a
//! notice; and what either side must not learn of it.

use std::{fs, time::Duration};

use anyhow::{Context as _, bail};
use serde_json::Value;
use thirtyfour::prelude::*;
use whole_system::{
    Browser, Result, Shop, Widget,
    account::{self, PASSKEY_SHOPPER},
    authenticator::Authenticator,
    leak::Marker,
    merchant::TEA,
    shop::Start,
    widget::GOOD,
};

/// A market where the tea shop takes transfers to its account.
async fn market() -> Result<(Shop, Browser)> {
    let shop = Shop::start().await?;
    shop.name_account(TEA.id, "7654321")?;
    Ok((shop, Browser::open().await?))
}

/// To the form, filled by a good shopper with this contract, by transfer.
async fn fill<'a>(shop: &Shop, browser: &'a Browser, contract: &str) -> Result<Widget<'a>> {
    // What the agent keeps of merchants is a few seconds old at most.
    shop.advance(6).await?;
    browser.leave_frames().await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.contract_number", contract).await?;
    choose(&widget, "bank-transfer").await?;
    Ok(widget)
}

async fn choose(widget: &Widget<'_>, method: &str) -> Result {
    let choice = widget.find(&format!("[name='payment.method'][value='{method}']")).await?;
    choice.scroll_into_view().await?;
    Ok(choice.click().await?)
}

async fn place(widget: &Widget<'_>) -> Result {
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    let payee = widget.text("[data-test=payee]").await?;
    assert!(payee.contains("みほん銀行 盛岡支店") && payee.contains("321"), "{payee}");
    assert!(payee.contains("ﾔﾏﾀﾞﾁﾔﾎ"), "as the bank sees it: {payee}");
    assert!(!payee.contains("7654321"), "no more of the number than is needed: {payee}");
    widget.press("place-order").await
}

/// What the failure screen says, which must be that nothing was charged.
async fn failed(widget: &Widget<'_>) -> Result<String> {
    widget.wait_for("failure").await?;
    let moved = widget.attribute("[data-test=money-moved]", "data-moved").await?;
    assert_eq!(moved.as_deref(), Some("false"));
    widget.attribute("[data-test=problem]", "data-code").await?.context("no code")
}

/// What the shop knows of transfers, newest first.
fn told(shop: &Shop) -> Result<Vec<Value>> {
    let told = shop.merchant_cli(&["orders", "transfers", "--json"])?;
    Ok(told.as_array().cloned().unwrap_or_default())
}

async fn wait_for_money(shop: &Shop, wanted: &str) -> Result<Value> {
    for _ in 0..600 {
        if let Some(newest) = told(shop)?.first()
            && newest["money"].as_str().is_some_and(|money| money.starts_with(wanted))
        {
            return Ok(newest.clone());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("not {wanted}: {:?}", told(shop)?)
}

async fn wait_for_order(shop: &Shop, state: &str) -> Result {
    for _ in 0..600 {
        let orders = shop.merchant_cli(&["orders", "list", "--json"])?;
        if orders[0]["state"] == state {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("not {state}: {}", shop.merchant_cli(&["orders", "list", "--json"])?)
}

fn is_sound(shop: &Shop) -> Result {
    let report = shop.agent_cli(&["audit", "--json"])?;
    assert_eq!(report["findings"], Value::Array(Vec::new()), "{report}");
    Ok(())
}

#[tokio::test]
async fn with_a_passkey_the_money_is_sent_while_the_shopper_waits() -> Result {
    let (shop, browser) = market().await?;
    sent_by_passkey(&shop, &browser).await?;
    browser.close().await
}

/// The bank's communication server at the shop's site (Fig 3, ¶68): the same screens, the same end.
#[tokio::test]
async fn through_the_relay_at_the_shops_site_it_is_sent_too() -> Result {
    let (mut shop, browser) = market().await?;
    shop.merge_relay(false).await?;
    sent_by_passkey(&shop, &browser).await?;
    let received = shop.agent_tap.kept().received.concat();
    let asked = |path: &str| memchr::memmem::find(&received, path.as_bytes()).is_some();
    assert!(asked("POST /v1/relayed ") && !asked("/grant HTTP"), "all of it through the relay");
    browser.close().await
}

async fn sent_by_passkey(shop: &Shop, browser: &Browser) -> Result {
    let _authenticator = Authenticator::into_window(browser).await?;
    account::sign_in(shop, browser, PASSKEY_SHOPPER).await?;
    account::register_passkey(shop, browser).await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(browser).await?;
    widget.go_to_details().await?;
    for (name, value) in GOOD.iter().filter(|(name, _)| !name.starts_with("payment.")) {
        widget.fill(name, value).await?;
    }
    choose(&widget, "bank-transfer").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("pay-with-passkey").await?;
    widget.wait_for("thanks").await?;
    assert_eq!(widget.text("[data-test=transfer]").await?, "送金済み");
    assert!(widget.text("[data-test=payee]").await?.contains("みほん銀行"));
    wait_for_money(shop, "received").await?;
    wait_for_order(shop, "confirmed").await?;
    is_sound(shop)
}

#[tokio::test]
async fn a_wrong_account_is_put_right_and_tried_again_without_retyping() -> Result {
    let (shop, browser) = market().await?;
    let widget = fill(&shop, &browser, "C-9000-0000-0001").await?;
    shop.agent_cli(&["merchants", "bank", "mrc_tea", "--refused", "--json"])?;
    place(&widget).await?;
    assert_eq!(failed(&widget).await?, "payee_account_wrong");
    let said = widget.text("main").await?;
    assert!(said.contains("お店の口座番号をご確認ください"), "{said}");
    let there = wait_for_money(&shop, "not-received").await?;
    assert_eq!(there["reference"], Value::Null, "no order was taken");
    let log = String::from_utf8_lossy(&shop.merchant.log()?).into_owned();
    assert!(log.contains("our account is none"), "the shop is told what is its own: {log}");
    // Another number: the screen must show it before anything goes there.
    shop.name_account(TEA.id, "7654987")?;
    shop.advance(6).await?;
    widget.press("retry").await?;
    widget.wait_for("final-check").await?;
    assert!(widget.text("[data-test=payee]").await?.contains("987"));
    assert!(widget.text("main").await?.contains("山田 花子"), "nothing is typed again");
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    assert_eq!(widget.text("[data-test=transfer]").await?, "承認のあと、すぐに送金します");
    confirm(&shop, &browser, "confirmed").await?;
    wait_for_money(&shop, "received").await?;
    wait_for_order(&shop, "confirmed").await?;
    is_sound(&shop)?;
    browser.close().await
}

/// Answers the newest letter with yes; the page must then be in this state.
async fn confirm(shop: &Shop, browser: &Browser, state: &str) -> Result {
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    browser.leave_frames().await?;
    browser.driver.goto(&link).await?;
    browser.find(By::Css("button[value=ok]")).await?.click().await?;
    let wanted = format!("return document.querySelector('main').dataset.state === '{state}'");
    account::wait_for(browser, &wanted).await
}

#[tokio::test]
async fn a_short_balance_leads_to_another_method_without_retyping() -> Result {
    let (shop, browser) = market().await?;
    let widget = fill(&shop, &browser, "C-9000-0000-0007").await?;
    place(&widget).await?;
    assert_eq!(failed(&widget).await?, "balance_short");
    assert!(widget.text("main").await?.contains("残高が足りません"));
    wait_for_money(&shop, "not-received").await?;
    widget.press("other-method").await?;
    widget.wait_for("details").await?;
    for (name, value) in GOOD.iter().filter(|(name, _)| name.starts_with("contact.")) {
        assert_eq!(widget.value(name).await?, *value, "{name} is kept");
    }
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    assert_eq!(widget.count("[data-test=payee]").await?, 0);
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    assert_eq!(widget.count("[data-test=transfer]").await?, 0);
    is_sound(&shop)?;
    browser.close().await
}

#[tokio::test]
async fn a_closed_bank_schedules_and_the_shop_may_ship_once_a_notice_confirms() -> Result {
    let (mut shop, browser) = market().await?;
    let own = "[bank]\nname = \"Warifu\"\nbank = \"0001\"\nbranch = \"001\"\n\
        deposit = \"ordinary\"\nnumber = \"1234567\"\nkana = \"ワリフ\"\n\
        client_code = \"0000000001\"\nstatement_account = \"0010011234567\"\n[smtp]";
    shop.change("agent-server/agent.toml", "[smtp]", own).await?;
    let widget = fill(&shop, &browser, "C-9000-0000-0008").await?;
    place(&widget).await?;
    widget.wait_for("thanks").await?;
    confirm(&shop, &browser, "scheduled").await?;
    let page = browser.find(By::Css("main")).await?.text().await?;
    assert!(page.contains("銀行の営業時間外"), "{page}");
    wait_for_money(&shop, "scheduled 20").await?;
    wait_for_order(&shop, "accepted").await?;
    shop.advance(14 * 24 * 3600).await?;
    let payout = wait_for_payout(&shop).await?;
    wait_for_order(&shop, "accepted").await?;
    let file = shop.folder("agent-server").join("payouts.txt");
    let file = file.to_str().context("a plain name")?;
    let made = ["files", "payouts", "--format", "zengin", "--out", file, "--json"];
    shop.agent_cli(&made)?;
    notice(&shop, payout)?;
    wait_for_money(&shop, "received").await?;
    wait_for_order(&shop, "confirmed").await?;
    is_sound(&shop)?;
    browser.close().await
}

/// The order to the other bank, once ours has opened.
async fn wait_for_payout(shop: &Shop) -> Result<i64> {
    for _ in 0..600 {
        let rows = shop.rows("agent-server", "SELECT id FROM payouts")?;
        if let Some(id) = rows.first().and_then(|row| row[0].as_i64()) {
            return Ok(id);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("nothing was ordered")
}

/// The other bank's notice that it went.
fn notice(shop: &Shop, payout: i64) -> Result {
    let reference = format!("PAYOUT-{payout}");
    let text = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\">\
         <BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N-1</MsgId></GrpHdr><Ntfctn><Acct><Id><Othr>\
         <Id>0010011234567</Id></Othr></Id></Acct><Ntry><Amt Ccy=\"JPY\">3850</Amt>\
         <CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-12-28</Dt></BookgDt>\
         <AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{reference}\
         </EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn>\
         </Document>"
    );
    let file = shop.folder("agent-server").join("notice.xml");
    fs::write(&file, text)?;
    let file = file.to_str().context("a plain name")?;
    let brought = shop.agent_cli(&["files", "statement", file, "--json"])?;
    assert_eq!(brought["payouts"], 1, "{brought}");
    Ok(())
}

/// A balance of so many digits that nothing is found by chance.
const BALANCE: u64 = 48_392_017_563;

#[tokio::test]
async fn the_shop_learns_neither_account_nor_balance_nor_why_and_the_bank_no_address() -> Result {
    let mut shop = Shop::start_as(Start::Plain).await?;
    let bank = "[transfers]\nopens = \"08:30\"\ncloses = \"15:30\"\n\
        around_the_clock = [\"0999\"]\n[smtp]";
    shop.change("agent-server/agent.toml", "[smtp]", bank).await?;
    shop.name_account(TEA.id, "7654321")?;
    let (rich, poor) = ("C483920175631", "C758392017564");
    for (contract, balance) in [(rich, BALANCE), (poor, 1_839_174)] {
        shop.add_contract(contract, "payer@accounts.example", 1_000_000)?;
        let amount = balance.to_string();
        let paid = ["contracts", "pay-in", contract, "--amount", &amount, "--json"];
        shop.agent_cli(&paid)?;
    }
    let browser = Browser::open().await?;
    shop.change("merchant-server/catalogue.toml", "unit_price = 3300", "unit_price = 2345678")
        .await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let address = [("delivery.line1", "町別府一二三"), ("contact.name", "名前白川青葉")];
    for (contract, screen) in [(rich, "thanks"), (poor, "failure")] {
        browser.leave_frames().await?;
        browser.driver.goto(&shop.host.url).await?;
        let widget = Widget::enter(&browser).await?;
        widget.go_to_details().await?;
        widget.fill_good().await?;
        for (name, value) in address.iter().chain(&[("payment.contract_number", contract)]) {
            widget.fill(name, value).await?;
        }
        choose(&widget, "bank-transfer").await?;
        widget.press("review").await?;
        widget.wait_for("final-check").await?;
        widget.press("place-order").await?;
        widget.wait_for(screen).await?;
    }
    confirm(&shop, &browser, "confirmed").await?;
    wait_for_money(&shop, "received").await?;
    browser.close().await?;
    let mut markers: Vec<_> = [rich, poor].map(|number| Marker::new("contract", number)).into();
    markers.push(Marker::amount("balance", BALANCE));
    markers.push(Marker::amount("what is left", 1_839_174));
    for word in ["balance_short", "BalanceShort", "残高が足りません"] {
        markers.push(Marker::new("why", word));
    }
    let merchant = held(&shop, "merchant-server")?;
    let found = |markers: &[Marker], places: &[(String, Vec<u8>)]| -> Vec<String> {
        let found = markers.iter().flat_map(|marker| {
            let held = places.iter().filter(|(_, bytes)| !marker.found_in(bytes).is_empty());
            held.map(|(place, _)| format!("{} in {place}", marker.name))
        });
        found.collect()
    };
    assert_eq!(found(&markers, &merchant), Vec::<String>::new());
    let agent = held(&shop, "agent-server")?;
    let personal = address.map(|(name, value)| Marker::new(name, value));
    assert_eq!(found(&personal, &agent), Vec::<String>::new());
    // Each holds its own, so the markers are right.
    assert!(!found(&personal, &merchant).is_empty());
    assert!(!found(&markers[2..3], &agent).is_empty());
    Ok(())
}

/// All that a server received, answered, stored and logged.
fn held(shop: &Shop, server: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let tap = if server.starts_with("agent") { &shop.agent_tap } else { &shop.merchant_tap };
    let kept = tap.kept();
    let mut held = shop.files(server)?;
    held.push(("received".into(), kept.received.concat()));
    held.push(("answered".into(), kept.answered.concat()));
    held.push(("dump".into(), shop.dump(server)?.into_bytes()));
    Ok(held)
}
