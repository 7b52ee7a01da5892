//! Borrowed windows (¶68, ¶79–80) in a real browser: a seller without a site sells in another's
//! page, its orders wait in a mailbox, and it takes, ships and claims them from a command line. The
//! host learns a number.

use anyhow::Context as _;
use serde_json::Value;
use whole_system::{
    Borrower, Browser, OwnPages, Result, Shop, Widget,
    account::{self, PASSKEY_SHOPPER},
    authenticator::Authenticator,
    browser::Window,
    host::Host,
    server::http,
    widget::GOOD,
};

use crate::accessibility::expect_clean;

/// A host's page with these elements, which keeps all that it is told.
fn page(agent: &str, elements: &[&str]) -> String {
    let kinds = "['ready','screenchange','accepted','failure','cancel','loaderror']";
    let keep = format!(
        "window.told = []; const at = (e) => [...document.querySelectorAll('warifu-checkout')]\
         .indexOf(e.target); for (const kind of {kinds}) document.addEventListener(kind, (e) => \
         told.push({{ at: at(e), kind, detail: e.detail ?? null }}));"
    );
    format!(
        "<!doctype html><html lang=\"ja\"><title>お店</title><script>{keep}</script>\
         <script src=\"{agent}/v1/warifu.js\" async></script>{}",
        elements.concat()
    )
}

async fn told(browser: &Browser) -> Result<Vec<Value>> {
    browser.leave_frames().await?;
    browser.script("return window.told").await
}

const OWN: &str = "<warifu-checkout merchant=\"mrc_tea\" item=\"TEAPOT-01\"></warifu-checkout>";

fn suzuki(shop: &Shop) -> Result<Borrower> {
    Borrower::open(shop, "mrc_suzuki", "お菓子の鈴木", "Suzuki Sweets")
}

/// A seller whose window the host's page shows, by a placement in force.
fn placed(shop: &Shop) -> Result<Borrower> {
    let seller = suzuki(shop)?;
    seller.borrow_window(shop, &shop.host.url)?;
    shop.host.show("", &page(&shop.agent.url, &[&seller.window()]));
    Ok(seller)
}

/// The first window of the host's page, opened anew.
async fn enter<'a>(shop: &Shop, browser: &'a Browser) -> Result<Widget<'a>> {
    browser.driver.goto(&shop.host.url).await?;
    Widget::enter(browser).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_without_a_site_shows_its_picture() -> Result {
    let shop = Shop::start().await?;
    let seller = suzuki(&shop)?;
    let publish = |file: &str| {
        let file = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
        seller.cli(&["offers", "publish", "YOKAN-01", "--picture", &file, "--json"])
    };
    let refused = publish("README.md").expect_err("no picture").to_string();
    assert!(refused.contains("not a PNG, JPEG or WebP picture"), "{refused}");
    publish("docs/demo.png")?;
    seller.borrow_window(&shop, &shop.host.url)?;
    shop.host.show("", &page(&shop.agent.url, &[&seller.window()]));
    let browser = Browser::open().await?;
    let widget = enter(&shop, &browser).await?;
    is_shown(&browser).await.context("by the server")?;
    widget.wait_alive().await?;
    is_shown(&browser).await.context("by the program")?;
    widget.buy().await?;
    browser.close().await
}

