//! A plan on the screens, in a real browser: one list to choose from, what it comes to before the
//! button, and what happens where there is no quote.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod browser;
#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use std::rc::Rc;

use browser::*;
use client_wasm::course::Answer;
use shared_protocol::{Locale, PlanQuotes, Problem, encode};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use world::{Counterparts, refused};

wasm_bindgen_test_configure!(run_in_browser);

/// At the form of a shop that takes every plan, this one chosen.
async fn choose(plan: &str, locale: Locale) -> Rc<Counterparts> {
    let world = Rc::new(Counterparts::with_every_plan());
    open(&world, locale);
    for plan in ["times-3", "times-12", "revolving", "bonus", "bonus-times-6"] {
        offer_plan(plan);
    }
    take_over().await;
    wait_until(|| find("[data-test=mark]").get_attribute("data-verified").unwrap() == "true").await;
    press("order");
    wait_for("details").await;
    fill_good();
    fill("payment.plan", plan);
    world
}

fn lines(css: &str) -> Vec<String> {
    let lines = all(&format!("{css} li"));
    lines.iter().map(|line| line.text_content().unwrap()).collect()
}

#[wasm_bindgen_test]
async fn the_list_names_every_plan_in_the_shoppers_language() {
    for (locale, names) in [
        (
            Locale::Ja,
            [
                "1回払い",
                "3回払い",
                "12回払い",
                "リボ払い",
                "ボーナス一括払い",
                "ボーナス併用6回払い",
            ],
        ),
        (
            Locale::En,
            [
                "Pay in full",
                "3 instalments",
                "12 instalments",
                "Revolving",
                "Bonus, in full",
                "6 instalments with bonus",
            ],
        ),
    ] {
        choose("single", locale).await;
        let options = all("select[name='payment.plan'] option");
        let named: Vec<_> = options.iter().map(|one| one.text_content().unwrap()).collect();
        assert_eq!(named, names);
        assert_eq!(value("payment.plan"), "single");
        assert!(text("[for='payment-plan']").contains('*'));
    }
}

#[wasm_bindgen_test]
async fn what_a_plan_comes_to_is_shown_before_the_button() {
    let world = choose("times-12", Locale::En).await;
    press("review");
    wait_for("final-check").await;
    assert_eq!(text("[data-test=place-order]"), "Place order · ¥3,927");
    let costs = lines("[data-test=plan] > .sums");
    assert_eq!(costs, ["Fee ¥77", "Effective yearly rate 15.00%", "You pay in all ¥3,927"]);
    assert!(text("main").contains("12 instalments"));
    let schedule = find("[data-test=plan] details");
    assert!(!schedule.has_attribute("open"), "twelve payments are folded away");
    schedule.first_element_child().unwrap().unchecked_into::<web_sys::HtmlElement>().click();
    settle().await;
    assert!(schedule.has_attribute("open"));
    let payments = lines("[data-test=plan] details");
    assert_eq!(payments.len(), 12);
    assert_eq!(payments[0], "December 28, 2026 ¥330");
    assert_eq!(payments[11], "November 28, 2027 ¥327");
    press("place-order");
    wait_for("thanks").await;
    assert!(text("main").contains("12 instalments"));
    assert_eq!(world.bodies("/v1/plans").len(), 1);
}

#[wasm_bindgen_test]
async fn few_payments_are_listed_at_once_and_a_lump_sum_has_none() {
    let world = choose("times-3", Locale::Ja).await;
    press("review");
    wait_for("final-check").await;
    assert!(find("[data-test=plan] details").has_attribute("open"));
    assert_eq!(lines("[data-test=plan] details").len(), 3);
    press("change-payment");
    wait_until(|| screen() == "details" && is_focused("[name='payment.plan']")).await;
    fill("payment.plan", "single");
    press("review");
    wait_for("final-check").await;
    assert!(all("[data-test=plan]").is_empty());
    assert_eq!(text("[data-test=place-order]"), "注文を確定する（¥3,850）");
    assert_eq!(world.bodies("/v1/plans").len(), 1, "a lump sum is not asked about");
}

#[wasm_bindgen_test]
async fn a_plan_without_a_quote_is_said_at_its_field() {
    let world = choose("times-12", Locale::Ja).await;
    let none = || Some(Answer::Good(encode(&PlanQuotes(Vec::new()))));
    settle().await;
    world.answer_instead(vec![none(), none(), none()]);
    press("review");
    wait_for("correction").await;
    world.answer_instead(Vec::new());
    let wrong = all("main [aria-invalid=true]");
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].get_attribute("name").as_deref(), Some("payment.plan"));
    let said = find("#fix-payment-plan-error");
    assert_eq!(said.get_attribute("data-code").as_deref(), Some("plan_not_accepted"));
    find(".fix a").unchecked_into::<web_sys::HtmlElement>().click();
    assert!(is_focused("[name='payment.plan']"));
    fill("payment.plan", "single");
    settle().await;
    assert!(all("main [aria-invalid=true]").is_empty());
    press("resubmit");
    wait_for("final-check").await;
}

#[wasm_bindgen_test]
async fn a_quote_that_the_agent_refuses_is_asked_for_anew() {
    let world = choose("times-12", Locale::Ja).await;
    press("review");
    wait_for("final-check").await;
    world.answer_instead(vec![None, Some(refused(Problem::QuoteExpired))]);
    press("place-order");
    wait_for("failure").await;
    let problem = find("[data-test=problem]").get_attribute("data-code");
    assert_eq!(problem.as_deref(), Some("quote_expired"));
    press("retry");
    wait_for("final-check").await;
    assert_eq!(world.bodies("/v1/plans").len(), 2);
    press("place-order");
    wait_for("thanks").await;
}
