//! The operator's console in a real browser with virtual authenticators (TRUST.md T37): two
//! operators come in by links, move money together by their passkeys, and leave. And axe-core on
//! each page of it, in both languages.

use std::fs;

use anyhow::ensure;
use thirtyfour::prelude::*;
use whole_system::{
    Browser, Result, Shop,
    account::{press, wait_for},
    authenticator::Authenticator,
    browser::Window,
    client::good_form,
};

use crate::accessibility::expect_clean;

/// A market whose agent has an account, where the bank took 9 yen for nothing that we know.
async fn with_a_parked_line() -> Result<Shop> {
    let mut shop = Shop::start().await?;
    let bank = "[bank]\nname = \"W\"\nstatement_account = \"0010011234567\"\n[smtp]";
    shop.change("agent-server/agent.toml", "[smtp]", bank).await?;
    let notice = shop.folder("agent-server").join("notice.xml");
    fs::write(&notice, NOTICE)?;
    let notice = notice.to_str().unwrap_or_default();
    let brought = shop.agent_cli(&["files", "statement", notice, "--json"])?;
    ensure!(brought["parked"] == 1, "{brought}");
    Ok(shop)
}

/// An operator of this role comes in by the link that the command line prints.
async fn come_in(shop: &Shop, browser: &Browser, name: &str, role: &str) -> Result {
    let added = shop.agent_cli(&["operators", "add", name, "--role", role, "--json"])?;
    browser.driver.goto(added["link"].as_str().unwrap_or_default()).await?;
    sign(browser, "return location.pathname === '/console'").await
}

/// Presses the button that asks for the passkey, and waits for what comes of it.
async fn sign(browser: &Browser, until: &str) -> Result {
    wait_for(browser, "return document.getElementById('passkey')?.hidden === false").await?;
    press(browser, "#passkey").await?;
    wait_for(browser, until).await
}

async fn open(shop: &Shop, browser: &Browser, path: &str) -> Result {
    Ok(browser.driver.goto(format!("{}{path}", shop.agent.url)).await?)
}

fn stands(how: &str) -> String {
    format!("return document.querySelector('main').dataset.standing === '{how}'")
}

#[tokio::test]
async fn two_operators_move_money_by_their_passkeys_and_one_alone_does_not() -> Result {
    let shop = with_a_parked_line().await?;
    let (first, second) = (Browser::open().await?, Browser::open().await?);
    let _keys =
        (Authenticator::into_window(&first).await?, Authenticator::into_window(&second).await?);
    come_in(&shop, &first, "hanako", "finance").await?;
    open(&shop, &first, "/console/lines").await?;
    press(&first, "[data-test=line] summary").await?;
    first.find(By::Css("option[value=charge]")).await?.click().await?;
    press(&first, "[data-test=line] button.sub").await?;
    wait_for(&first, &stands("unsigned")).await?;
    let proposal = first.driver.current_url().await?.path().to_owned();
    sign(&first, &stands("waiting")).await?;
    let own = first.driver.find_all(By::Id("passkey")).await?;
    assert!(own.is_empty(), "whoever proposed it is not asked again");
    assert_eq!(shop.agent_cli(&["files", "parked", "--json"])?["parked"][0]["minor"], -9);

    come_in(&shop, &second, "taro", "admin").await?;
    open(&shop, &second, &proposal).await?;
    let page = second.find(By::Css("main")).await?.text().await?;
    assert!(page.contains("−¥9") && page.contains("hanako"), "{page}");
    sign(&second, &stands("done")).await?;
    let parked = shop.agent_cli(&["files", "parked", "--json"])?;
    assert_eq!(parked["parked"].as_array().map(Vec::len), Some(0));

    press(&first, "[name=everywhere]").await?;
    wait_for(&first, "return location.pathname === '/console/sign-in'").await?;
    open(&shop, &first, "/console/lines").await?;
    assert_eq!(first.driver.current_url().await?.path(), "/console/sign-in");
    sign(&first, "return location.pathname === '/console'").await?;
    first.close().await?;
    second.close().await
}