/// The picture has come, whole.
async fn is_shown(browser: &Browser) -> Result {
    for _ in 0..600 {
        let wide = "return document.querySelector('img.photo')?.naturalWidth ?? 0";
        if browser.script::<u32>(wide).await? == 980 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("there is no picture")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_without_a_site_sells_in_anothers_page() -> Result {
    let shop = Shop::start().await?;
    let seller = placed(&shop)?;
    let browser = Browser::open().await?;
    let widget = enter(&shop, &browser).await?;
    let number = widget.buy().await?;
    let both = widget.text("header").await?;
    assert!(both.contains("販売：お菓子の鈴木／掲載：山田茶舗"), "{both}");
    let thanks = widget.text("main").await?;
    assert!(thanks.contains("お菓子の鈴木へのご注文をお預かりしました"), "{thanks}");
    assert!(thanks.contains("お受けしない場合、ご注文は取り消され"), "{thanks}");

    let waiting = seller.cli(&["mailbox", "list", "--json"])?;
    assert_eq!(waiting[0]["state"], "waiting", "{waiting}");
    assert_eq!(waiting[0]["handling_number"], number.as_str());
    assert!(!waiting.to_string().contains("山田 花子"), "the list holds nothing personal");
    let read = seller.cli(&["mailbox", "read", &number, "--json"])?;
    assert_eq!(read["contact"]["name"], "山田 花子");
    assert_eq!(read["delivery"]["locality"], "中央区");
    let referral = read["referral"].as_str().context("a referral")?;
    let events = told(&browser).await?;
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap_or("")).collect();
    assert_eq!(kinds, ["ready", "accepted"], "how far the shopper was is nobody's business");
    assert_eq!(events[1]["detail"], serde_json::json!({ "referral": referral }));

    let taken = seller.cli(&["mailbox", "accept", &number, "--json"])?;
    assert_eq!(taken["state"], "accepted", "{taken}");
    let again = seller.cli(&["mailbox", "accept", &number, "--json"])?;
    assert_eq!(again["reference"], taken["reference"], "taken once");
    assert!(seller.cli(&["mailbox", "refuse", &number, "--json"]).is_err(), "and not refused");
    let early = seller.cli(&["mailbox", "ship", &number, "--json"]);
    assert!(early.is_err(), "not before the shopper has confirmed");
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    let form = ("content-type", "application/x-www-form-urlencoded");
    http()?.post(&link).header(form.0, form.1).body("decision=ok").send().await?;
    let shipped = seller.cli(&["mailbox", "ship", &number, "--json"])?;
    assert_eq!((&shipped["standing"], &shipped["claimed"]), (&"claimed".into(), &2400.into()));
    let claims = shop.rows("agent-server", "SELECT COUNT(*) FROM settlement_words")?;
    seller.cli(&["mailbox", "ship", &number, "--json"])?;
    let again = shop.rows("agent-server", "SELECT COUNT(*) FROM settlement_words")?;
    assert_eq!(claims, again, "said again, booked once");
    shop.agent_cli(&["audit", "--json"])?;
    let hosts = shop.merchant_cli(&["orders", "list", "--json"])?;
    assert_eq!(hosts, serde_json::json!([]), "the host has no order of it");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_seller_refuses_is_cancelled_for_good_and_the_shopper_told() -> Result {
    let shop = Shop::start().await?;
    let seller = placed(&shop)?;
    let browser = Browser::open().await?;
    let number = enter(&shop, &browser).await?.buy().await?;
    browser.close().await?;
    let reserved = || shop.rows("agent-server", "SELECT SUM(reserved) FROM contracts");
    assert_eq!(reserved()?, [[serde_json::json!(2400)]]);
    let letters = shop.post.letters()?.len();
    let refuse = ["mailbox", "refuse", &number, "--sold-out", "--json"];
    assert_eq!(seller.cli(&refuse)?["state"], "refused");
    assert_eq!(reserved()?, [[serde_json::json!(0)]], "the credit is free");
    let told = shop.post.wait_for(letters + 1).await?.text();
    assert!(told.contains("お菓子の鈴木がご注文をお受けできませんでした"), "{told}");
    assert!(told.contains("お金は動いていません") && !told.contains("/confirm/"), "{told}");
    assert_eq!(seller.cli(&refuse)?["state"], "refused", "the same again is the same");
    assert!(seller.cli(&["mailbox", "accept", &number, "--json"]).is_err(), "for good");
    assert!(seller.cli(&["mailbox", "ship", &number, "--json"]).is_err());
    assert_eq!(shop.post.letters()?.len(), letters + 1, "told once");
    assert_eq!(shop.agent_cli(&["audit", "--json"])?["findings"], serde_json::json!([]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_placement_in_force_the_page_says_why_and_nothing_is_sold() -> Result {
    let shop = Shop::start().await?;
    let seller = suzuki(&shop)?;
    shop.host.show("", &page(&shop.agent.url, &[&seller.window()]));
    let browser = Browser::open().await?;
    let why = async |url: &str| -> Result<String> {
        browser.leave_frames().await?;
        browser.driver.goto(url).await?;
        let widget = Widget::enter(&browser).await?;
        for _ in 0..600 {
            let text = widget.text("body").await.unwrap_or_default();
            if !text.is_empty() {
                return Ok(text);
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        anyhow::bail!("the window stays empty")
    };
    let missing = why(&shop.host.url).await?;
    assert!(missing.contains("このページに置く取り決めがありません"), "{missing}");

    // Another of the host's own origins, which was not agreed on.
    let elsewhere = Host::start().await?;
    elsewhere.show("", &page(&shop.agent.url, &[&seller.window()]));
    shop.agent_cli(&["merchants", "origins", "mrc_tea", "--add", &elsewhere.url, "--json"])?;
    let digest = seller.borrow_window(&shop, &shop.host.url)?;
    browser.leave_frames().await?;
    browser.driver.goto(&elsewhere.url).await?;
    for _ in 0..600 {
        if told(&browser).await?.iter().any(|event| event["detail"]["reason"] == "origin") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let events = told(&browser).await?;
    assert_eq!(events[0]["kind"], "loaderror", "{events:?}");
    assert_eq!(events[0]["detail"]["reason"], "origin");

    // Where it was agreed on, until the host ends it under the shopper's hands.
    let widget = enter(&shop, &browser).await?;
    widget.go_to_final_check().await?;
    shop.merchant_cli(&["placements", "end", &digest, "--json"])?;
    widget.press("place-order").await?;
    widget.wait_for("failure").await?;
    let code = widget.attribute("[data-test=problem]", "data-code").await?;
    assert_eq!(code.as_deref(), Some("placement_revoked"));
    let money = widget.text("[data-test=money-moved]").await?;
    assert!(money.contains("お金は動いていません"), "{money}");
    let revoked = why(&shop.host.url).await?;
    assert!(revoked.contains("取り決めは取り消されました"), "{revoked}");
    let sold = shop.rows("agent-server", "SELECT COUNT(*) FROM purchases")?;
    assert_eq!(sold[0][0], 0, "nothing was asked for");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placement_that_is_over_sells_nothing_in_windows_open_and_new() -> Result {
    let shop = Shop::start().await?;
    let seller = suzuki(&shop)?;
    seller.borrow_window_for(&shop, &shop.host.url, 1)?;
    shop.host.show("", &page(&shop.agent.url, &[&seller.window()]));
    let (left_alone, browser) = (Browser::open().await?, Browser::open().await?);
    for browser in [&left_alone, &browser] {
        enter(&shop, browser).await?.go_to_final_check().await?;
    }
    shop.advance(25 * 3600).await?;
    let is_over = async |widget: &Widget<'_>| -> Result {
        widget.wait_for("failure").await?;
        let why = widget.attribute("[data-test=problem]", "data-code").await?;
        assert_eq!(why.as_deref(), Some("placement_expired"));
        assert!(widget.text("[data-test=problem]").await?.contains("取り決めの期間ではありません"));
        let moved = widget.attribute("[data-test=money-moved]", "data-moved").await?;
        assert_eq!(moved.as_deref(), Some("false"));
        for button in ["order", "place-order", "pay-with-passkey"] {
            assert_eq!(widget.count(&format!("[data-test={button}]")).await?, 0, "{button}");
        }
        Ok(())
    };
    // The last button asks whether it still stands.
    let widget = Widget::enter(&browser).await?;
    widget.press("place-order").await?;
    is_over(&widget).await?;
    if widget.count("[data-test=retry]").await? == 1 {
        widget.press("retry").await?;
        widget.wait_for("final-check").await.ok();
        if widget.count("[data-test=place-order]").await? == 1 {
            widget.press("place-order").await?;
        }
        is_over(&widget).await?;
    }
    // One that nobody touches asks by itself.
    let widget = Widget::enter(&left_alone).await?;
    crate::marks::later(&left_alone, 50).await?;
    is_over(&widget).await?;
    // One that is opened now never begins.
    browser.leave_frames().await?;
    is_over(&enter(&shop, &browser).await?).await?;
    assert_eq!(shop.rows("agent-server", "SELECT COUNT(*) FROM purchases")?[0][0], 0);
    left_alone.close().await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_of_two_sellers_beside_the_hosts_own_widget_do_not_mix() -> Result {
    let shop = Shop::start().await?;
    let one = suzuki(&shop)?;
    let other = Borrower::open(&shop, "mrc_tanaka", "田中製菓", "Tanaka Sweets")?;
    for seller in [&one, &other] {
        seller.borrow_window(&shop, &shop.host.url)?;
    }
    let elements = [one.window(), OWN.into(), other.window()];
    shop.host.show("", &page(&shop.agent.url, &elements.each_ref().map(String::as_str)));
    let browser = Browser::at(&shop.host.url).await?;
    let widgets = [
        Widget::enter_nth(&browser, 0).await?,
        Widget::enter_nth(&browser, 1).await?,
        Widget::enter_nth(&browser, 2).await?,
    ];
    widgets[0].focus_frame().await?;
    let first = widgets[0].buy().await?;
    for (at, name) in [(1, "山田茶舗"), (2, "販売：田中製菓／掲載：山田茶舗")] {
        widgets[at].focus_frame().await?;
        assert_eq!(widgets[at].screen().await?, "product", "{name} stays where it was");
        assert!(widgets[at].text("header").await?.contains(name));
    }
    widgets[1].focus_frame().await?;
    let own = widgets[1].buy().await?;
    widgets[2].focus_frame().await?;
    assert_eq!(widgets[2].screen().await?, "product");
    widgets[0].focus_frame().await?;
    assert_eq!(widgets[0].screen().await?, "thanks");
    assert_ne!(first, own);
    let accepted: Vec<_> =
        told(&browser).await?.into_iter().filter(|event| event["kind"] == "accepted").collect();
    assert_eq!(accepted.len(), 2, "{accepted:?}");
    assert_eq!((&accepted[0]["at"], &accepted[1]["at"]), (&0.into(), &1.into()));
    assert!(accepted[1]["detail"]["orderId"].is_string(), "the host's own order is its own");
    let orders = shop.merchant_cli(&["orders", "list", "--json"])?;
    assert_eq!(orders.as_array().map(Vec::len), Some(1));
    assert_eq!(one.cli(&["mailbox", "list", "--json"])?.as_array().map(Vec::len), Some(1));
    assert_eq!(other.cli(&["mailbox", "list", "--json"])?, serde_json::json!([]));
    let stranger = other.cli(&["mailbox", "read", &first, "--json"]);
    assert!(stranger.is_err(), "another seller's order is not there");

    // The first seller says nothing: what is agreed with the shop is confirmed, this is not.
    let letters = shop.post.letters()?.len().max(1);
    shop.advance(49 * 3600).await?;
    let letter = shop.post.wait_for(letters + 1).await?;
    assert!(letter.text().contains("お菓子の鈴木が期限までに"), "{}", letter.text());
    let late = one.cli(&["mailbox", "accept", &first, "--json"]);
    assert!(late.is_err(), "too late");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_pays_in_a_borrowed_window() -> Result {
    let shop = Shop::start().await?;
    let seller = placed(&shop)?;
    let browser = Browser::open().await?;
    let authenticator = Authenticator::into_window(&browser).await?;
    account::sign_in(&shop, &browser, PASSKEY_SHOPPER).await?;
    account::register_passkey(&shop, &browser).await?;
    assert_eq!(authenticator.passkeys().await?.len(), 1);
    browser.leave_frames().await?;
    let widget = enter(&shop, &browser).await?;
    widget.go_to_details().await?;
    for (name, value) in GOOD.iter().filter(|(name, _)| !name.starts_with("payment.")) {
        widget.fill(name, value).await?;
    }
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("pay-with-passkey").await?;
    widget.wait_for("thanks").await?;
    let number = widget.text("[data-test=\"handling-number\"]").await?;
    let taken = seller.cli(&["mailbox", "accept", &number, "--json"])?;
    assert_eq!(taken["state"], "confirmed", "a passkey leaves nothing to ask: {taken}");
    let shipped = seller.cli(&["mailbox", "ship", &number, "--no-claim", "--json"])?;
    assert_eq!(shipped["standing"], "unclaimed");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_contract_gets_one_without_leaving_the_window() -> Result {
    let shop = Shop::start().await?;
    placed(&shop)?;
    let browser = Browser::open().await?;
    let widget = enter(&shop, &browser).await?;
    widget.go_to_details().await?;
    widget.press("enrol").await?;
    widget.find("[data-test=\"enrolment\"]").await?.enter_frame().await?;
    OwnPages::new(&shop, &browser).finish_enrolment("new@contracts.example", "73920175").await?;
    widget.focus_frame().await?;
    for _ in 0..600 {
        if !widget.value("payment.contract_number").await?.is_empty() {
            return browser.close().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the new number is not in the form")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_of_a_window_is_accessible() -> Result {
    let shop = Shop::start().await?;
    placed(&shop)?;
    let dark = Window { dark: true, language: "en", ..Window::default() };
    for window in [Window::default(), dark] {
        let browser = Browser::open_as(window).await?;
        let widget = enter(&shop, &browser).await?;
        widget.wait_alive().await?;
        widget.press("mark").await?;
        expect_clean(&browser, "product with the Mark's panel").await?;
        widget.press("mark").await?;
        widget.buy().await?;
        expect_clean(&browser, "thanks").await?;
        browser.close().await?;
    }
    Ok(())
}
