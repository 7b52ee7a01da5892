//! Somebody at the shop's desk: a browser with one cookie, and a passkey in software.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use merchant_server::domain::desk::{Invitation, Role, invite};
use merchant_server::entropy::Entropy;
use merchant_server::keys::Keyring;
use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use shared_protocol::{
    Amount, Claim, Digest, Receipt, Refund, Settlement, SettlementEvent, ShippingNotice, Signed,
    Statement, Verified, VerifyingKey, Void, decode, encode,
};

use crate::market::Market;

/// Where the desk is, for browsers.
pub const DESK: &str = "http://localhost:8080";

/// Somebody.
pub struct Clerk<'m> {
    pub market: &'m Market,
    pub cookie: String,
    pub passkey: Passkey,
}

/// One passkey, and what holds it; it counts.
pub struct Passkey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    id: Vec<u8>,
    handle: Vec<u8>,
    pub counter: u32,
}

/// What a page or a form answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub to: String,
    pub cookie: String,
    pub text: String,
    pub headers: reqwest::header::HeaderMap,
}

/// How a request is made that may be let in or not.
#[derive(Clone, Debug, Default)]
pub struct Ask<'a> {
    pub cookie: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub site: Option<&'a str>,
    pub token: Option<&'a str>,
    pub form: &'a [(&'a str, &'a str)],
    pub json: Option<Value>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// What stands in the page between two texts.
    pub fn between(&self, before: &str, after: &str) -> String {
        let found = self.text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
        found.unwrap_or_else(|| panic!("no {before} in {}", self.text)).0.to_owned()
    }
}

impl Market {
    /// Asks the desk for something, as a browser does.
    pub async fn ask_desk(&self, method: Method, path: &str, ask: Ask<'_>) -> Reply {
        let unfollowed = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let mut request = unfollowed.build().unwrap().request(method.clone(), self.url(path));
        request = request.header(HOST, "localhost:8080").header(ACCEPT_LANGUAGE, "en");
        request = match &ask.json {
            Some(_) => request.header(ACCEPT, "application/json"),
            None => request.header(ACCEPT, "text/html,*/*;q=0.8"),
        };
        for (name, value) in [
            (COOKIE.as_str(), ask.cookie),
            (ORIGIN.as_str(), ask.origin),
            ("sec-fetch-site", ask.site),
            ("x-form-token", ask.token.filter(|_| ask.json.is_some())),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        if let Some(json) = &ask.json {
            request = request.header(CONTENT_TYPE, "application/json").body(json.to_string());
        } else if method == Method::POST {
            let pairs = ask.form.iter().copied().chain(ask.token.map(|t| ("form_token", t)));
            let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
            let kind = "application/x-www-form-urlencoded";
            request = request.header(CONTENT_TYPE, kind).body(pairs.join("&"));
        }
        let answer = request.send().await.unwrap();
        let headers = answer.headers().clone();
        let header = |name: &str| {
            let value = headers.get(name).map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        };
        let cookie = header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let (to, status) = (header("location"), answer.status().as_u16());
        Reply { status, to, cookie, headers, text: answer.text().await.unwrap() }
    }

    /// A link's token for somebody new.
    pub async fn invites(&self, name: &str, role: Role) -> String {
        let (store, now) = (self.running().app.store(), self.now());
        let new = Invitation::New(name, role);
        let token = invite(store, &mut Entropy::system(), new, None, now).await.unwrap();
        token.unwrap().expose()
    }

    /// Somebody new who has come in.
    pub async fn clerk(&self, name: &str, role: Role) -> Clerk<'_> {
        let token = self.invites(name, role).await;
        self.clerk_by(&token).await
    }

