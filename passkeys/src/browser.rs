//! What a browser is asked for and what it answers, as JSON with binary members in base64url, like
//! WebAuthn Level 3 §5.1.8 and §5.1.9 write them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Deserialize;
use serde_json::{Value, json};
use shared_protocol::{PasskeyAssertion, PasskeyPart, Problem};

use crate::{RelyingParty, UserHandle};

/// For whom a passkey is made: what people call the server and the account.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// The server.
    pub server: &'a RelyingParty,
    /// What people call it.
    pub server_name: &'a str,
    /// The account, as authenticators call it.
    pub user: &'a UserHandle,
    /// As people call it.
    pub user_name: &'a str,
}

/// `PublicKeyCredentialDescriptorJSON`: a passkey that is known.
pub fn descriptor(id: &[u8], transports: &str) -> Value {
    let transports: Vec<_> = transports.split_whitespace().collect();
    json!({ "type": "public-key", "id": BASE64URL.encode(id), "transports": transports })
}

/// `PublicKeyCredentialCreationOptionsJSON`; `known` are the account's passkeys.
pub fn creation(party: &Party<'_>, known: Vec<Value>, challenge: &[u8]) -> Value {
    let algorithm = |alg| json!({ "type": "public-key", "alg": alg });
    let Party { server, server_name, user, user_name } = party;
    json!({
        "rp": { "id": server.id, "name": server_name },
        "user": { "id": BASE64URL.encode(user), "name": user_name, "displayName": user_name },
        "challenge": BASE64URL.encode(challenge),
        "pubKeyCredParams": ALGORITHMS.map(algorithm),
        "timeout": PATIENCE,
        "excludeCredentials": known,
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
    })
}

/// `PublicKeyCredentialRequestOptionsJSON`; where none is allowed by name, any passkey of this
/// server may answer.
pub fn request(server: &RelyingParty, allowed: &[Value], challenge: &[u8]) -> Value {
    let mut options = json!({
        "challenge": BASE64URL.encode(challenge),
        "rpId": server.id,
        "userVerification": "required",
        "timeout": PATIENCE,
    });
    if !allowed.is_empty() {
        options["allowCredentials"] = allowed.into();
    }
    options
}

/// What a browser answers to [`creation`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaidRegistration {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    attestation_object: String,
    #[serde(default)]
    transports: Vec<String>,
    /// What its owner calls the passkey.
    #[serde(default)]
    pub name: String,
}

/// What a browser answers to [`request`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaidAssertion {
    id: String,
    authenticator_data: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    signature: String,
    #[serde(default)]
    user_handle: String,
}

impl SaidRegistration {
    /// Client data and attestation object.
    ///
    /// # Errors
    /// [`Problem::MalformedMessage`].
    pub fn read(&self) -> Result<(Vec<u8>, Vec<u8>), Problem> {
        Ok((decoded(&self.client_data)?, decoded(&self.attestation_object)?))
    }

    /// How browsers reach the passkey, space between.
    pub fn transports(&self) -> String {
        let plain = self.transports.iter().filter(|transport| is_plain(transport));
        plain.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl SaidAssertion {
    /// The assertion in it.
    ///
    /// # Errors
    /// [`Problem::MalformedMessage`].
    pub fn read(self) -> Result<PasskeyAssertion, Problem> {
        let part = |text: &str| decoded(text).map(PasskeyPart::new);
        Ok(PasskeyAssertion {
            credential_id: part(&self.id)?,
            authenticator_data: part(&self.authenticator_data)?,
            client_data: part(&self.client_data)?,
            signature: part(&self.signature)?,
            user_handle: part(&self.user_handle)?,
        })
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Problem> {
    BASE64URL.decode(text).map_err(|_| Problem::MalformedMessage)
}

/// As every transport's name is (§5.8.4).
fn is_plain(transport: &str) -> bool {
    transport.len() <= 16 && transport.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// ES256, EdDSA, RS256 (§5.8.5).
const ALGORITHMS: [i32; 3] = [-7, -8, -257];
/// How long a browser waits for its owner, in milliseconds: the most that §15.1 recommends.
const PATIENCE: u32 = 300_000;
