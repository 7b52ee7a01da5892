//! Passkeys in a real browser with a virtual authenticator (TRUST.md T32): one is registered once,
//! then pays in the agent's frame on any shop's page; what is not the shopper's own word, given
//! there and then, pays nothing.

use std::time::Duration;

use anyhow::{bail, ensure};
use serde_json::{Value, json};
use shared_protocol::{Challenge, Offer, Problem, PurchaseId, Signed};
use thirtyfour::{WindowHandle, prelude::*};
use whole_system::{
    Browser, Client, Result, Shop, Widget,
    account::{self, PASSKEY_SHOPPER},
    authenticator::{Authenticator, ask_here},
    client::{Attempt, form_by_passkey},
    host::Host,
    merchant::POTTERY,
    randomness::Entropy,
    widget::GOOD,
};

/// A market, and a window whose authenticator holds the shopper's passkey.
async fn begin(browser: &Browser) -> Result<(Shop, Authenticator<'_>)> {
    let shop = Shop::start().await?;
    let authenticator = Authenticator::into_window(browser).await?;
    account::sign_in(&shop, browser, PASSKEY_SHOPPER).await?;
    account::register_passkey(&shop, browser).await?;
    ensure!(authenticator.passkeys().await?.len() == 1, "one passkey was made");
    Ok((shop, authenticator))
}

/// From the shop's page to the final check, with contract number and code left empty.
async fn fill<'a>(browser: &'a Browser, page: &str) -> Result<Widget<'a>> {
    browser.leave_frames().await?;
    browser.driver.goto(page).await?;
    let widget = Widget::enter(browser).await?;
    widget.go_to_details().await?;
    for (name, value) in GOOD.iter().filter(|(name, _)| !name.starts_with("payment.")) {
        widget.fill(name, value).await?;
    }
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    assert_eq!(widget.count("[data-test=place-order]").await?, 0, "a passkey is the only way");
    Ok(widget)
}

async fn pay(browser: &Browser, page: &str) -> Result<String> {
    let widget = fill(browser, page).await?;
    widget.press("pay-with-passkey").await?;
    widget.wait_for("thanks").await?;
    let said = widget.text("main").await?;
    assert!(said.contains("ご注文が成立しました"), "nothing is left to be done: {said}");
    let receipt = widget.find("main table").await?.prop("textContent").await?.unwrap_or_default();
    let (number, passkey) = ("契約番号・認証コード", "パスキーの署名");
    assert!(receipt.contains(passkey) && !receipt.contains(number), "what was sent: {receipt}");
    widget.text("[data-test=\"handling-number\"]").await
}

/// What the failure screen says, which must be that nothing was charged.
async fn failed(widget: &Widget<'_>) -> Result<Option<String>> {
    widget.wait_for("failure").await?;
    let moved = widget.attribute("[data-test=money-moved]", "data-moved").await?;
    assert_eq!(moved.as_deref(), Some("false"));
    widget.attribute("[data-test=problem]", "data-code").await
}

/// A purchase without a screen, ready for a passkey's word.
struct Prepared {
    client: Client,
    attempt: Attempt,
    words: (Signed<Offer>, Signed<Challenge>),
}

impl Prepared {
    async fn at(agent: &str, merchant: &str, id: &str) -> Result<Self> {
        let client = Client::meet(agent, merchant, id).await?;
        let offer = client.offer("TEAPOT-01").await?;
        let challenge = client.challenge(PurchaseId::random(&mut Entropy::new())).await?;
        let challenge = challenge.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        let attempt = client.prepare_with(form_by_passkey(), &offer, &challenge)?;
        Ok(Self { client, attempt, words: (offer, challenge) })
    }

    /// Has the page or frame that the browser is in now ask for the passkey, and sends what it
    /// says. The problem, if it is refused.
    async fn signed_here(&self, browser: &Browser) -> Result<Option<Problem>> {
        let challenge = self.attempt.sealed.passkey_challenge();
        let said = ask_here(browser, challenge.as_bytes()).await?;
        let (offer, challenge) = &self.words;
        let attempt = self.attempt.clone();
        let attempt = self.client.with_passkey(attempt, offer, challenge, &said)?;
        Ok(self.client.grant(&attempt).await?.err().map(|refused| refused.problem))
    }
}