    /// Whoever has this link's token comes in.
    pub async fn clerk_by(&self, token: &str) -> Clerk<'_> {
        let at = format!("/desk/enrol/{token}");
        let options = self.json_to(&format!("{at}/options"), json!({})).await.json();
        let passkey = Passkey::new(bytes(&options["user"]["id"]));
        let said = passkey.create(&bytes(&options["challenge"]));
        let entered = self.json_to(&at, said).await;
        assert_eq!(entered.status, 200, "{entered:?}");
        Clerk { market: self, cookie: entered.cookie, passkey }
    }

    /// JSON as the script sends it, of nobody who is signed in.
    pub async fn json_to(&self, path: &str, json: Value) -> Reply {
        let ask = Ask { origin: Some(DESK), json: Some(json), ..Ask::default() };
        self.ask_desk(Method::POST, path, ask).await
    }

    /// From now on the agent books whatever adds up, of one order of this amount.
    pub fn books_all(&self, granted: Amount) {
        let shop = self.verifying_key();
        let keys = Keyring::load(&self.folder.path().join("agent-keys")).unwrap();
        let books = std::sync::Mutex::new(Settlement::of(granted));
        let entries = std::sync::Mutex::new(std::collections::HashMap::<Vec<u8>, _>::new());
        self.agent.will_book(move |said| {
            let (receipt, event, word) = read(said, &shop);
            let mut books = books.lock().unwrap();
            let mut entries = entries.lock().unwrap();
            if let Some(before) = entries.get(said) {
                return (200, Vec::clone(before));
            }
            let Ok(after) = books.apply(event) else {
                let document = json!({ "code": "amount_exceeded", "status": 409 });
                return (409, document.to_string().into_bytes());
            };
            *books = after;
            let receipt = Receipt {
                word,
                standing: after.state(),
                granted,
                claimed: after.claimed(),
                voided: after.voided(),
                refunded: after.refunded(),
                ..receipt
            };
            let answer = encode(&Signed::sign(&receipt, &keys));
            entries.insert(said.to_vec(), answer.clone());
            (200, answer)
        });
    }
}

/// Whatever was said: a receipt without sums, what it does, and its digest.
fn read(said: &[u8], shop: &VerifyingKey) -> (Receipt, SettlementEvent, Digest) {
    fn of<T: Statement>(said: &[u8], shop: &VerifyingKey) -> Option<(Verified<T>, Digest)> {
        let said: Signed<T> = decode(said).ok()?;
        Some((said.verify(shop).ok()?, said.digest()))
    }
    macro_rules! receipt {
        ($said:ident, $at:ident, $word:ident) => {
            Receipt {
                agent: $said.agent.clone(),
                merchant: $said.merchant.clone(),
                purchase: $said.purchase,
                word: $word,
                standing: shared_protocol::SettlementState::Unclaimed,
                granted: Amount { minor: 0, currency: "JPY".parse().unwrap() },
                claimed: Amount { minor: 0, currency: "JPY".parse().unwrap() },
                voided: Amount { minor: 0, currency: "JPY".parse().unwrap() },
                refunded: Amount { minor: 0, currency: "JPY".parse().unwrap() },
                entry: 1,
                journal: Digest::new([1; 32]),
                booked: $said.$at,
            }
        };
    }
    if let Some((said, word)) = of::<Claim>(said, shop) {
        return (receipt!(said, claimed, word), SettlementEvent::Claimed(said.amount), word);
    }
    if let Some((said, word)) = of::<Refund>(said, shop) {
        return (receipt!(said, refunded, word), SettlementEvent::Refunded(said.amount), word);
    }
    if let Some((said, word)) = of::<Void>(said, shop) {
        return (receipt!(said, voided, word), SettlementEvent::Voided(said.amount), word);
    }
    let (said, word) = of::<ShippingNotice>(said, shop).expect("a word of a shop's");
    (receipt!(said, shipped, word), SettlementEvent::Shipped, word)
}

