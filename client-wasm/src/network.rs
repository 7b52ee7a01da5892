//! The network as the browser gives it (gloo-net over fetch): one try of one call, with an end to
//! waiting. Sends no cookies, keeps nothing, follows no redirect.

use gloo_net::http::{Request, Response};
use js_sys::{JSON, Reflect, Uint8Array};
use leptos_dom::helpers::window;
use shared_protocol::{Field, FieldProblem, Problem, Signature, Timestamp, Verifier, VerifyingKey};
use wasm_bindgen::{JsValue, UnwrapThrowExt as _};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestCredentials, RequestInit, RequestRedirect};

use crate::{
    app::spawn,
    calls::Call,
    clock,
    course::{Answer, Refused, World},
    page::get,
    session_key::WebCrypto,
};

/// The world as it is.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// The agent's clock.
    pub clock: clock::AgentClock,
}

impl Verifier for Network {
    async fn verifies(&self, key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
        WebCrypto.verifies(key, message, signature).await
    }
}

impl World for Network {
    async fn send(&self, call: &Call) -> Answer {
        try_once(call).await.unwrap_or(Answer::Silence)
    }

    fn send_off(&self, call: Call) {
        spawn(async move {
            // Whether it arrives is not awaited: the merchant tells the agent too.
            let _ = try_once(&call).await;
        });
    }

    async fn pause(&self, millis: u32) {
        pause(millis).await;
    }

    fn is_online(&self) -> bool {
        is_online()
    }

    fn now(&self) -> Timestamp {
        self.clock.at(clock::now())
    }
}

/// Lets time pass.
pub async fn pause(millis: u32) {
    let millis = i32::try_from(millis).unwrap_or(i32::MAX);
    let timer = js_sys::Promise::new(&mut |resolve, _| {
        window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis)
            .expect_throw("the browser has timers");
    });
    // A timer is never rejected.
    let _ = JsFuture::from(timer).await;
}

/// Whether the browser believes that there is a network.
pub fn is_online() -> bool {
    window().navigator().on_line()
}

async fn try_once(call: &Call) -> Option<Answer> {
    let how = RequestInit::new();
    how.set_method(call.method);
    how.set_credentials(RequestCredentials::Omit);
    how.set_redirect(RequestRedirect::Error);
    how.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MILLIS)));
    // web-sys has no setter for it yet (Fetch §5.4).
    Reflect::set(&how, &"keepalive".into(), &call.outlives_page.into()).ok()?;
    if let Some((media_type, bytes)) = &call.body {
        let headers = Headers::new().ok()?;
        headers.set("content-type", media_type).ok()?;
        how.set_headers(&headers);
        how.set_body(&Uint8Array::from(bytes.as_slice()));
    }
    let request = web_sys::Request::new_with_str_and_init(&call.url, &how).ok()?;
    let response = Request::from(request).send().await.ok()?;
    if response.ok() {
        return Some(Answer::Good(response.binary().await.ok()?));
    }
    refused(&response).await.map(Answer::Refused)
}

/// A problem document (RFC 9457) of ours; `None` for an error page of something in between.
async fn refused(response: &Response) -> Option<Refused> {
    let document = JSON::parse(&response.text().await.ok()?).ok()?;
    let text = |value: &JsValue, name: &str| get(value, name)?.as_string();
    let problem = Problem::from_code(&text(&document, "code")?)?;
    let mut fields = Vec::new();
    if let Some(list) = get(&document, "fields") {
        for entry in js_sys::Array::from(&list).iter() {
            let field = text(&entry, "name").and_then(|name| Field::from_name(&name));
            let Some(field) = field else { continue };
            let wrong = text(&entry, "code").and_then(|code| FieldProblem::from_code(&code, field));
            fields.push((field, wrong.unwrap_or(FieldProblem::BadCharacter)));
        }
    }
    let reference = text(&document, "request_id").or_else(|| text(&document, "instance"));
    Some(Refused { problem, fields, reference })
}

/// Longest time that one call may take.
const TIMEOUT_MILLIS: u32 = 15_000;
