//! Ed25519 as the browser has it (Web Crypto). The session key, made for this page, signs the tally
//! and nobody can take it out of the page, this program included; others' signatures are checked.

use js_sys::{Array, Reflect, Uint8Array};
use shared_protocol::{Problem, Signature, Verifier, VerifyingKey};
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

/// Checks others' signatures.
#[derive(Clone, Copy, Debug)]
pub struct WebCrypto;

impl Verifier for WebCrypto {
    async fn verifies(&self, key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
        verify(key, message, signature).await.unwrap_or(false)
    }
}

async fn verify(key: &VerifyingKey, message: &[u8], signature: &Signature) -> Option<bool> {
    let raw = Uint8Array::from(key.as_bytes().as_slice());
    let uses = Array::of1(&"verify".into());
    let key = subtle()?.import_key_with_str("raw", &raw, ALGORITHM, false, &uses).ok()?;
    let key = JsFuture::from(key).await.ok()?.unchecked_into::<CryptoKey>();
    let verdict = subtle()?.verify_with_str_and_u8_array_and_u8_array(
        ALGORITHM,
        &key,
        signature.as_bytes(),
        message,
    );
    JsFuture::from(verdict.ok()?).await.ok()?.as_bool()
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
    Some(leptos_dom::helpers::window().crypto().ok()?.subtle())
}

fn bytes(buffer: JsValue) -> Vec<u8> {
    Uint8Array::new(&buffer).to_vec()
}

const ALGORITHM: &str = "Ed25519";
