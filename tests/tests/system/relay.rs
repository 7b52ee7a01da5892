//! Relay (Fig 1) and merged (¶34) in a real browser: what concerns a purchase goes through the
//! merchant's site, sealed; the relay learns sizes, the agent no address, the shop no reason.

use std::collections::BTreeSet;

use shared_protocol::{Problem, RELAYED_SIZES};
use whole_system::{
    Browser, Result, Shop, Widget, account,
    account::PASSKEY_SHOPPER,
    authenticator::Authenticator,
    relay::{Relay, heads, sizes, wire},
    shop::Start,
    widget::GOOD,
};

use crate::leak::{self, Marked, search};

const REQUEST: &str = "application/vnd.warifu.relayed-request";
const REPLY: &str = "application/vnd.warifu.relayed-reply";
const LIST: [&str; 3] = ["orders", "list", "--json"];

/// TRUST.md T13, and the configuration's own visibility table (DESIGN.md §1).
#[tokio::test]
async fn a_relay_learns_sizes_and_the_agent_no_address() -> Result {
    let shop = Shop::start_as(Start::Plain).await?;
    let relay = Relay::open(&shop, false).await?;
    let (contract, code) = leak::contract(&shop)?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::open().await?;
    let marked: Vec<_> = (0..3).map(|_| Marked::new(&contract, &code)).collect();
    leak::accepted(&shop, &browser, &marked[0]).await?;
    leak::corrected(&shop, &browser, &marked[1]).await?;
    leak::failed(&shop, &browser, &marked[2]).await?;
    let widget_says = Widget::enter(&browser).await?;
    let shown = widget_says.attribute("[data-test=problem]", "data-code").await?;
    assert_eq!(shown.as_deref(), Some("contract_suspended"), "the shopper learns why");

    // The relay: nothing of either half on the wire, in its folder, its log or its memory.
    let kept = relay.tap.kept();
    let mut seen = shop.files("relay-server")?;
    seen.extend(wire(&kept));
    seen.push(("memory".into(), relay.memory()?));
    let reason = whole_system::leak::Marker::new("reason", Problem::ContractSuspended.code());
    let (mut found, mut markers) = (Vec::new(), vec![reason]);
    for one in &marked {
        markers.extend(one.delivery());
        markers.extend(one.payment());
    }
    search(&mut found, "relay", &seen, &markers);
    assert!(found.is_empty(), "leaks:\n{}", found.join("\n"));
    let (up, down) = (sizes(&kept.received, REQUEST), sizes(&kept.answered, REPLY));
    assert!((1..=3).contains(&up.len()) && (1..=3).contains(&down.len()), "{up:?} {down:?}");
    let class = |size: &usize| RELAYED_SIZES.into_iter().rfind(|class| size >= class);
    let classes: BTreeSet<_> = up.iter().chain(&down).map(class).collect();
    assert!(!classes.contains(&None) && classes.len() <= 4, "{up:?} {down:?}");

    // The agent: nothing that concerns a purchase but from the relay, and of that only this.
    let heads = heads(&shop.agent_tap.kept().received);
    for word in ["/v1/challenges", "/grant", "/acceptance", "/v1/plans", "/qr/"] {
        let direct = heads.iter().filter(|head| !head.starts_with("GET /v1/frame"));
        let direct = direct.filter(|head| head.lines().next().is_some_and(|l| l.contains(word)));
        // The merchant's server tells its Acceptance itself, as in every configuration.
        let mut browsers = direct.filter(|head| head.to_lowercase().contains("user-agent"));
        assert_eq!(browsers.next(), None, "{word}");
    }
    let relayed: Vec<_> = heads.iter().filter(|h| h.starts_with("POST /v1/relayed ")).collect();
    assert!(relayed.len() >= 3 * 3, "only {}", relayed.len());
    for head in relayed {
        for line in head.lines().skip(1) {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            let known = ["content-type", "content-length", "accept", "host"];
            assert!(known.contains(&name.as_str()), "the relay hands on {line}");
        }
    }
    let agent = shop.everything("agent-server")?;
    let merchant = shop.everything("merchant-server")?;
    let mut found = Vec::new();
    for one in &marked {
        search(&mut found, "agent", &agent, &one.delivery());
        search(&mut found, "merchant", &merchant, &one.payment());
    }
    search(&mut found, "merchant", &merchant, &markers[..1]);
    assert!(found.is_empty(), "leaks:\n{}", found.join("\n"));
    leak::they_do_hold_their_own(&agent, &merchant, &marked[0]);
    browser.close().await
}

async fn widget_at<'a>(browser: &'a Browser, page: &str) -> Result<Widget<'a>> {
    browser.leave_frames().await?;
    browser.driver.goto(page).await?;
    Widget::enter(browser).await
}

fn orders(shop: &Shop) -> Result<usize> {
    Ok(shop.merchant_cli(&LIST)?.as_array().map_or(0, Vec::len))
}

