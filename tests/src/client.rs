//! The protocol spoken without a browser: what the widget does, as plain calls, so that a test can
//! stop between any two of them, repeat them, or say something false.

use anyhow::{Context as _, bail};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use shared_protocol::{
    Acceptance, Address, Challenge, ChallengeRequest, Contact, ContractNumber, Credential,
    Delivery, Form, Grant, GrantProof, Locale, Mark, MerchantId, Message, Offer, OrderForm,
    PasskeyAssertion, Personal, Plan, Problem, PurchaseId, PurchaseStatus, SealedPurchase,
    SecurityCode, Signature, Signed, Signer, Terms, Timestamp, Verified, VerifyingKey, decode,
    encode, split,
};

use crate::{Result, randomness::Entropy};

/// A shopper's program without a screen.
pub struct Client {
    /// Plain HTTP.
    pub http: reqwest::Client,
    agent: String,
    merchant: String,
    merchant_id: MerchantId,
    agent_key: VerifyingKey,
    mark: (Signed<Mark>, Verified<Mark>),
}

/// A purchase that is ready to be sent, and can be sent again.
#[derive(Clone)]
pub struct Attempt {
    /// Its id.
    pub purchase: PurchaseId,
    /// Two envelopes and the tally.
    pub sealed: SealedPurchase,
    /// The order half as the fields of a form.
    pub form: OrderForm,
}

/// A server's answer: the message, or the numbered problem of its problem document.
pub type Answer<T> = std::result::Result<T, Refused>;

/// A problem document that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The problem.
    pub problem: Problem,
    /// The fields that it names.
    pub fields: Vec<String>,
}

/// A session key as the browser's, but made by ring.
pub struct SessionKey(Ed25519KeyPair);

impl SessionKey {
    /// A fresh one.
    pub fn random() -> Result<Self> {
        let mut seed = [0; 32];
        rand_core::TryRng::try_fill_bytes(&mut Entropy::new(), &mut seed)?;
        Self::from_seed(&seed)
    }

    /// The key of these 32 bytes.
    pub fn from_seed(seed: &[u8]) -> Result<Self> {
        Ok(Self(Ed25519KeyPair::from_seed_unchecked(seed).map_err(|e| anyhow::anyhow!("{e}"))?))
    }
}

impl Signer for SessionKey {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature::try_from(self.0.sign(message).as_ref()).expect("Ed25519 signs 64 bytes")
    }

    fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::try_from(self.0.public_key().as_ref()).expect("Ed25519 keys have 32 bytes")
    }
}

impl Client {
    /// Meets agent and merchant: reads the agent's key and the merchant's Mark.
    pub async fn meet(agent: &str, merchant: &str, merchant_id: &str) -> Result<Self> {
        let http = crate::server::http()?;
        let known: serde_json::Value =
            http.get(format!("{agent}/.well-known/warifu")).send().await?.json().await?;
        let key = known["verifying_keys"][0].as_str().context("no verifying key published")?;
        let agent_key = VerifyingKey::try_from(BASE64URL.decode(key)?.as_slice())
            .map_err(|_| anyhow::anyhow!("not a key: {key}"))?;
        let signed: Signed<Mark> = fetch(&http, &format!("{agent}/v1/marks/{merchant_id}")).await?;
        let mark = signed.verify(&agent_key)?;
        Ok(Self {
            http,
            agent: agent.into(),
            merchant: merchant.into(),
            merchant_id: merchant_id.parse().map_err(|_| anyhow::anyhow!("not a merchant id"))?,
            agent_key,
            mark: (signed, mark),
        })
    }

    /// The Mark as it came.
    pub fn signed_mark(&self) -> &Signed<Mark> {
        &self.mark.0
    }

    /// The agent's verifying key.
    pub fn agent_key(&self) -> &VerifyingKey {
        &self.agent_key
    }

    /// Where the agent is.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// The merchant's name in the protocol.
    pub fn merchant_id(&self) -> &MerchantId {
        &self.merchant_id
    }

    /// The merchant's Offer of an item.
    pub async fn offer(&self, item: &str) -> Result<Signed<Offer>> {
        fetch(&self.http, &format!("{}/warifu/v1/offers/{item}", self.merchant)).await
    }

