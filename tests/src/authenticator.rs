//! A virtual authenticator in a browser window (WebAuthn Level 3 §11, through the DevTools domain
//! `WebAuthn`): it holds passkeys as a phone or a computer does, and its owner can be away, be
//! somebody else, or have copied it.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use shared_protocol::{PasskeyAssertion, PasskeyPart};

use crate::{Browser, Result};

/// The authenticator of one window.
pub struct Authenticator<'a> {
    browser: &'a Browser,
    id: Value,
}

impl<'a> Authenticator<'a> {
    /// Puts one into the window that the browser shows now. It is part of the device, knows its
    /// owner, and its owner agrees to everything.
    pub async fn into_window(browser: &'a Browser) -> Result<Self> {
        let cdp = browser.driver.cdp();
        cdp.send_raw("WebAuthn.enable", json!({ "enableUI": false })).await?;
        let options = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
            "automaticPresenceSimulation": true,
        });
        let options = json!({ "options": options });
        let added = cdp.send_raw("WebAuthn.addVirtualAuthenticator", options).await?;
        Ok(Self { browser, id: added["authenticatorId"].clone() })
    }

    /// The passkeys in it, with their private keys.
    pub async fn passkeys(&self) -> Result<Vec<Value>> {
        let held = self.tell("getCredentials", json!({})).await?;
        Ok(held["credentials"].as_array().cloned().unwrap_or_default())
    }

    /// Puts a passkey into it in place of all that it has.
    pub async fn hold_only(&self, passkey: &Value) -> Result {
        self.tell("clearCredentials", json!({})).await?;
        self.tell("addCredential", json!({ "credential": passkey })).await?;
        Ok(())
    }

    /// Whether the finger on it, or the face in front of it, is its owner's.
    pub async fn knows_its_owner(&self, yes: bool) -> Result {
        self.tell("setUserVerified", json!({ "isUserVerified": yes })).await?;
        Ok(())
    }

    /// Whether anybody answers it.
    pub async fn is_answered(&self, yes: bool) -> Result {
        self.tell("setAutomaticPresenceSimulation", json!({ "enabled": yes })).await?;
        Ok(())
    }

    async fn tell(&self, what: &str, mut about: Value) -> Result<Value> {
        about["authenticatorId"] = self.id.clone();
        let cdp = self.browser.driver.cdp();
        Ok(cdp.send_raw(&format!("WebAuthn.{what}"), about).await?)
    }
}

/// Has the current page, whatever it is, ask for the agent's passkey over this challenge.
pub async fn ask_here(browser: &Browser, challenge: &[u8]) -> Result<PasskeyAssertion> {
    let script = "const [challenge] = arguments, text = (buffer) => \
            btoa(String.fromCharCode(...new Uint8Array(buffer ?? []))); \
        return navigator.credentials.get({ publicKey: { challenge: Uint8Array.from(challenge), \
            rpId: 'localhost', userVerification: 'required' } }).then(({ rawId, response: r }) => \
            [rawId, r.authenticatorData, r.clientDataJSON, r.signature, r.userHandle].map(text))";
    let said = browser.driver.execute(script, vec![json!(challenge)]).await?;
    let said: [String; 5] = said.convert()?;
    let mut parts = Vec::new();
    for part in said {
        parts.push(PasskeyPart::new(BASE64.decode(part)?));
    }
    let parts: [PasskeyPart; 5] = parts.try_into().map_err(|_| anyhow::anyhow!("five parts"))?;
    let [credential_id, authenticator_data, client_data, signature, user_handle] = parts;
    Ok(PasskeyAssertion { credential_id, authenticator_data, client_data, signature, user_handle })
}

/// The bytes of a passkey's member, for example its id: DevTools writes base64.
pub fn member(passkey: &Value, name: &str) -> Result<Vec<u8>> {
    let text = passkey[name].as_str().unwrap_or_default();
    Ok(BASE64.decode(text).or_else(|_| BASE64URL.decode(text))?)
}

/// The public key of a passkey: an uncompressed point of P-256 (SEC 1 §2.3.3).
#[expect(clippy::disallowed_methods, reason = "ring wants a source of chance to read a key")]
pub fn public_point(passkey: &Value) -> Result<Vec<u8>> {
    let (private, kind) = (member(passkey, "privateKey")?, &ECDSA_P256_SHA256_ASN1_SIGNING);
    let pair = EcdsaKeyPair::from_pkcs8(kind, &private, &SystemRandom::new());
    let pair = pair.map_err(|error| anyhow::anyhow!("no key pair: {error}"))?;
    Ok(pair.public_key().as_ref().to_vec())
}
