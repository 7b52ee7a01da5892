//! A contract for who has none, without leaving the purchase: the agent's own enrolment pages, in
//! a frame inside this one. They need no script and no cookie; their last page names the number.

use shared_protocol::Field;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, HtmlInputElement};

use super::button;
use crate::{
    app::App,
    element::{El, el},
    page::{self, find, get, window},
    texts,
    words::Words,
};

/// The way there, below the contract number.
pub(super) fn way(app: App, words: &Words) -> El {
    // Whose page may be around it: in a borrowed window the host's.
    let mark = words.host().unwrap_or(&words.mark);
    let merchant = mark.merchant.as_str();
    let locale = app.locale.peek().tag();
    let address = ["/enrol?inline=1&merchant=", merchant, "&locale=", locale].concat();
    let text = app.say(texts::DETAILS_ENROL);
    let room = el("div");
    let inside = room.clone();
    let open = button("link", "enrol", &text).click(move || {
        inside.node().replace_children_with_node_0();
        let frame = el("iframe").attr("title", &text).attr("src", &address);
        inside.clone().child(frame.test("enrolment"));
    });
    el("div").child(open).child(room)
}

/// A message to this page: from its own origin it may be the number of the new contract.
pub fn hear(app: App, message: &Event) {
    let text = |of: &wasm_bindgen::JsValue, name: &str| get(of, name)?.as_string();
    let ours = window().location().origin().ok();
    let Some(data) = get(message, "data").filter(|_| text(message, "origin") == ours) else {
        return;
    };
    if text(&data, "type").as_deref() != Some("enrolled") {
        return;
    }
    let (Some(number), Some(input)) =
        (text(&data, "contract_number"), find("[name='payment.contract_number']"))
    else {
        return;
    };
    app.typing(Field::PaymentContractNumber, number);
    if let Some(shown) = app.shown(Field::PaymentContractNumber) {
        input.unchecked_ref::<HtmlInputElement>().set_value(&shown);
        app.typing(Field::PaymentContractNumber, shown);
    }
    if let Some(frame) = find("[data-test=enrolment]") {
        frame.remove();
    }
    if let Some(code) = find("[name='payment.code']") {
        page::focus(&code);
    }
}