#[tokio::test]
async fn merged_in_the_shops_server_number_and_passkey_buy() -> Result {
    let mut shop = Shop::start().await?;
    shop.merge_relay(false).await?;
    let browser = Browser::open().await?;
    let _authenticator = Authenticator::into_window(&browser).await?;
    account::sign_in(&shop, &browser, PASSKEY_SHOPPER).await?;
    account::register_passkey(&shop, &browser).await?;

    let widget = widget_at(&browser, &shop.merchant.url).await?;
    widget.go_to_details().await?;
    for (name, value) in GOOD.iter().filter(|(name, _)| !name.starts_with("payment.")) {
        widget.fill(name, value).await?;
    }
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("pay-with-passkey").await?;
    widget.wait_for("thanks").await?;
    assert!(widget.text("main").await?.contains("ご注文が成立しました"));

    let widget = widget_at(&browser, &shop.merchant.url).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.plan", "times-3").await?;
    // Nobody could dial this, which only the shop's server knows.
    widget.fill("contact.phone", "+9991234567").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("correction").await?;
    // Where no other telephone is given the parcel bears this one too.
    let wrong = "main [name='contact.phone'][aria-invalid=true]";
    assert_eq!(widget.count(wrong).await?, 1, "{}", widget.text("main").await?);
    assert_eq!(widget.value("contact.phone").await?, "+9991234567");
    widget.fill("contact.phone", "03-1234-5678").await?;
    widget.press("resubmit").await?;
    widget.wait_for("thanks").await?;
    assert_eq!(orders(&shop)?, 2);

    let heads = heads(&shop.agent_tap.kept().received);
    let asked = |path: &str| heads.iter().filter(|head| head.contains(path)).count();
    assert!(asked("POST /v1/relayed ") >= 5, "challenges, a quote, Grants");
    for path in ["POST /v1/challenges", "POST /v1/plans", "/grant HTTP"] {
        assert_eq!(asked(path), 0, "{path} went to the agent directly");
    }
    let through = sizes(&shop.merchant_tap.kept().received, REQUEST);
    assert!((1..=3).contains(&through.len()), "{through:?}");
    browser.close().await
}

#[tokio::test]
async fn while_a_relay_is_down_nothing_goes_past_it_and_later_it_goes_on() -> Result {
    let shop = Shop::start().await?;
    let mut relay = Relay::open(&shop, false).await?;
    let browser = Browser::open().await?;
    let widget = widget_at(&browser, &shop.merchant.url).await?;
    widget.go_to_final_check().await?;
    relay.server.kill9()?;
    widget.press("place-order").await?;
    for _ in 0..3 {
        if widget.wait_for("failure").await.is_ok() {
            break;
        }
    }
    let shown = widget.attribute("[data-test=problem]", "data-code").await?;
    let shown = shown.unwrap_or_default();
    assert!(["relay_unavailable", "merchant_unavailable"].contains(&shown.as_str()), "{shown}");
    let moved = widget.attribute("[data-test=money-moved]", "data-moved").await?;
    assert_eq!(moved.as_deref(), Some("false"));
    let heads = heads(&shop.agent_tap.kept().received);
    let past = heads.iter().filter(|h| h.contains("/v1/challenges") || h.contains("/grant"));
    assert_eq!(past.count(), 0, "it went past the relay");
    relay.server.start().await?;
    widget.press("retry").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

#[tokio::test]
async fn where_the_merchant_allows_it_a_purchase_goes_past_a_relay_that_is_down() -> Result {
    let shop = Shop::start().await?;
    let mut relay = Relay::open(&shop, true).await?;
    relay.server.kill9()?;
    let browser = Browser::open().await?;
    let widget = widget_at(&browser, &shop.merchant.url).await?;
    widget.go_to_final_check().await?;
    widget.press("place-order").await?;
    let mut done = widget.wait_for("thanks").await;
    for _ in 0..4 {
        if done.is_ok() {
            break;
        }
        done = widget.wait_for("thanks").await;
    }
    done?;
    assert_eq!(orders(&shop)?, 1);
    browser.close().await
}

#[tokio::test]
async fn a_decline_is_told_to_the_shopper_alone_and_goods_that_ran_out_stop_it() -> Result {
    let mut shop = Shop::start().await?;
    shop.merge_relay(false).await?;
    let browser = Browser::open().await?;
    let widget = widget_at(&browser, &shop.merchant.url).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.contract_number", "C-9000-0000-0003").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("failure").await?;
    let shown = widget.attribute("[data-test=problem]", "data-code").await?;
    assert_eq!(shown.as_deref(), Some("limit_exceeded"));
    let answered = shop.merchant_tap.kept().answered.concat();
    let told = ["limit_exceeded", Problem::LimitExceeded.text(shared_protocol::Locale::Ja)];
    for word in told {
        let found = memchr::memmem::find(&answered, word.as_bytes());
        assert_eq!(found, None, "the shop's site passed on {word}");
    }
    shop.host.show_widgets(&shop.agent.url, &["LAST-01"]);
    let widget = widget_at(&browser, &shop.host.url).await?;
    widget.go_to_final_check().await?;
    let client = shop.client().await?;
    let faster = client.prepare("LAST-01", whole_system::client::good_form()).await?;
    let grant = client.grant(&faster).await?.expect("a good contract");
    client.submit(&faster, &grant).await?.expect("the last one");
    widget.press("place-order").await?;
    widget.wait_for("correction").await?;
    assert_eq!(widget.count("[data-test=problem][data-code=out_of_stock]").await?, 1);
    browser.close().await
}

/// Fig 9 at step 54, asked of the relay: how many, and nothing else, is put right.
#[tokio::test]
async fn more_than_there_are_is_put_right_through_the_relay() -> Result {
    let mut shop = Shop::start().await?;
    shop.merge_relay(false).await?;
    let browser = Browser::open().await?;
    crate::correction::too_many(&mut shop, &browser).await?;
    browser.close().await
}
