//! What the loader in the shop's page learns: which screen is on, and how it ended. Never what
//! was typed, nothing of a contract. And what it may ask: another language.

use js_sys::{Array, Function};
use shared_protocol::{HandlingNumber, Locale, Problem, ReferralId};
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt as _, closure::Closure};

use crate::page::{get, global, object};

/// Another screen is on.
pub fn screen(name: &str) {
    send("screen", &[("screen", name.into())]);
}

/// The shop has the order. The number goes along only if the shop's page has asked for it.
pub fn accepted(order: &str, number: &HandlingNumber) {
    let asked = global("warifuNumberEvent").is_some_and(|asked| asked.is_truthy());
    let number = if asked { number.to_string().into() } else { JsValue::UNDEFINED };
    send("accepted", &[("orderId", order.into()), ("handlingNumber", number)]);
}

/// The shop has an order from its window in this page, under this number.
pub fn referred(referral: &ReferralId) {
    send("accepted", &[("referral", referral.to_string().into())]);
}

/// It was not completed.
pub fn failure(problem: Problem) {
    let retryable = problem.may_pass_later();
    send("failure", &[("code", problem.code().into()), ("retryable", retryable.into())]);
}

/// Calls `change` when the page around asks for another language, and for all that it has asked
/// before this program came.
pub fn on_locale(change: impl Fn(Locale) + 'static) {
    let hear = move |message: JsValue| {
        let text = |name: &str| get(&message, name).and_then(|value| value.as_string());
        if text("type").as_deref() == Some("locale")
            && let Some(locale) = text("locale").and_then(|tag| tag.parse().ok())
        {
            change(locale);
        }
    };
    if let Some(inbox) = global("warifuInbox") {
        Array::from(&inbox).iter().for_each(&hear);
    }
    let hear = Closure::<dyn Fn(JsValue)>::new(hear).into_js_value();
    let window: JsValue = crate::page::window().into();
    js_sys::Reflect::set(&window, &"warifuReceive".into(), &hear).unwrap_throw();
}

fn send(kind: &str, parts: &[(&str, JsValue)]) {
    let message = object(parts);
    js_sys::Reflect::set(&message, &"type".into(), &kind.into()).unwrap_throw();
    let send = global("warifuSend").and_then(|send| send.dyn_into::<Function>().ok());
    if let Some(send) = send {
        // Without a loader around there is nobody to tell.
        let _ = send.call1(&JsValue::UNDEFINED, &message);
    }
}