    /// A Challenge for this purchase.
    pub async fn challenge(&self, purchase: PurchaseId) -> Result<Answer<Signed<Challenge>>> {
        let request = ChallengeRequest { merchant: self.merchant_id.clone(), purchase };
        self.send("POST", &format!("{}/v1/challenges", self.agent), &request).await
    }

    /// Splits, signs and seals a form for an item.
    pub async fn prepare(&self, item: &str, form: Form) -> Result<Attempt> {
        let purchase = PurchaseId::random(&mut Entropy::new());
        let signed_challenge =
            self.challenge(purchase).await?.map_err(|r| anyhow::anyhow!("{r:?}"))?;
        let signed_offer = self.offer(item).await?;
        self.prepare_with(form, &signed_offer, &signed_challenge)
    }

    /// The same, with words that the test chose.
    pub fn prepare_with(
        &self,
        form: Form,
        signed_offer: &Signed<Offer>,
        signed_challenge: &Signed<Challenge>,
    ) -> Result<Attempt> {
        let mut rng = Entropy::new();
        let challenge = signed_challenge.verify(&self.agent_key)?;
        let offer = signed_offer.verify(&self.mark.1.verifying_key)?;
        let terms = Terms {
            mark: &self.mark.1,
            offer: &offer,
            signed_offer,
            challenge: &challenge,
            signed_challenge,
        };
        let halves = split(form, &terms, challenge.issued, &mut rng)?;
        let key = SessionKey::random()?;
        let signature = key.sign(&halves.signing_input());
        let form = halves.order_form();
        let sealed = halves.seal(signature, key.verifying_key(), &terms, &mut rng)?;
        Ok(Attempt { purchase: challenge.purchase, sealed, form })
    }

    /// The same attempt with a passkey's word on it.
    pub fn with_passkey(
        &self,
        attempt: Attempt,
        signed_offer: &Signed<Offer>,
        signed_challenge: &Signed<Challenge>,
        said: &PasskeyAssertion,
    ) -> Result<Attempt> {
        let challenge = signed_challenge.verify(&self.agent_key)?;
        let offer = signed_offer.verify(&self.mark.1.verifying_key)?;
        let terms = Terms {
            mark: &self.mark.1,
            offer: &offer,
            signed_offer,
            challenge: &challenge,
            signed_challenge,
        };
        let sealed = attempt.sealed.with_passkey(said, &terms, &mut Entropy::new())?;
        Ok(Attempt { sealed, ..attempt })
    }

    /// Steps 57–60.
    pub async fn grant(&self, attempt: &Attempt) -> Result<Answer<Signed<Grant>>> {
        let url = format!("{}/v1/purchases/{}/grant", self.agent, attempt.purchase);
        self.send("PUT", &url, &attempt.sealed.grant_request()).await
    }

    /// Steps 54–55.
    pub async fn check(&self, attempt: &Attempt) -> Result<Answer<()>> {
        let url = format!("{}/warifu/v1/purchases/{}/check", self.merchant, attempt.purchase);
        let answer = self.raw("POST", &url, &attempt.sealed.order_check()).await?;
        Ok(answer.map(|_| ()))
    }

    /// Steps 61–62.
    pub async fn submit(
        &self,
        attempt: &Attempt,
        grant: &Signed<Grant>,
    ) -> Result<Answer<Signed<Acceptance>>> {
        let submission = attempt.sealed.order_submission(GrantProof::Signed(grant.clone()));
        self.submit_as(attempt.purchase, &submission).await
    }

    /// Hands over any submission under any purchase id.
    pub async fn submit_as(
        &self,
        purchase: PurchaseId,
        submission: &shared_protocol::OrderSubmission,
    ) -> Result<Answer<Signed<Acceptance>>> {
        let url = format!("{}/warifu/v1/purchases/{purchase}", self.merchant);
        self.send("PUT", &url, submission).await
    }

    /// Tells the agent what the merchant said, as the widget does.
    pub async fn forward(
        &self,
        attempt: &Attempt,
        word: &Signed<Acceptance>,
    ) -> Result<Answer<()>> {
        let url = format!("{}/v1/purchases/{}/acceptance", self.agent, attempt.purchase);
        Ok(self.raw("PUT", &url, word).await?.map(|_| ()))
    }

