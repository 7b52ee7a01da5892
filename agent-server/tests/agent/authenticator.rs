//! An authenticator in software, and a browser as far as it has a part: says and signs what
//! WebAuthn Level 3 wants, or anything else.

use std::collections::BTreeMap;

use agent_server::{domain::session::Proof, entropy::Entropy, http::session::begin_session};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use reqwest::{Method, Response};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use shared_protocol::{Digest, PasskeyAssertion, PasskeyPart};

use crate::market::Market;

pub const PRESENT: u8 = 1;
pub const VERIFIED: u8 = 1 << 2;
pub const ELIGIBLE: u8 = 1 << 3;
pub const BACKED_UP: u8 = 1 << 4;
pub const ATTESTED: u8 = 1 << 6;
pub const EXTENSIONS: u8 = 1 << 7;

/// One passkey, and what holds it.
pub struct Authenticator {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    pub credential_id: Vec<u8>,
    pub user_handle: Vec<u8>,
}

/// What browser and authenticator say; every part of it can be wrong.
#[derive(Clone, Debug)]
pub struct Moment {
    pub kind: &'static str,
    pub challenge: Vec<u8>,
    pub origin: String,
    pub cross_origin: bool,
    pub top_origin: Option<String>,
    pub rp_id: &'static str,
    pub flags: u8,
    pub counter: u32,
    /// What stands behind the counter.
    pub tail: Vec<u8>,
}

impl Moment {
    /// On a page of the agent's own.
    pub fn new(kind: &'static str, challenge: &[u8]) -> Self {
        Self {
            kind,
            challenge: challenge.to_vec(),
            origin: "http://localhost:7070".into(),
            cross_origin: false,
            top_origin: None,
            rp_id: "localhost",
            flags: PRESENT | VERIFIED,
            counter: 0,
            tail: Vec::new(),
        }
    }

    /// In the agent's frame, in a page of this origin.
    pub fn in_shop(challenge: Digest, shop: &str, counter: u32) -> Self {
        Self {
            cross_origin: true,
            top_origin: Some(shop.into()),
            counter,
            ..Self::new("webauthn.get", challenge.as_bytes())
        }
    }

    /// In the order of §5.8.1.1.
    fn client_data(&self) -> Vec<u8> {
        let mut said = BTreeMap::from([
            ("type", json!(self.kind)),
            ("challenge", json!(BASE64URL.encode(&self.challenge))),
            ("origin", json!(self.origin)),
            ("crossOrigin", json!(self.cross_origin)),
            ("other_keys_can_be_added_here", json!("do not compare clientDataJSON to a template")),
        ]);
        said.extend(self.top_origin.as_ref().map(|top| ("topOrigin", json!(top))));
        serde_json::to_vec(&said).unwrap()
    }

    fn authenticator_data(&self) -> Vec<u8> {
        let hash = digest(&SHA256, self.rp_id.as_bytes());
        [hash.as_ref(), &[self.flags], &self.counter.to_be_bytes(), &self.tail].concat()
    }
}

impl Authenticator {
    #[expect(clippy::disallowed_methods, reason = "ring makes such keys from its own source only")]
    pub fn new() -> Self {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).unwrap();
        let credential_id = Entropy::new().bytes::<32>().to_vec();
        Self { pair, random, credential_id, user_handle: vec![5; 32] }
    }

    /// Its public key (RFC 9053 §7.1.1).
    pub fn cose_key(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        [&head, x, &[0x22, 0x58, 32], y].concat()
    }

    pub fn assert(&self, moment: &Moment) -> PasskeyAssertion {
        let (data, client) = (moment.authenticator_data(), moment.client_data());
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.pair.sign(&self.random, &signed).unwrap();
        PasskeyAssertion {
            credential_id: PasskeyPart::new(self.credential_id.clone()),
            authenticator_data: PasskeyPart::new(data),
            client_data: PasskeyPart::new(client),
            signature: PasskeyPart::new(signature.as_ref()),
            user_handle: PasskeyPart::new(self.user_handle.clone()),
        }
    }

    /// A registration: client data and attestation object.
    pub fn create(&self, moment: &Moment) -> (Vec<u8>, Vec<u8>) {
        let length = u16::try_from(self.credential_id.len()).unwrap().to_be_bytes();
        let attested = [&[0; 16], &length[..], &self.credential_id, &self.cose_key()].concat();
        let tail = [attested, moment.tail.clone()].concat();
        let moment = Moment { flags: moment.flags | ATTESTED, tail, ..moment.clone() };
        let data = moment.authenticator_data();
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        (moment.client_data(), [&head[..], &length, &data].concat())
    }
}

impl Market {
    /// The contract whose number ends so.
    pub async fn contract(&self, tail: &str) -> i64 {
        let all = self.agent.app.store.contracts().await.unwrap();
        all.iter().find(|row| row.number_tail == tail).unwrap().facts.id
    }

    /// The cookie of whoever is signed in with that contract.
    pub async fn cookie(&self, tail: &str) -> String {
        let contract = self.contract(tail).await;
        let cookie = begin_session(&self.agent.app, contract, Proof::Passkey).await;
        cookie.unwrap().to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// Sends JSON as the script does.
    pub async fn post(&self, path: &str, cookie: &str, body: &Value) -> Response {
        let request = self.http.request(Method::POST, self.url(path)).body(body.to_string());
        let request = request.header("content-type", "application/json");
        request.header("cookie", cookie).send().await.unwrap()
    }

    /// The answer to that, which must be a good one.
    pub async fn posted(&self, path: &str, cookie: &str, body: &Value) -> Value {
        let answer = self.post(path, cookie, body).await;
        assert_eq!(answer.status(), 200, "{path}");
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// A passkey, registered for the contract whose number ends so.
    pub async fn enrolled(&self, tail: &str) -> Authenticator {
        let (cookie, mut passkey) = (self.cookie(tail).await, Authenticator::new());
        let options = self.posted("/me/passkeys/options", &cookie, &json!({})).await;
        passkey.user_handle = unbase64(&options["user"]["id"]);
        let moment = Moment::new("webauthn.create", &unbase64(&options["challenge"]));
        let body = registration(&passkey, &moment);
        self.posted("/me/passkeys", &cookie, &body).await;
        passkey
    }
}

/// What the script sends to register.
pub fn registration(passkey: &Authenticator, moment: &Moment) -> Value {
    let (client_data, object) = passkey.create(moment);
    json!({
        "clientDataJSON": BASE64URL.encode(client_data),
        "attestationObject": BASE64URL.encode(object),
        "transports": ["internal", "hybrid"],
        "name": " My phone ",
    })
}

/// What the script sends to sign in.
pub fn assertion(said: &PasskeyAssertion) -> Value {
    json!({
        "id": BASE64URL.encode(said.credential_id.expose()),
        "authenticatorData": BASE64URL.encode(said.authenticator_data.expose()),
        "clientDataJSON": BASE64URL.encode(said.client_data.expose()),
        "signature": BASE64URL.encode(said.signature.expose()),
        "userHandle": BASE64URL.encode(said.user_handle.expose()),
    })
}

pub fn unbase64(text: &Value) -> Vec<u8> {
    BASE64URL.decode(text.as_str().unwrap()).unwrap()
}
