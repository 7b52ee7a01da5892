//! What a purchase asks of the shopper's hand, counted in a real browser: the table in the README.
//! Nothing is filled in by the browser, and only what must be filled in is typed. The prompt of a
//! passkey is the browser's own; its one gesture is counted apart.

use whole_system::{
    Browser, Result, Shop, Widget,
    account::{self, PASSKEY_SHOPPER, send},
    authenticator::Authenticator,
    effort::Effort,
    merchant::POTTERY,
    widget::GOOD,
};

/// What is asked of somebody who gives no more than they must.
const OPTIONAL: [&str; 2] = ["contact.kana", "delivery.line2"];

/// From a shop's page to the end of the form, with or without contract number and code.
async fn type_form<'a>(browser: &'a Browser, page: &str, payment: bool) -> Result<Widget<'a>> {
    browser.leave_frames().await?;
    browser.driver.goto(page).await?;
    let widget = Widget::enter(browser).await?;
    Effort::watch(browser).await?;
    widget.go_to_details().await?;
    for (name, value) in GOOD.iter().filter(|(name, _)| !OPTIONAL.contains(name)) {
        if payment || !name.starts_with("payment.") {
            widget.fill(name, value).await?;
        }
    }
    Ok(widget)
}

async fn finish(widget: &Widget<'_>, button: &str) -> Result {
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press(button).await?;
    widget.wait_for("thanks").await
}

/// Opens the letter's link and approves; what that took.
async fn approve_by_mail(shop: &Shop, browser: &Browser, letters: usize) -> Result<Effort> {
    let link = shop.post.wait_for(letters).await?.confirm_link()?;
    browser.leave_frames().await?;
    browser.driver.goto(&link).await?;
    Effort::watch(browser).await?;
    account::press(browser, "button[name=decision][value=ok]").await?;
    account::wait_for(browser, "return !document.querySelector('[name=decision]')").await?;
    Effort::so_far(browser).await
}

/// Fields, presses in the frame, presses on the page from the mail.
fn counts(frame: &Effort, mail: &Effort) -> (usize, usize, usize) {
    assert_eq!(mail.fields, [""; 0]);
    (frame.fields.len(), frame.presses.len(), mail.presses.len())
}

#[tokio::test]
async fn a_first_purchase_with_a_contract_by_mail() -> Result {
    let (shop, browser) = (Shop::start().await?, Browser::open().await?);
    let widget = type_form(&browser, &shop.merchant.url, true).await?;
    finish(&widget, "place-order").await?;
    let frame = Effort::so_far(&browser).await?;
    let mail = approve_by_mail(&shop, &browser, 1).await?;
    assert_eq!(counts(&frame, &mail), (9, 3, 1), "{frame:?} {mail:?}");
    assert_eq!(payment_fields(&frame), 2, "contract number and code");
    browser.close().await
}

#[tokio::test]
async fn a_second_purchase_at_another_shop_by_passkey() -> Result {
    let (shop, browser) = (Shop::start().await?, Browser::open().await?);
    let _authenticator = Authenticator::into_window(&browser).await?;
    account::sign_in(&shop, &browser, PASSKEY_SHOPPER).await?;
    account::register_passkey(&shop, &browser).await?;
    let pottery = shop.open_beside(&POTTERY).await?;
    pottery.host.show_widget_of(POTTERY.id, &shop.agent.url, "");
    let letters = shop.post.letters()?.len();
    let widget = type_form(&browser, &pottery.host.url, false).await?;
    finish(&widget, "pay-with-passkey").await?;
    let frame = Effort::so_far(&browser).await?;
    let receipt = shop.post.wait_for(letters + 1).await?;
    assert!(receipt.confirm_link().is_err(), "nothing to open");
    assert_eq!(counts(&frame, &Effort::default()), (7, 3, 0), "{frame:?}");
    assert_eq!(payment_fields(&frame), 0, "no contract number, no code");
    browser.close().await
}

#[tokio::test]
async fn a_first_purchase_that_begins_without_a_contract() -> Result {
    let (shop, browser) = (Shop::start().await?, Browser::open().await?);
    let widget = type_form(&browser, &shop.merchant.url, false).await?;
    widget.press("enrol").await?;
    enrol(&shop, &browser, &widget).await?;
    widget.focus_frame().await?;
    let filled = "return document.querySelector('[name=\"payment.contract_number\"]').value !== ''";
    account::wait_for(&browser, filled).await?;
    widget.fill("payment.code", "739182").await?;
    finish(&widget, "place-order").await?;
    let frame = Effort::so_far(&browser).await?;
    let mail = approve_by_mail(&shop, &browser, 2).await?;
    assert_eq!(counts(&frame, &mail), (11, 8, 1), "{frame:?} {mail:?}");
    assert_eq!(payment_fields(&frame), 4, "address, mailed code, code chosen, code used");
    browser.close().await
}

#[tokio::test]
async fn registering_a_passkey_once() -> Result {
    let (shop, browser) = (Shop::start().await?, Browser::open().await?);
    let _authenticator = Authenticator::into_window(&browser).await?;
    browser.driver.goto(format!("{}/sign-in", shop.agent.url)).await?;
    Effort::watch(&browser).await?;
    send(&browser, "email", PASSKEY_SHOPPER).await?;
    account::wait_for(&browser, "return !!document.getElementById('code')").await?;
    Effort::watch(&browser).await?;
    send(&browser, "code", &shop.post.wait_for(1).await?.code()?).await?;
    account::wait_for(&browser, "return location.pathname === '/me'").await?;
    Effort::watch(&browser).await?;
    account::press(&browser, "a[href^='/me/passkeys']").await?;
    account::wait_for(&browser, "return !!document.getElementById('passkey')").await?;
    Effort::watch(&browser).await?;
    account::press(&browser, "#passkey").await?;
    account::wait_for(&browser, "return !!document.querySelector('[data-test=passkey]')").await?;
    let effort = Effort::so_far(&browser).await?;
    assert_eq!((effort.fields.len(), effort.presses.len()), (2, 4), "{effort:?}");
    browser.close().await
}

/// The agent's pages in the frame inside the frame.
async fn enrol(shop: &Shop, browser: &Browser, widget: &Widget<'_>) -> Result {
    widget.find("[data-test=\"enrolment\"]").await?.enter_frame().await?;
    widget.wait_for("enrol").await?;
    Effort::watch(browser).await?;
    send(browser, "email", "newcomer@example.jp").await?;
    widget.wait_for("code").await?;
    Effort::watch(browser).await?;
    send(browser, "code", &shop.post.wait_for(1).await?.code()?).await?;
    widget.wait_for("choose").await?;
    Effort::watch(browser).await?;
    account::press(browser, "#accept").await?;
    send(browser, "code", "739182").await
}

/// Those that have to do with paying, not with delivery.
fn payment_fields(effort: &Effort) -> usize {
    let delivery = |field: &&String| field.contains(" contact.") || field.contains(" delivery.");
    effort.fields.len() - effort.fields.iter().filter(delivery).count()
}
