//! A passkey instead of a contract number: it signs the tally's digest. `pay-by-passkey.mjs`
//! asks the browser for it: only who pays so downloads it.

use js_sys::{Array, ArrayBuffer, Function, Promise, Uint8Array};
use shared_protocol::{PasskeyAssertion, PasskeyPart, Problem};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::{
    deal::Attempt,
    entropy::Entropy,
    page,
    words::{Challenged, Words},
};

/// Whether this device can hold passkeys and know its owner.
pub async fn is_at_hand() -> bool {
    let Some(asked) = page::call("warifuPasskeys") else { return false };
    let answer = JsFuture::from(Promise::resolve(&asked)).await;
    answer.is_ok_and(|answer| answer.is_truthy())
}

/// Has the shopper's passkey approve an attempt; `what` is what they read meanwhile.
///
/// # Errors
/// [`Problem::PasskeyInvalid`] if they did not, or it could not be asked;
/// [`Problem::EnvelopeInvalid`].
pub async fn approve(
    attempt: Attempt,
    words: &Words,
    challenged: &Challenged,
    what: &str,
) -> Result<Attempt, Problem> {
    let challenge = attempt.sealed.passkey_challenge();
    let said = ask(challenge.as_bytes(), what).await.ok_or(Problem::PasskeyInvalid)?;
    let sealed = attempt.sealed.with_passkey(&said, &words.terms(challenged), &mut Entropy)?;
    Ok(Attempt { sealed, ..attempt })
}

async fn ask(challenge: &[u8], what: &str) -> Option<PasskeyAssertion> {
    let ask = page::global("warifuPasskey")?.dyn_into::<Function>().ok()?;
    let challenge = Uint8Array::from(challenge);
    let asked = ask.call2(&JsValue::UNDEFINED, &challenge, &what.into()).ok()?;
    let said = Array::from(&JsFuture::from(Promise::resolve(&asked)).await.ok()?);
    let part = |at| PasskeyPart::new(bytes(&said.get(at)));
    Some(PasskeyAssertion {
        credential_id: part(0),
        authenticator_data: part(1),
        client_data: part(2),
        signature: part(3),
        user_handle: part(4),
    })
}

/// Nothing where the authenticator has said nothing.
fn bytes(value: &JsValue) -> Vec<u8> {
    let buffer = value.dyn_ref::<ArrayBuffer>();
    buffer.map(|buffer| Uint8Array::new(buffer).to_vec()).unwrap_or_default()
}
