//! The network as the browser gives it (Fetch §5): one try of one call, with an end to
//! waiting. Sends no cookies, keeps nothing, follows no redirect.
//! Not gloo-net: its error texts cost every shopper 2 KB.

use js_sys::{JSON, Uint8Array};
use shared_protocol::{Field, FieldProblem, Problem, Signature, Timestamp, Verifier, VerifyingKey};
use wasm_bindgen::{JsCast as _, JsValue, UnwrapThrowExt as _};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Response};

use crate::page::window;
use crate::{
    app::spawn,
    calls::Call,
    clock,
    course::{Answer, Refused, World},
    page::{get, object},
    relay::Outcome,
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
            .unwrap_throw();
    });
    // A timer is never rejected.
    let _ = JsFuture::from(timer).await;
}

/// Whether the browser believes that there is a network.
pub fn is_online() -> bool {
    window().navigator().on_line()
}

async fn try_once(call: &Call) -> Option<Answer> {
    #[cfg(feature = "every-way")]
    if let Some(way) = &call.through {
        return try_through(way, call).await;
    }
    read(fetch(call).await?)
}

#[cfg(feature = "every-way")]
async fn try_through(way: &crate::relay::Way, call: &Call) -> Option<Answer> {
    let (outer, opener) = way.seal(call, &mut crate::entropy::Entropy)?;
    match read(fetch(&outer).await?)? {
        Answer::Good(reply) => read(crate::relay::open(&reply, &opener)?),
        Answer::Refused(refused) => crate::relay::own_word(refused).map(Answer::Refused),
        Answer::Silence => None,
    }
}

async fn fetch(call: &Call) -> Option<Outcome> {
    let (headers, body) = match &call.body {
        Some((media_type, bytes)) => (
            object(&[("content-type", media_type.into())]).into(),
            Uint8Array::from(bytes.as_slice()).into(),
        ),
        None => (JsValue::UNDEFINED, JsValue::UNDEFINED),
    };
    // As a plain object: a setter each would be another function to download (Fetch §5.4).
    let how = object(&[
        ("method", call.method.into()),
        ("headers", headers),
        ("body", body),
        ("credentials", "omit".into()),
        ("redirect", "error".into()),
        ("signal", AbortSignal::timeout_with_u32(TIMEOUT_MILLIS).into()),
        ("keepalive", call.outlives_page.into()),
    ]);
    let sent = window().fetch_with_str_and_init(&call.url, how.unchecked_ref());
    let response: Response = JsFuture::from(sent).await.ok()?.unchecked_into();
    let bytes = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some((response.ok(), Uint8Array::new(&bytes).to_vec()))
}

/// A message, or a problem document (RFC 9457) of ours; `None` for an error page of something in
/// between.
fn read((succeeded, body): Outcome) -> Option<Answer> {
    if succeeded {
        return Some(Answer::Good(body));
    }
    let document = JSON::parse(&String::from_utf8(body).ok()?).ok()?;
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
    Some(Answer::Refused(Refused { problem, fields, reference }))
}

/// Longest time that one call may take.
const TIMEOUT_MILLIS: u32 = 15_000;