    /// How the agent sees the purchase.
    pub async fn status(&self, purchase: PurchaseId) -> Result<PurchaseStatus> {
        fetch(&self.http, &format!("{}/v1/purchases/{purchase}", self.agent)).await
    }

    /// How the merchant sees the purchase.
    pub async fn merchant_status(&self, purchase: PurchaseId) -> Result<PurchaseStatus> {
        fetch(&self.http, &format!("{}/warifu/v1/purchases/{purchase}", self.merchant)).await
    }

    /// Sends a message and reads the answer as a message.
    pub async fn send<M: Message, T: Message>(
        &self,
        method: &str,
        url: &str,
        message: &M,
    ) -> Result<Answer<T>> {
        match self.raw(method, url, message).await? {
            Ok(bytes) => Ok(Ok(decode(&bytes).map_err(|e| anyhow::anyhow!("{url}: {e:?}"))?)),
            Err(refused) => Ok(Err(refused)),
        }
    }

    /// Sends a message and gives the answer's bytes.
    pub async fn raw<M: Message>(
        &self,
        method: &str,
        url: &str,
        message: &M,
    ) -> Result<Answer<Vec<u8>>> {
        let answer = self
            .http
            .request(method.parse()?, url)
            .header("content-type", M::media_type())
            .body(encode(message))
            .send()
            .await?;
        if answer.status().is_success() {
            return Ok(Ok(answer.bytes().await?.to_vec()));
        }
        Ok(Err(refusal(answer).await?))
    }
}

/// Reads a problem document; anything else is a fault of the server.
pub async fn refusal(answer: reqwest::Response) -> Result<Refused> {
    let status = answer.status();
    let kind = answer.headers().get("content-type").cloned();
    if kind.as_ref().is_none_or(|kind| kind != "application/problem+json") {
        bail!("{status} without a problem document ({kind:?}): {}", answer.text().await?);
    }
    let tells_when = answer.headers().contains_key("retry-after");
    anyhow::ensure!(tells_when || status != 503, "{status} and not when to ask again");
    let document: serde_json::Value = answer.json().await?;
    let code = document["code"].as_str().context("a problem document has a code")?;
    let problem = Problem::from_code(code).with_context(|| format!("unknown problem {code}"))?;
    anyhow::ensure!(problem.status() == status.as_u16(), "{code} came with {status}");
    let fields = document["fields"].as_array().into_iter().flatten();
    let fields = fields.filter_map(|f| Some(f["name"].as_str()?.to_string())).collect();
    Ok(Refused { problem, fields })
}

async fn fetch<M: Message>(http: &reqwest::Client, url: &str) -> Result<M> {
    let answer = http.get(url).send().await?;
    if !answer.status().is_success() {
        bail!("{url}: {:?}", refusal(answer).await?);
    }
    decode(&answer.bytes().await?).map_err(|e| anyhow::anyhow!("{url}: {e:?}"))
}

/// What a good shopper fills in, for one teapot.
pub fn good_form() -> Form {
    form_with("C900000000001", "2468")
}

/// The same, paid from another contract.
pub fn form_with(contract: &str, code: &str) -> Form {
    let text = Personal::new;
    Form {
        quantity: 1,
        contact: Contact {
            name: text("山田 花子"),
            kana: text("ヤマダ ハナコ"),
            email: text("hanako@example.jp"),
            phone: text("0312345678"),
        },
        delivery: Delivery::Physical(Address {
            name: text("山田 花子"),
            postal_code: text("1040061"),
            region: "JP-13".parse().expect("Tokyo's code"),
            locality: text("中央区"),
            line1: text("銀座1-2-3"),
            line2: text("茶ビル 4F"),
            phone: text("0312345678"),
        }),
        credential: Credential::Code {
            contract: ContractNumber::new(contract),
            code: SecurityCode::new(code),
        },
        plan: Plan::Single,
        quote: None,
        locale: Locale::Ja,
    }
}

/// The same, paid by whichever contract a passkey speaks for.
pub fn form_by_passkey() -> Form {
    Form { credential: Credential::Passkey, ..good_form() }
}

/// The moment after which nothing signed now can still be good.
pub fn far_future() -> Timestamp {
    Timestamp::from_millis(i64::MAX / 2)
}
