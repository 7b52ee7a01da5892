//! The last step to a shop that runs no server of ours (61, Fig 14): an ordinary form, which leaves
//! the frame with the order half and the Grant. It leaves by itself if the browser still lets it,
//! else by its button, also with script switched off.

use wasm_bindgen::JsCast as _;
use web_sys::HtmlFormElement;

use super::{number::number_box, tally, titled};
use crate::{
    app::App,
    element::{El, el, of, said},
    page::{find, get, window},
    stage::Promise,
    texts,
    words::Words,
};

pub(super) fn view(app: App, words: &Words, promise: &Promise) -> El {
    let total = said("p", "lead", &app.money(promise.amount));
    let field =
        |name, value| el("input").attr("type", "hidden").attr("name", name).attr("value", value);
    let mut form = el("form")
        .attr("data-s", "hand-over")
        .attr("method", "post")
        .attr("target", "_top")
        .attr("action", words.hand_over().unwrap_or_default())
        .child(tally("tally"))
        .child(titled(app, texts::HANDOVER_TITLE))
        .child(app.said("p", "lead", texts::HANDOVER_LEAD))
        .child(number_box(app, &promise.number, total))
        .child(field("grant", &promise.grant));
    if let Some(order) = app.attempt.borrow().as_ref().and_then(|attempt| attempt.form.as_ref()) {
        for (name, value) in order.fields() {
            form = form.child(field(name, value));
        }
    }
    let send = app.said("button", "go", texts::HANDOVER_SEND).test("hand-over");
    form.child(of("div", "act").child(send))
}

/// Presses the button for a shopper who pressed the last one a moment ago. Without that no browser
/// lets a frame lead its shopper away.
pub fn leave() {
    let pressed = get(&window().navigator(), "userActivation");
    let pressed = pressed.and_then(|user| get(&user, "isActive"));
    if pressed.is_some_and(|is| is.is_truthy())
        && let Some(form) = find("form[target]")
    {
        // Where it stays, there is the button.
        let _ = form.unchecked_ref::<HtmlFormElement>().submit();
    }
}
