//! The screens in a real browser: from the product to the thanks, corrections, failures, in both
//! languages, by the stable hooks of the widget's contract.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod browser;
#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use std::rc::Rc;

use browser::*;
use client_wasm::course::Answer;
use shared_protocol::{Field, Locale, Problem};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use world::{Counterparts, refused};

wasm_bindgen_test_configure!(run_in_browser);

fn world() -> Rc<Counterparts> {
    Rc::new(Counterparts::new())
}

#[wasm_bindgen_test]
async fn from_the_product_to_the_thanks() {
    let world = world();
    start(&world, Locale::Ja).await;
    assert!(text("main").contains("¥3,300"), "{}", text("main"));
    assert!(text("main").contains("送料 ¥550〜¥1,320"), "{}", text("main"));
    press("order");
    wait_for("details").await;
    assert!(is_focused("main h1"));
    fill_good();
    press("review");
    wait_for("final-check").await;
    let shown = text("main");
    for item in
        ["× 1", "¥3,850", "¥550", "¥350", "翌月27日払い", "3〜5日", "在庫がある限り", "8日以内"]
    {
        assert!(shown.contains(item), "{item} is missing:\n{shown}");
    }
    assert_eq!(text("[data-test=place-order]"), "注文を確定する（¥3,850）");
    assert!(shown.contains("C-••••-••••-0001") && !shown.contains("9000"), "{shown}");
    press("place-order");
    wait_for("thanks").await;
    let number = find("[data-test=handling-number]").text_content().unwrap();
    assert_eq!(number.len(), 14, "{number}");
    assert!(text("main").contains("¥3,850"));
    assert!(text("main").contains("11月21日"), "72 hours from the acceptance: {}", text("main"));
    assert_eq!(all("[data-test=receipt] tbody tr").len(), 6);
    let told = told();
    for screen in ["details", "final-check", "waiting", "thanks"] {
        assert!(told.contains(&format!("\"{screen}\"")), "{told}");
    }
    assert!(told.contains("\"orderId\":\"TEA-1\"") && !told.contains(&number), "{told}");
}

#[wasm_bindgen_test]
async fn the_last_button_pressed_twenty_times_places_one_order() {
    let world = world();
    go_to_final_check(&world, Locale::Ja).await;
    for _ in 0..20 {
        press("place-order");
    }
    wait_for("thanks").await;
    assert_eq!(world.bodies("/check").len(), 1);
    assert_eq!(world.bodies("/grant").len(), 1);
}

#[wasm_bindgen_test]
async fn only_the_wrong_fields_are_open_and_everything_is_kept() {
    let world = world();
    go_to_details(&world, Locale::Ja).await;
    fill_good();
    fill("delivery.postal_code", "123456");
    fill("contact.email", "hanako@");
    press("review");
    wait_for("correction").await;
    assert!(is_focused("main h1"));
    assert!(text("main h1").contains('2'), "{}", text("main h1"));
    assert_eq!(all("main [aria-invalid=true]").len(), 2);
    assert_eq!(all("main .fix a[href^='#']").len(), 2);
    assert_eq!(value("delivery.postal_code"), "123456");
    assert_eq!(value("contact.email"), "hanako@");
    assert!(text("main").contains("郵便番号は7桁です。いま6桁です。"));
    let open: Vec<String> = all("main .half input, main .half select")
        .iter()
        .map(|field| field.get_attribute("name").unwrap())
        .collect();
    assert_eq!(open, ["contact.email", "delivery.postal_code"]);
    assert!(!find("details.done").has_attribute("open"));
    assert_eq!(value("contact.name"), "山田　花子", "folded away, as typed");
    let wrong = find("[name='delivery.postal_code']");
    let error = wrong.get_attribute("aria-describedby").unwrap();
    let error = error.split(' ').next_back().unwrap();
    assert!(text(&format!("#{error}")).contains("7桁"), "described by {error}");

    fill("delivery.postal_code", "１２３ー４５６７");
    settle().await;
    assert_eq!(all("main [aria-invalid=true]").len(), 1, "put right, the message goes");
    fill("contact.email", "hanako@example.jp");
    press("resubmit");
    wait_for("final-check").await;
    assert!(text("main").contains("123"), "{}", text("main"));
}

#[wasm_bindgen_test]
async fn a_link_in_the_summary_leads_to_its_field() {
    let world = world();
    go_to_details(&world, Locale::En).await;
    press("review");
    wait_for("correction").await;
    assert!(find("details.done").has_attribute("open"), "nothing is filled in yet");
    find(".fix a").unchecked_into::<web_sys::HtmlElement>().click();
    assert!(is_focused("[name='contact.name']"));
}

#[wasm_bindgen_test]
async fn a_code_that_the_agent_refuses_is_put_right_without_another_final_check() {
    let world = world();
    go_to_final_check(&world, Locale::Ja).await;
    world.answer_instead(vec![None, Some(refused(Problem::ContractNotRecognised))]);
    press("place-order");
    wait_for("correction").await;
    assert_eq!(all("main [aria-invalid=true]").len(), 2);
    fill("payment.code", "1357");
    press("resubmit");
    wait_for("thanks").await;
    let grants = world.bodies("/grant");
    assert_eq!(grants.len(), 2);
    assert_ne!(grants[0], grants[1], "a new attempt, with its own id");
}

