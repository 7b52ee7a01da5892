//! A passkey in software, as a synced one is: for shoppers without a screen. It says what a browser
//! and an authenticator say, and signs with ring.

use anyhow::{Context as _, ensure};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use shared_protocol::{Digest, PasskeyAssertion, PasskeyPart};

use crate::{Result, Shop, randomness::Entropy, server::http};

/// A passkey that is registered for a contract. It does not count its signatures (§6.1.1), as those
/// that live on several devices do not.
pub struct Passkey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    agent: String,
    /// Which one.
    pub credential_id: Vec<u8>,
    /// Whose, as the agent says.
    pub user_handle: Vec<u8>,
}

impl Passkey {
    /// Signs in to the contract of this address by a mailed code, and registers a new passkey.
    pub async fn register(shop: &Shop, email: &str) -> Result<Self> {
        let (http, agent) = (http()?, shop.agent.url.clone());
        let cookie = sign_in(shop, &http, email).await?;
        let post = async |path: &str, body: &Value| -> Result<Value> {
            let request = http.post(format!("{agent}{path}")).header("cookie", &cookie);
            let answer = request.json(body).send().await?;
            ensure!(answer.status().is_success(), "{path}: {}", answer.status());
            Ok(answer.json().await?)
        };
        let options = post("/me/passkeys/options", &json!({})).await?;
        let mut passkey = Self::new(&agent)?;
        passkey.user_handle = bytes(&options["user"]["id"])?;
        let client = client_data("webauthn.create", &bytes(&options["challenge"])?, &agent, None);
        let body = json!({
            "clientDataJSON": BASE64URL.encode(client),
            "attestationObject": BASE64URL.encode(passkey.attestation()?),
            "transports": ["internal", "hybrid"],
            "name": "software",
        });
        let letters = shop.post.letters()?.len();
        post("/me/passkeys", &body).await?;
        // Its owner is told.
        shop.post.wait_for(letters + 1).await?;
        Ok(passkey)
    }

    #[expect(clippy::disallowed_methods, reason = "ring makes such keys from its own source only")]
    fn new(agent: &str) -> Result<Self> {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let told = |error| anyhow::anyhow!("no key pair: {error}");
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random);
        let pkcs8 = pkcs8.map_err(|_| anyhow::anyhow!("no randomness for a key pair"))?;
        let pair = EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).map_err(told)?;
        let mut credential_id = vec![0; 32];
        rand_core::TryRng::try_fill_bytes(&mut Entropy::new(), &mut credential_id)?;
        Ok(Self { pair, random, agent: agent.into(), credential_id, user_handle: Vec::new() })
    }

    /// Approves a tally in the agent's frame, in a page of this origin.
    pub fn approve(&self, tally: Digest, shop: &str) -> Result<PasskeyAssertion> {
        let client = client_data("webauthn.get", tally.as_bytes(), &self.agent, Some(shop));
        let data = authenticator_data(PRESENT | VERIFIED, &[]);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.pair.sign(&self.random, &signed);
        let signature = signature.map_err(|_| anyhow::anyhow!("no signature"))?;
        Ok(PasskeyAssertion {
            credential_id: PasskeyPart::new(self.credential_id.clone()),
            authenticator_data: PasskeyPart::new(data),
            client_data: PasskeyPart::new(client),
            signature: PasskeyPart::new(signature.as_ref()),
            user_handle: PasskeyPart::new(self.user_handle.clone()),
        })
    }

    /// An attestation object without attestation (§6.5, §8.7).
    fn attestation(&self) -> Result<Vec<u8>> {
        let length = u16::try_from(self.credential_id.len())?.to_be_bytes();
        let attested = [&[0; 16], &length[..], &self.credential_id, &self.cose_key()].concat();
        let data = authenticator_data(PRESENT | VERIFIED | ATTESTED, &attested);
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";
        Ok([&head[..], &u16::try_from(data.len())?.to_be_bytes(), &data].concat())
    }

    /// Its public key (RFC 9053 §7.1.1).
    fn cose_key(&self) -> Vec<u8> {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        [&head, x, &[0x22, 0x58, 32], y].concat()
    }
}

/// The cookie of whoever has this address.
pub async fn sign_in(shop: &Shop, http: &reqwest::Client, email: &str) -> Result<String> {
    let agent = &shop.agent.url;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let letters = shop.post.letters()?.len();
    let asked = http.post(format!("{agent}/sign-in")).header(form.0, form.1);
    let asked = asked.body(format!("email={}", email.replace('@', "%40"))).send().await?;
    let page = asked.text().await?;
    let about = page.split("name=\"about\" value=\"").nth(1).and_then(|at| at.split('"').next());
    let about = about.with_context(|| format!("no code was asked for:\n{page}"))?;
    let code = shop.post.wait_for(letters + 1).await?.code()?;
    let unfollowed = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let tried = unfollowed.build()?.post(format!("{agent}/sign-in/code")).header(form.0, form.1);
    let tried = tried.body(format!("about={about}&code={code}")).send().await?;
    let cookie = tried.headers().get("set-cookie").context("the code was refused")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// In the order of §5.8.1.1.
fn client_data(kind: &str, challenge: &[u8], origin: &str, top: Option<&str>) -> Vec<u8> {
    let challenge = BASE64URL.encode(challenge);
    let head =
        format!("{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\"");
    match top {
        Some(top) => format!("{head},\"crossOrigin\":true,\"topOrigin\":\"{top}\"}}"),
        None => format!("{head},\"crossOrigin\":false}}"),
    }
    .into_bytes()
}

fn authenticator_data(flags: u8, tail: &[u8]) -> Vec<u8> {
    let party = digest(&SHA256, b"localhost");
    [party.as_ref(), &[flags], &0_u32.to_be_bytes(), tail].concat()
}

fn bytes(text: &Value) -> Result<Vec<u8>> {
    Ok(BASE64URL.decode(text.as_str().context("no text")?)?)
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ATTESTED: u8 = 1 << 6;
