//! What happens around the shopper: time runs out, the network goes, the shop's page asks for
//! another language, something is laid over the last button.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod browser;
#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use std::rc::Rc;

use browser::*;
use client_wasm::network::pause;
use shared_protocol::Locale;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use world::Counterparts;

wasm_bindgen_test_configure!(run_in_browser);

fn world() -> Rc<Counterparts> {
    Rc::new(Counterparts::new())
}

async fn start_with_idle(seconds: &str) -> Rc<Counterparts> {
    let world = world();
    open(&world, Locale::Ja);
    find("meta[name=warifu-idle]").set_attribute("content", seconds).unwrap();
    press("order");
    fill("contact.name", "考え中");
    take_over().await;
    world
}

#[wasm_bindgen_test]
async fn time_that_runs_out_is_warned_of_and_can_be_extended() {
    let _world = start_with_idle("4").await;
    assert!(all("[data-test=idle]").is_empty());
    wait_until(|| !all("[data-test=idle]").is_empty()).await;
    let bar = find("[data-test=idle]");
    assert_eq!(bar.get_attribute("role").as_deref(), Some("alert"));
    let seen = text("[data-test=idle] strong");
    assert!(seen.contains("0:0"), "{seen}");
    press("extend");
    wait_until(|| all("[data-test=idle]").is_empty()).await;
    assert_eq!(screen(), "details");
    assert_eq!(text("#say"), said("idle.extended", Locale::Ja));
}

#[wasm_bindgen_test]
async fn time_that_is_over_ends_it_and_nothing_typed_is_lost() {
    let _world = start_with_idle("2").await;
    wait_for("expired").await;
    let moved = find("[data-test=money-moved]").get_attribute("data-moved");
    assert_eq!(moved.as_deref(), Some("false"));
    press("again");
    wait_for("product").await;
    press("order");
    wait_for("details").await;
    assert_eq!(value("contact.name"), "考え中");
}

#[wasm_bindgen_test]
async fn without_a_network_a_bar_says_so_until_it_is_back() {
    start(&world(), Locale::En).await;
    let online = |is: &str| {
        script(&format!(
            "Object.defineProperty(navigator, 'onLine', {{ value: {is}, configurable: true }}); \
             dispatchEvent(new Event('{}'))",
            if is == "true" { "online" } else { "offline" },
        ))
    };
    online("false");
    wait_until(|| !all("[data-test=offline]").is_empty()).await;
    assert_eq!(text("[data-test=offline]"), said("offline.lead", Locale::En));
    online("true");
    wait_until(|| all("[data-test=offline]").is_empty()).await;
}

#[wasm_bindgen_test]
async fn the_shops_page_may_ask_for_another_language_and_for_the_number() {
    let world = world();
    open(&world, Locale::Ja);
    script("window.warifuInbox.push({ type: 'locale', locale: 'en' })");
    script("window.warifuNumberEvent = true");
    take_over().await;
    wait_until(|| find("html").get_attribute("lang").as_deref() == Some("en")).await;
    script("window.warifuReceive({ type: 'locale', locale: 'ja' })");
    wait_until(|| find("html").get_attribute("lang").as_deref() == Some("ja")).await;
    script("window.warifuReceive({ type: 'nonsense', locale: 'en' })");
    press("order");
    wait_for("details").await;
    fill_good();
    press("review");
    wait_for("final-check").await;
    assert_eq!(find("html").get_attribute("lang").as_deref(), Some("ja"));
    press("place-order");
    wait_for("thanks").await;
    let number = find("[data-test=handling-number]").text_content().unwrap();
    assert!(told().contains(&number), "it was asked for: {}", told());
    script("delete window.warifuNumberEvent");
    for secret in ["山田", "9000", "hanako", "2468"] {
        assert!(!told().contains(secret), "{secret} was told: {}", told());
    }
}

#[wasm_bindgen_test]
async fn the_order_goes_out_even_if_the_page_is_closed() {
    let world = world();
    go_to_final_check(&world, Locale::Ja).await;
    press("place-order");
    wait_for("thanks").await;
    let calls = world.calls.borrow();
    let outliving: Vec<&str> = calls
        .iter()
        .filter(|call| call.outlives_page)
        .map(|call| call.url.rsplit('/').next().unwrap())
        .collect();
    assert!(outliving[0].starts_with("pur_"), "the submission: {outliving:?}");
    assert_eq!(outliving[1], "acceptance");
}

#[wasm_bindgen_test]
async fn a_button_under_something_else_places_nothing() {
    let world = world();
    go_to_final_check(&world, Locale::Ja).await;
    script(
        "const lid = document.createElement('div'); lid.id = 'lid'; \
         lid.style = 'position:fixed;inset:0;background:#fff;z-index:9'; \
         document.body.append(lid); \
         document.querySelector('[data-test=place-order]').scrollIntoView({ block: 'center' })",
    );
    pause(600).await;
    press("place-order");
    pause(900).await;
    assert_eq!(screen(), "final-check");
    assert!(world.bodies("/check").is_empty());
    script("document.getElementById('lid').remove()");
    pause(600).await;
    press("place-order");
    wait_for("thanks").await;
}