#[wasm_bindgen_test]
async fn a_failure_says_that_nothing_was_charged_why_and_what_next() {
    for locale in Locale::ALL {
        let world = world();
        go_to_final_check(&world, locale).await;
        world.answer_instead(vec![None, Some(refused(Problem::LimitExceeded))]);
        press("place-order");
        wait_for("failure").await;
        let heading = text("main h1");
        assert!(heading.starts_with(&said("money.not_moved", locale)), "{heading}");
        assert_eq!(
            find("[data-test=money-moved]").get_attribute("data-moved").as_deref(),
            Some("false")
        );
        let problem = find("[data-test=problem]");
        assert_eq!(problem.get_attribute("data-code").as_deref(), Some("limit_exceeded"));
        assert!(text("main").contains(Problem::LimitExceeded.text(locale)));
        assert!(text("main").contains(&said("next.other_contract", locale)), "{}", text("main"));
        assert!(text("[data-test=reference]").contains("req_1"));
        assert!(told().contains("\"code\":\"limit_exceeded\",\"retryable\":false"), "{}", told());
        press("retry");
        wait_for("final-check").await;
        press("place-order");
        wait_for("thanks").await;
    }
}

#[wasm_bindgen_test]
async fn the_language_changes_on_every_screen_without_losing_a_letter() {
    let world = world();
    go_to_details(&world, Locale::Ja).await;
    fill_good();
    fill("payment.code", "24");
    let typed: Vec<String> = Field::ALL.iter().map(|field| value(field.name())).collect();
    find("[data-test=language]").unchecked_ref::<web_sys::HtmlElement>().focus().unwrap();
    press("language");
    wait_until(|| find("html").get_attribute("lang").as_deref() == Some("en")).await;
    let kept: Vec<String> = Field::ALL.iter().map(|field| value(field.name())).collect();
    assert_eq!(kept, typed);
    assert!(text("main").contains(Field::DeliveryPostalCode.label(Locale::En)));
    assert!(is_focused("[data-test=language]"), "the focus stays on the toggle");
    press("review");
    wait_for("correction").await;
    assert!(text("main h1").contains('1'), "{}", text("main h1"));
    press("language");
    wait_until(|| text("main h1").contains("1か所")).await;
    assert_eq!(value("payment.code"), "24");
    fill("payment.code", "2468");
    press("resubmit");
    wait_for("final-check").await;
    press("language");
    wait_until(|| text("[data-test=place-order]") == "Place order · ¥3,850").await;
    press("place-order");
    wait_for("thanks").await;
    assert!(text("main").contains("Thank you"));
}

#[wasm_bindgen_test]
async fn a_tap_on_the_mark_shows_what_was_verified() {
    let world = world();
    start(&world, Locale::Ja).await;
    let mark = find("[data-test=mark]");
    assert_eq!(mark.get_attribute("aria-expanded").as_deref(), Some("false"));
    press("mark");
    settle().await;
    assert_eq!(mark.get_attribute("aria-expanded").as_deref(), Some("true"));
    for fact in ["山田茶舗", "割符決済", "http://127.0.0.1:8080"] {
        assert!(text("#mark").contains(fact), "{fact} is missing:\n{}", text("#mark"));
    }
    press("mark");
    settle().await;
    assert!(find("#mark").has_attribute("hidden"));
}

#[wasm_bindgen_test]
async fn leaving_a_field_groups_it_or_says_what_is_wrong_with_it() {
    let world = world();
    go_to_details(&world, Locale::Ja).await;
    fill("payment.contract_number", "ｃ９０００　００００　０００１");
    fill("delivery.postal_code", "1040061");
    fill("contact.email", "hanako@");
    input("contact.name").focus().unwrap();
    wait_until(|| all("main [aria-invalid=true]").len() == 1).await;
    assert_eq!(value("payment.contract_number"), "C-9000-0000-0001");
    assert_eq!(value("delivery.postal_code"), "104-0061");
    assert_eq!(value("contact.email"), "hanako@", "never changed under the shopper's hands");
    assert!(text("#contact-email-error").contains("メールアドレスの形"), "{}", text("main"));
}

#[wasm_bindgen_test]
async fn a_card_number_goes_nowhere() {
    let world = world();
    go_to_details(&world, Locale::Ja).await;
    fill_good();
    fill("payment.contract_number", "4242 4242 4242 4242");
    press("review");
    wait_for("correction").await;
    assert!(text("main").contains("カード番号は入力しないでください。"));
    assert!(world.bodies("/check").is_empty() && world.bodies("/grant").is_empty());
}

#[wasm_bindgen_test]
async fn change_leads_to_the_field_and_back_keeps_everything() {
    let world = world();
    go_to_final_check(&world, Locale::Ja).await;
    press("change-contract");
    wait_until(|| screen() == "details" && is_focused("[name='payment.contract_number']")).await;
    press("back");
    wait_for("product").await;
    press("more");
    settle().await;
    assert_eq!(value("quantity"), "2");
    press("order");
    wait_for("details").await;
    assert_eq!(value("contact.name"), "山田　花子");
    press("review");
    wait_for("final-check").await;
    assert_eq!(text("[data-test=place-order]"), "注文を確定する（¥7,150）");
}

#[wasm_bindgen_test]
async fn when_nobody_answers_nothing_is_claimed_and_asking_again_ends_well() {
    let world = world();
    go_to_final_check(&world, Locale::Ja).await;
    // After the shop's check: an answer that is no message, so that no long waits are needed.
    world.answer_instead(vec![None, None, Some(Answer::Good(b"?".to_vec()))]);
    press("place-order");
    wait_for("failure").await;
    let heading = text("main h1");
    assert!(heading.contains(&said("failure.title_unknown", Locale::Ja)), "{heading}");
    assert!(!text("main").contains(&said("failure.title", Locale::Ja)), "{}", text("main"));
    assert!(all("main [data-test=back]").is_empty(), "a second order could be the outcome");
    press("retry");
    wait_for("thanks").await;
}

use wasm_bindgen::JsCast as _;