impl Clerk<'_> {
    pub async fn get(&self, path: &str) -> Reply {
        let ask = Ask { cookie: Some(&self.cookie), ..Ask::default() };
        self.market.ask_desk(Method::GET, path, ask).await
    }

    /// A page that must be there.
    pub async fn page(&self, path: &str) -> Reply {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply
    }

    /// The token in the forms of this session.
    pub async fn token(&self) -> String {
        self.page("/desk").await.between("name=\"form_token\" value=\"", "\"")
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let token = self.token().await;
        let (cookie, token) = (Some(self.cookie.as_str()), Some(token.as_str()));
        let ask = Ask { cookie, origin: Some(DESK), token, form, ..Ask::default() };
        self.market.ask_desk(Method::POST, path, ask).await
    }

    pub async fn post_json(&self, path: &str, json: Value) -> Reply {
        let token = self.token().await;
        let (cookie, token) = (Some(self.cookie.as_str()), Some(token.as_str()));
        let ask = Ask { cookie, origin: Some(DESK), token, json: Some(json), ..Ask::default() };
        self.market.ask_desk(Method::POST, path, ask).await
    }

    /// What a passkey is asked to sign at this address.
    pub async fn challenge(&self, at: &str) -> Vec<u8> {
        let options = self.post_json(&format!("{at}/options"), json!({})).await;
        assert_eq!(options.status, 200, "{options:?}");
        bytes(&options.json()["challenge"])
    }

    /// Signs what is shown at this address; where that leads.
    pub async fn signs(&mut self, at: &str) -> String {
        let challenge = self.challenge(at).await;
        let said = self.passkey.sign(&challenge);
        let done = self.post_json(at, said).await;
        assert_eq!(done.status, 200, "{done:?}");
        done.json()["next"].as_str().unwrap().to_owned()
    }

    /// Signs in anew.
    pub async fn signs_in(&mut self) {
        let options = self.market.json_to("/desk/sign-in/options", json!({})).await.json();
        let said = self.passkey.sign(&bytes(&options["challenge"]));
        let entered = self.market.json_to("/desk/sign-in", said).await;
        assert_eq!(entered.status, 200, "{entered:?}");
        self.cookie = entered.cookie;
    }
}

impl Passkey {
    #[expect(clippy::disallowed_methods, reason = "ring makes such keys from its own source only")]
    pub fn new(handle: Vec<u8>) -> Self {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).unwrap();
        let id = pair.public_key().as_ref()[1..33].to_vec();
        Self { pair, random, id, handle, counter: 0 }
    }

    /// A registration, as the script sends it (WebAuthn Level 3 §6.5, RFC 9053 §7.1.1).
    pub fn create(&self, challenge: &[u8]) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], x, &[0x22, 0x58, 32], y];
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let tail = [&[0; 16][..], &length, &self.id, &key.concat()].concat();
        let data = [self.data(1 | 4 | 64), tail].concat();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";
        json!({
            "clientDataJSON": BASE64URL.encode(client("webauthn.create", challenge)),
            "attestationObject": BASE64URL.encode([&head[..], &length, &data].concat()),
            "transports": ["internal"],
        })
    }

    /// An assertion, as the script sends it.
    pub fn sign(&mut self, challenge: &[u8]) -> Value {
        self.counter += 1;
        let (data, client) = (self.data(1 | 4), client("webauthn.get", challenge));
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.pair.sign(&self.random, &signed).unwrap();
        json!({
            "id": BASE64URL.encode(&self.id),
            "authenticatorData": BASE64URL.encode(data),
            "clientDataJSON": BASE64URL.encode(client),
            "signature": BASE64URL.encode(signature),
            "userHandle": BASE64URL.encode(&self.handle),
        })
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let party = digest(&SHA256, b"localhost");
        [party.as_ref(), &[flags], &self.counter.to_be_bytes()].concat()
    }
}

fn client(kind: &str, challenge: &[u8]) -> Vec<u8> {
    let challenge = BASE64URL.encode(challenge);
    let said = json!({ "type": kind, "challenge": challenge, "origin": DESK });
    said.to_string().into_bytes()
}

pub fn bytes(text: &Value) -> Vec<u8> {
    BASE64URL.decode(text.as_str().unwrap()).unwrap()
}
