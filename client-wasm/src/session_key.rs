//! The session key: an Ed25519 key of the browser's own (Web Crypto), made for this page, which
//! signs the tally and which nobody can take out of the page, this program included.

use js_sys::{Array, Reflect, Uint8Array};
use shared_protocol::{Problem, Signature, VerifyingKey};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

/// The key pair; its private half stays inside the browser.
#[derive(Clone, Debug)]
pub struct SessionKey {
    private: CryptoKey,
    public: VerifyingKey,
}

impl SessionKey {
    /// Makes a fresh one.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] if this browser has no Ed25519.
    pub async fn make() -> Result<Self, Problem> {
        make().await.ok_or(Problem::Unavailable)
    }

    /// The public half.
    pub fn public(&self) -> VerifyingKey {
        self.public
    }

    /// Signs these bytes (Ed25519, RFC 8032).
    ///
    /// # Errors
    /// [`Problem::Unavailable`] if the browser does not.
    pub async fn sign(&self, message: &[u8]) -> Result<Signature, Problem> {
        sign(&self.private, message).await.ok_or(Problem::Unavailable)
    }

    /// The browser's handle of the private half.
    pub fn handle(&self) -> &CryptoKey {
        &self.private
    }
}

async fn make() -> Option<SessionKey> {
    let uses = Array::of2(&"sign".into(), &"verify".into());
    let pair = subtle()?.generate_key_with_str(ALGORITHM, false, &uses).ok()?;
    let pair = JsFuture::from(pair).await.ok()?;
    let half = |name: &str| Reflect::get(&pair, &name.into()).ok()?.dyn_into::<CryptoKey>().ok();
    let private = half("privateKey")?;
    let raw = subtle()?.export_key("raw", &half("publicKey")?).ok()?;
    let public = bytes(JsFuture::from(raw).await.ok()?);
    Some(SessionKey { private, public: VerifyingKey::try_from(public.as_slice()).ok()? })
}

async fn sign(key: &CryptoKey, message: &[u8]) -> Option<Signature> {
    let signed = subtle()?.sign_with_str_and_u8_array(ALGORITHM, key, message).ok()?;
    Signature::try_from(bytes(JsFuture::from(signed).await.ok()?).as_slice()).ok()
}

fn subtle() -> Option<SubtleCrypto> {
    Some(leptos::prelude::window().crypto().ok()?.subtle())
}

fn bytes(buffer: JsValue) -> Vec<u8> {
    Uint8Array::new(&buffer).to_vec()
}

const ALGORITHM: &str = "Ed25519";
