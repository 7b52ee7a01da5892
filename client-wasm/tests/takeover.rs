//! From the page that the server has rendered to the program: in a real browser, with the real
//! `boot.js`, without losing a letter.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod browser;
#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use std::rc::Rc;

use browser::*;
use shared_protocol::Locale;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use world::Counterparts;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn what_was_typed_is_there_and_so_is_the_place_in_it() {
    let world = Rc::new(Counterparts::new());
    open(&world, Locale::Ja);
    press("order");
    fill_good();
    offer_plan("times-12");
    fill("payment.plan", "times-12");
    fill("contact.name", "早い 人");
    let name = input("contact.name");
    name.set_selection_range(1, 2).unwrap();
    find("[name='delivery.other']").unchecked_ref::<web_sys::HtmlElement>().click();
    input("contact.name").focus().unwrap();
    take_over().await;

    assert_eq!(screen(), "details");
    assert_eq!(find("html").get_attribute("data-program").as_deref(), Some("running"));
    let good = world::good();
    for field in shared_protocol::Field::ALL {
        let expected = match field {
            shared_protocol::Field::ContactName => "早い 人",
            shared_protocol::Field::PaymentPlan => continue,
            field => good.get(*field),
        };
        assert_eq!(value(field.name()), expected, "{field:?}");
    }
    assert_eq!(value("payment.plan"), "times-12");
    assert!(input("delivery.other").checked());
    assert!(is_focused("[name='contact.name']"));
    let selected = (input("contact.name").selection_start(), input("contact.name").selection_end());
    assert_eq!(selected, (Ok(Some(1)), Ok(Some(2))));
}

#[wasm_bindgen_test]
async fn the_page_looks_the_same_before_and_after() {
    for screen in ["product", "details"] {
        let world = Rc::new(Counterparts::new());
        open(&world, Locale::Ja);
        if screen == "details" {
            press("order");
        }
        let before = texts_of(screen);
        take_over().await;
        assert_eq!(texts_of(screen), before, "{screen}");
    }
}

/// Every field's label, hint and attributes, and every button, in order.
fn texts_of(screen: &str) -> Vec<String> {
    let part =
        format!("main [data-s={screen}] :is(label, legend, .hint, h1, h2, button, input, select)");
    all(&part).iter().map(described).collect()
}

fn described(element: &web_sys::Element) -> String {
    const COMPARED: [&str; 11] = [
        "id",
        "name",
        "for",
        "type",
        "autocomplete",
        "inputmode",
        "autocapitalize",
        "spellcheck",
        "enterkeyhint",
        "aria-describedby",
        "aria-label",
    ];
    let mut described = element.tag_name();
    // Prices and names of choices are put in by the real server; here they are not.
    if !matches!(described.as_str(), "SELECT" | "BUTTON") {
        described.push_str(element.text_content().unwrap_or_default().trim());
    }
    for name in COMPARED {
        if let Some(value) =
            element.get_attribute(name).filter(|_| name != "type" || described.starts_with("INPUT"))
        {
            described.push_str(&format!(" {name}={value}"));
        }
    }
    described
}

#[wasm_bindgen_test]
async fn a_button_that_was_pressed_too_early_is_not_forgotten() {
    let world = Rc::new(Counterparts::new());
    open(&world, Locale::Ja);
    press("order");
    fill_good();
    press("review");
    assert_eq!(screen(), "details", "without the program it waits");
    take_over().await;
    wait_for("final-check").await;

    let world = Rc::new(Counterparts::new());
    open(&world, Locale::Ja);
    press("order");
    fill("contact.name", "Hanako");
    press("language");
    take_over().await;
    wait_until(|| find("html").get_attribute("lang").as_deref() == Some("en")).await;
    assert_eq!(value("contact.name"), "Hanako");
}

#[wasm_bindgen_test]
async fn a_character_that_is_being_composed_is_waited_for() {
    let world = Rc::new(Counterparts::new());
    open(&world, Locale::Ja);
    press("order");
    let name = find("[name='contact.name']");
    fill("contact.name", "やま");
    dispatch(&name, "compositionstart");
    take_over().await;
    assert!(name.is_connected(), "the field under the input method stays");
    fill("contact.name", "山田");
    dispatch(&name, "compositionend");
    settle().await;
    assert!(!name.is_connected(), "then the program takes over");
    assert_eq!(value("contact.name"), "山田");
}

#[wasm_bindgen_test]
async fn after_the_takeover_the_page_has_one_pair_of_hands() {
    let world = Rc::new(Counterparts::new());
    start(&world, Locale::Ja).await;
    press("order");
    settle().await;
    assert_eq!(told().matches("\"details\"").count(), 1, "{}", told());
}

#[wasm_bindgen_test]
async fn a_mark_that_does_not_hold_ends_it_before_anything_is_typed() {
    let world = Rc::new(Counterparts::new());
    open(&world, Locale::Ja);
    let mark = find("meta[name=warifu-mark]");
    let content = mark.get_attribute("content").unwrap().replacen('A', "B", 3);
    mark.set_attribute("content", &content).unwrap();
    take_over().await;
    assert_eq!(screen(), "failure");
    assert_eq!(
        find("[data-test=problem]").get_attribute("data-code").as_deref(),
        Some("mark_invalid")
    );
    assert_eq!(
        find("[data-test=money-moved]").get_attribute("data-moved").as_deref(),
        Some("false")
    );
    assert_eq!(find("[data-test=mark]").get_attribute("data-verified").as_deref(), Some("false"));
    assert!(all("[data-test=retry], [data-test=back], input").is_empty(), "there is no way on");
    assert_eq!(text("header p"), "山田茶舗", "the shop is still named");
    press("mark");
    settle().await;
    assert!(text("#mark").contains(&said("mark.bad", Locale::Ja)), "{}", text("#mark"));
}

use wasm_bindgen::JsCast as _;