/// A purchase that waits, and one of everything that the pages can show.
async fn every_page(window: Window) -> Result {
    let shop = with_a_parked_line().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("TEAPOT-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    client.submit(&attempt, &grant).await?.expect("a good order");
    shop.post.wait_for(1).await?;
    let purchase = format!("/console/purchases/{}", attempt.purchase);
    let browser = Browser::open_as(window).await?;
    let _keys = Authenticator::into_window(&browser).await?;
    let locale = format!("?locale={}", window.language);
    look(&shop, &browser, &format!("/console/sign-in{locale}")).await?;
    come_in(&shop, &browser, "hanako", "admin").await?;
    for path in PAGES.iter().copied().chain([purchase.as_str()]) {
        look(&shop, &browser, &format!("{path}{locale}")).await?;
    }
    let search = format!("/console/purchases{locale}&q=nonsense");
    look(&shop, &browser, &search).await?;
    open(&shop, &browser, &format!("/console/lines{locale}")).await?;
    press(&browser, "[data-test=line] summary").await?;
    browser.find(By::Css("option[value=charge]")).await?.click().await?;
    press(&browser, "[data-test=line] button.sub").await?;
    wait_for(&browser, &stands("unsigned")).await?;
    expect_clean(&browser, "a proposal to be signed").await?;
    sign(&browser, &stands("waiting")).await?;
    expect_clean(&browser, "a proposal that waits").await?;
    look(&shop, &browser, &format!("/console/proposals{locale}")).await?;
    invite(&shop, &browser, &locale).await?;
    let event = "return document.querySelector('main td a[href*=evt_]').href";
    open(&shop, &browser, &format!("/console/deliveries{locale}")).await?;
    let event: String = browser.script(event).await?;
    browser.driver.goto(event).await?;
    expect_clean(&browser, "a webhook").await?;
    browser.close().await
}

/// Invites somebody by a signature, and sees the link; then looks at a key that is not one.
async fn invite(shop: &Shop, browser: &Browser, locale: &str) -> Result {
    open(shop, browser, &format!("/console/operators{locale}")).await?;
    browser.find(By::Id("name")).await?.send_keys("taro").await?;
    press(browser, "form.find button.sub").await?;
    wait_for(browser, &stands("waiting")).await?;
    let change = browser.driver.current_url().await?;
    let change = format!("{}{locale}", change.path());
    look(shop, browser, &change).await?;
    sign(browser, &stands("done")).await?;
    look(shop, browser, &change).await?;
    let link = browser.find(By::Css("[data-test=link]")).await?.text().await?;
    assert!(link.contains("/console/enrol/"), "{link}");
    open(shop, browser, &format!("/console/merchants/mrc_tea{locale}")).await?;
    press(browser, "[data-test=change-origins] summary").await?;
    browser.find(By::Id("origins")).await?.send_keys("\nnonsense").await?;
    press(browser, "[data-test=change-origins] button").await?;
    wait_for(browser, "return !!document.getElementById('wrong')").await?;
    photograph(browser, "/console/merchants/wrong").await?;
    expect_clean(browser, "an origin that is none").await
}

/// All of a page, also what is folded; it is never wider than its window.
async fn look(shop: &Shop, browser: &Browser, path: &str) -> Result {
    open(shop, browser, path).await?;
    let unfold = "for (const d of document.querySelectorAll('details')) d.open = true; \
                  return document.documentElement.scrollWidth <= innerWidth";
    let fits: bool = browser.script(unfold).await?;
    ensure!(fits, "{path} is wider than its window");
    photograph(browser, path).await?;
    expect_clean(browser, path).await
}

/// Leaves a picture of the page where the environment names a folder: to be looked at.
async fn photograph(browser: &Browser, path: &str) -> Result {
    if let Ok(folder) = std::env::var("WARIFU_PICTURES") {
        let width: u32 = browser.script("return innerWidth").await?;
        let name = path.replace(['/', '?', '='], "_");
        let file = std::path::Path::new(&folder).join(format!("{name}_{width}.png"));
        browser.driver.screenshot(&file).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_page_of_the_console_in_japanese_on_a_telephone() -> Result {
    every_page(Window { width: 360, height: 740, ..Window::default() }).await
}

#[tokio::test]
async fn every_page_of_the_console_in_english_and_dark() -> Result {
    every_page(Window { width: 1280, height: 900, dark: true, language: "en", ..Window::default() })
        .await
}

const PAGES: [&str; 15] = [
    "/console",
    "/console/purchases",
    "/console/merchants",
    "/console/merchants/mrc_tea",
    "/console/contracts",
    "/console/deliveries",
    "/console/letters",
    "/console/settlements",
    "/console/bills",
    "/console/lines",
    "/console/objections",
    "/console/proposals",
    "/console/audit",
    "/console/record",
    "/console/operators",
];

const NOTICE: &str = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\">\
    <BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M-1</MsgId></GrpHdr><Ntfctn><Acct><Id><Othr>\
    <Id>0010011234567</Id></Othr></Id></Acct><Ntry><Amt Ccy=\"JPY\">9</Amt>\
    <CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-12-28</Dt></BookgDt>\
    <AcctSvcrRef>L-1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>FEE</EndToEndId></Refs>\
    </TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>";