/// Waits until every order of a shop, of which there are so many, is confirmed.
async fn all_confirmed(orders: impl Fn() -> Result<Value>, count: usize) -> Result {
    let mut seen = Value::Null;
    for _ in 0..300 {
        seen = orders()?;
        let list = seen.as_array().map(Vec::as_slice).unwrap_or_default();
        if list.len() == count && list.iter().all(|order| order["state"] == "confirmed") {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("not {count} confirmed orders: {seen}")
}

#[tokio::test]
async fn one_passkey_pays_in_the_frame_of_two_shops() -> Result {
    let browser = Browser::open().await?;
    let (shop, _authenticator) = begin(&browser).await?;
    let pottery = shop.open_beside(&POTTERY).await?;
    pottery.host.show_widget_of(POTTERY.id, &shop.agent.url, "");
    let before = shop.post.letters()?.len();
    let first = pay(&browser, &shop.merchant.url).await?;
    let second = pay(&browser, &pottery.host.url).await?;
    for (count, number) in [(1, first), (2, second)] {
        let letter = shop.post.wait_for(before + count).await?;
        assert!(letter.text().contains(&number), "{}", letter.text());
        assert!(letter.confirm_link().is_err(), "a receipt asks nothing: {}", letter.text());
    }
    all_confirmed(|| shop.merchant_cli(&LIST), 1).await?;
    all_confirmed(|| pottery.cli(&LIST), 1).await?;
    browser.close().await
}

#[tokio::test]
async fn a_copied_passkey_is_noticed_and_buys_nothing() -> Result {
    let browser = Browser::open().await?;
    let (shop, authenticator) = begin(&browser).await?;
    let copy = authenticator.passkeys().await?.remove(0);
    pay(&browser, &shop.merchant.url).await?;
    pay(&browser, &shop.merchant.url).await?;
    // The thief's device still counts from where the copy was made.
    authenticator.hold_only(&copy).await?;
    let widget = fill(&browser, &shop.merchant.url).await?;
    widget.press("pay-with-passkey").await?;
    assert_eq!(failed(&widget).await?.as_deref(), Some(Problem::PasskeyCloned.code()));
    all_confirmed(|| shop.merchant_cli(&LIST), 2).await?;
    browser.close().await
}

#[tokio::test]
async fn what_was_signed_elsewhere_pays_nothing() -> Result {
    let browser = Browser::open().await?;
    let (shop, _authenticator) = begin(&browser).await?;
    let pottery = shop.open_beside(&POTTERY).await?;
    pottery.host.show_widget_of(POTTERY.id, &shop.agent.url, "");
    let prepared = Prepared::at(&shop.agent.url, &shop.merchant.url, "mrc_tea").await?;

    // Another port of the agent's own host: the browser asks, the agent sees whose page it was.
    let other = Host::start().await?;
    let frame = format!("{}/v1/frame?merchant=mrc_tea&item=TEAPOT-01", shop.agent.url);
    let allow = "allow=\"publickey-credentials-get\"";
    other.show("", &format!("<!doctype html><title>x</title><iframe {allow} src=\"{frame}\">"));
    browser.driver.goto(other.url.replace("127.0.0.1", "localhost")).await?;
    let told = prepared.signed_here(&browser).await?;
    assert_eq!(told, Some(Problem::PasskeyInvalid), "on a page of another origin");

    // Another host: the browser does not even ask.
    browser.driver.goto(&other.url).await?;
    let told = prepared.signed_here(&browser).await;
    let told = told.expect_err("the browser asked for a passkey of another host").to_string();
    assert!(told.contains("invalid domain"), "{told}");
    // Nor is the agent's form framed there, as nobody registered that host.
    browser.driver.enter_frame(0).await?;
    assert!(browser.driver.find(By::Css("form")).await.is_err());

    // The agent's frame, but in the page of another shop than the one that is to be paid.
    browser.leave_frames().await?;
    browser.driver.goto(&pottery.host.url).await?;
    Widget::enter(&browser).await?.wait_alive().await?;
    let told = prepared.signed_here(&browser).await?;
    assert_eq!(told, Some(Problem::PasskeyInvalid), "in a page of another shop");

    // All else was right: in its own shop's page the same purchase is granted.
    browser.leave_frames().await?;
    browser.driver.goto(&shop.merchant.url).await?;
    Widget::enter(&browser).await?.wait_alive().await?;
    assert_eq!(prepared.signed_here(&browser).await?, None);
    browser.close().await
}

#[tokio::test]
async fn somebody_elses_finger_is_refused_kindly_and_signs_nobody_in() -> Result {
    let browser = Browser::open().await?;
    let (shop, authenticator) = begin(&browser).await?;
    authenticator.knows_its_owner(false).await?;
    let widget = fill(&browser, &shop.merchant.url).await?;
    widget.press("pay-with-passkey").await?;
    assert_eq!(failed(&widget).await?.as_deref(), Some(Problem::PasskeyInvalid.code()));
    browser.leave_frames().await?;
    browser.driver.goto(format!("{}/sign-in/passkey", shop.agent.url)).await?;
    browser.driver.delete_all_cookies().await?;
    account::press(&browser, "#passkey").await?;
    account::wait_for(&browser, "return !document.getElementById('said').hidden").await?;
    let said = browser.find(By::Id("said")).await?.text().await?;
    assert!(said.contains("もう一度お試しいただけます"), "{said}");
    browser.driver.goto(format!("{}/me", shop.agent.url)).await?;
    assert!(browser.driver.current_url().await?.path().starts_with("/sign-in"));
    browser.close().await
}

#[tokio::test]
async fn who_does_not_answer_the_prompt_is_told_and_can_try_again() -> Result {
    let browser = Browser::open().await?;
    let (shop, authenticator) = begin(&browser).await?;
    let widget = fill(&browser, &shop.merchant.url).await?;
    // The browser gives up for the shopper, after two seconds in place of five minutes; to the page
    // that is the same as if they had closed its prompt (§14.6).
    let impatient = "const get = CredentialsContainer.prototype.get; \
        CredentialsContainer.prototype.get = function (options) { \
            options.publicKey.timeout = 2000; return get.call(this, options); };";
    browser.driver.execute(impatient, Vec::new()).await?;
    authenticator.is_answered(false).await?;
    widget.press("pay-with-passkey").await?;
    assert_eq!(failed(&widget).await?.as_deref(), Some(Problem::PasskeyInvalid.code()));
    assert_eq!(shop.merchant_cli(&LIST)?, json!([]));
    authenticator.is_answered(true).await?;
    widget.press("back").await?;
    widget.wait_for("details").await?;
    assert_eq!(widget.value("contact.name").await?, "山田 花子", "nothing typed is lost");
    assert_eq!(widget.value("delivery.line1").await?, "銀座1-2-3");
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("pay-with-passkey").await?;
    widget.wait_for("thanks").await?;
    all_confirmed(|| shop.merchant_cli(&LIST), 1).await?;
    browser.close().await
}

#[tokio::test]
async fn where_the_shops_page_forbids_it_a_window_of_the_agents_asks() -> Result {
    let browser = Browser::open().await?;
    let (shop, authenticator) = begin(&browser).await?;
    let passkey = authenticator.passkeys().await?.remove(0);
    let forbids = "Permissions-Policy: publickey-credentials-get=()\r\n";
    shop.host.show_widget_of("mrc_tea", &shop.agent.url, forbids);
    let widget = fill(&browser, &shop.host.url).await?;
    let page = browser.driver.window().await?;

    widget.press("pay-with-passkey").await?;
    to_pop_up(&browser, &page).await?;
    let what = browser.find(By::Id("what")).await?.text().await?;
    assert!(what.contains("3,850") && what.contains("山田茶舗"), "{what}");
    // The shopper closes it.
    browser.driver.close_window().await?;
    browser.driver.switch_to_window(page.clone()).await?;
    widget.focus_frame().await?;
    assert_eq!(failed(&widget).await?.as_deref(), Some(Problem::PasskeyInvalid.code()));

    widget.press("retry").await?;
    widget.wait_for("final-check").await?;
    widget.press("pay-with-passkey").await?;
    to_pop_up(&browser, &page).await?;
    // A virtual authenticator belongs to one window, so the same passkey goes into this one too,
    // which must then ask again.
    Authenticator::into_window(&browser).await?.hold_only(&passkey).await?;
    browser.driver.refresh().await?;
    for _ in 0..600 {
        if browser.driver.windows().await?.len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    browser.driver.switch_to_window(page).await?;
    widget.focus_frame().await?;
    widget.wait_for("thanks").await?;
    all_confirmed(|| shop.merchant_cli(&LIST), 1).await?;
    browser.close().await
}

/// Into the window that has opened beside this one, once it knows what it is for.
async fn to_pop_up(browser: &Browser, page: &WindowHandle) -> Result {
    for _ in 0..600 {
        let windows = browser.driver.windows().await?;
        if let Some(other) = windows.into_iter().find(|window| window != page) {
            browser.driver.switch_to_window(other).await?;
            return account::wait_for(browser, "return what.textContent !== ''").await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("no window opened")
}

#[tokio::test]
async fn the_passkey_signs_in_without_an_address() -> Result {
    let browser = Browser::open().await?;
    let (shop, _authenticator) = begin(&browser).await?;
    browser.driver.delete_all_cookies().await?;
    browser.driver.goto(format!("{}/me", shop.agent.url)).await?;
    assert!(browser.driver.current_url().await?.path().starts_with("/sign-in"));
    account::wait_for(&browser, "return document.querySelector('#passkey')?.hidden === false")
        .await?;
    account::press(&browser, "#passkey").await?;
    account::wait_for(&browser, "return location.pathname === '/me'").await?;
    let page = browser.find(By::Css("main")).await?.text().await?;
    assert!(page.contains("09"), "the contract that ends in 09: {page}");
    browser.close().await
}

const LIST: [&str; 3] = ["orders", "list", "--json"];
