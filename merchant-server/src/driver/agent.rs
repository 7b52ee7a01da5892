//! How the agent is spoken to: HTTP, short patience, no redirects, answers of limited size.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use reqwest::header::{CONTENT_TYPE, DATE};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared_protocol::{
    Acceptance, AgentId, Grant, KeyList, Mailbox, MailboxVisit, MerchantId, Message, Problem,
    PurchaseId, PurchaseStatus, Receipt, Refusal, Signed, Signer as _, Timestamp, VerifyingKey,
    decode, encode,
};

use crate::app::App;
use crate::config::Origin;
use crate::domain::SignedStep;
use crate::keys::{Keyring, public_text};
use crate::store::ParcelKind;

/// A line to the agent.
pub struct AgentClient {
    client: Client,
    url: Origin,
}

/// Events as the agent would send them.
#[derive(Debug, Deserialize)]
pub struct ToldEvents {
    /// Oldest first.
    pub events: Vec<ToldEvent>,
    /// After which to ask next.
    pub next: String,
}

/// One event: the three headers of Standard Webhooks, and the body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ToldEvent {
    /// `webhook-id`
    pub webhook_id: String,
    /// `webhook-timestamp`
    pub webhook_timestamp: String,
    /// `webhook-signature`
    pub webhook_signature: String,
    /// What was signed.
    pub body: String,
}

/// Why nothing usable came back. Holds no body.
#[derive(Debug, thiserror::Error)]
pub enum AgentSilence {
    /// It could not be reached, or not in time.
    #[error("the agent does not answer: {0}")]
    Unreachable(String),
    /// It answered with this status.
    #[error("the agent answered {0}")]
    Status(u16),
    /// What it answered cannot be read.
    #[error("the agent's answer cannot be read")]
    Unreadable,
}

impl AgentClient {
    /// Prepares a line; nothing is sent yet.
    ///
    /// # Errors
    /// If this machine's TLS set-up is unusable.
    pub fn new(url: Origin) -> anyhow::Result<Self> {
        // The first of us in this process installs it; that another was there is no trouble.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { client, url })
    }

    /// Hands over a signed Acceptance or Refusal.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn put(
        &self,
        purchase: PurchaseId,
        kind: ParcelKind,
        body: Vec<u8>,
    ) -> Result<(), AgentSilence> {
        let url = self.url.at(&format!("/v1/purchases/{purchase}/{}", kind.name()));
        let media_type = match kind {
            ParcelKind::Acceptance => Acceptance::media_type(),
            ParcelKind::Refusal => Refusal::media_type(),
        };
        let request = self.client.put(url).header(CONTENT_TYPE, media_type).body(body);
        answered(request.send().await?).map(|_| ())
    }

    /// Says something of a confirmed order; the receipt, or why it is not booked.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn settle(
        &self,
        path: &str,
        said: &SignedStep,
    ) -> Result<Result<Signed<Receipt>, Problem>, AgentSilence> {
        self.answer(self.client.put(self.url.at(path)), said).await
    }

    /// Hands in a number that was read out; the Grant that it stands for, or why there is none.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn redeem(
        &self,
        said: &SignedStep,
    ) -> Result<Result<Signed<Grant>, Problem>, AgentSilence> {
        self.answer(self.client.post(self.url.at("/v1/by-hand/redemptions")), said).await
    }

    /// What the agent answers to something signed, or its reason.
    async fn answer<M: Message>(
        &self,
        request: RequestBuilder,
        said: &SignedStep,
    ) -> Result<Result<M, Problem>, AgentSilence> {
        let body = (said.media_type.clone(), said.bytes.clone());
        match say(request, body, PROBLEM_BYTES_MAX).await? {
            Ok(answer) => decode(&answer).map(Ok).map_err(|_| AgentSilence::Unreadable),
            Err(problem) => Ok(Err(problem)),
        }
    }

    /// Leaves something here that the agent keeps: an Offer, an agreement, its end.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn leave<M: Message>(
        &self,
        path: &str,
        message: &M,
    ) -> Result<Result<(), Problem>, AgentSilence> {
        let request = self.client.put(self.url.at(path));
        let said = say(request, (M::media_type(), encode(message)), PROBLEM_BYTES_MAX).await?;
        Ok(said.map(drop))
    }

    /// Leaves a file at a path.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn leave_file(
        &self,
        path: &str,
        bytes: &[u8],
    ) -> Result<Result<(), Problem>, AgentSilence> {
        let request = self.client.put(self.url.at(path));
        let body = ("application/octet-stream".to_owned(), bytes.to_vec());
        Ok(say(request, body, PROBLEM_BYTES_MAX).await?.map(drop))
    }

    /// What lies in this shop's mailbox.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn mailbox(
        &self,
        visit: &Signed<MailboxVisit>,
    ) -> Result<Result<Mailbox, Problem>, AgentSilence> {
        let request = self.client.post(self.url.at("/v1/mailbox"));
        let body = (MailboxVisit::media_type(), encode(visit));
        match say(request, body, Mailbox::LEN_MAX).await? {
            Ok(answer) => decode(&answer).map(Ok).map_err(|_| AgentSilence::Unreadable),
            Err(problem) => Ok(Err(problem)),
        }
    }

    /// Asks how a purchase stands.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn purchase_status(
        &self,
        purchase: PurchaseId,
    ) -> Result<PurchaseStatus, AgentSilence> {
        let url = self.url.at(&format!("/v1/purchases/{purchase}"));
        let response = answered(self.client.get(url).send().await?)?;
        decode(&limited(response, PurchaseStatus::LEN_MAX).await?)
            .map_err(|_| AgentSilence::Unreadable)
    }

    /// What the agent would tell this shop after event `after` (-1: only how far it is), as it
    /// would send it; waits a little until there is something.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn events(
        &self,
        (agent, merchant): (&AgentId, &MerchantId),
        keys: &Keyring,
        after: i64,
        now: Timestamp,
    ) -> Result<ToldEvents, AgentSilence> {
        let url = format!("/v1/merchants/{merchant}/events?after={after}&wait={WAIT_SECONDS}");
        let said = |time| format!("warifu events\n{agent}\n{merchant}\n{after}\n{time}");
        self.ask(&url, said, keys, now, EVENTS_BYTES_MAX).await
    }

    /// What the agent tells of this shop's payments at this address.
    pub(super) async fn ask_payouts<T: DeserializeOwned>(
        &self,
        app: &App,
        which: &str,
        asked: &str,
    ) -> Result<T, AgentSilence> {
        let shop = app.shop();
        let (agent, merchant) = (&shop.agent.agent, &shop.merchant);
        let url = format!("/v1/merchants/{merchant}/payouts{which}");
        let said = |time| format!("warifu payouts\n{agent}\n{merchant}\n{asked}\n{time}");
        self.ask(&url, said, &shop.keys, app.now(), PAYOUTS_BYTES_MAX).await
    }

    /// Asks for JSON that only this shop may read: what is `said` at this time, signed.
    async fn ask<T: DeserializeOwned>(
        &self,
        url: &str,
        said: impl FnOnce(i64) -> String,
        keys: &Keyring,
        now: Timestamp,
        bytes_max: usize,
    ) -> Result<T, AgentSilence> {
        let time = now.as_secs();
        let signature = BASE64URL.encode(keys.sign(said(time).as_bytes()).as_bytes());
        let request = self.client.get(self.url.at(url)).header("warifu-time", time);
        let response = answered(request.header("warifu-signature", signature).send().await?)?;
        let body = limited(response, bytes_max).await?;
        serde_json::from_slice(&body).map_err(|_| AgentSilence::Unreadable)
    }

    /// The agent's list of its keys, signed by the one of this name if it still can.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn key_list(&self, kid: &str) -> Result<Signed<KeyList>, AgentSilence> {
        let url = self.url.at(&format!("/v1/keys?kid={kid}"));
        let response = answered(self.client.get(url).send().await?)?;
        decode(&limited(response, Signed::<KeyList>::LEN_MAX).await?)
            .map_err(|_| AgentSilence::Unreadable)
    }

    /// Whether the agent knows this key as this shop's, and believes it.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn knows_key(
        &self,
        merchant: &MerchantId,
        key: &VerifyingKey,
    ) -> Result<bool, AgentSilence> {
        let url = self.url.at(&format!("/v1/merchants/{merchant}/keys"));
        let response = answered(self.client.get(url).send().await?)?;
        let body = limited(response, JWKS_BYTES_MAX).await?;
        let document: serde_json::Value =
            serde_json::from_slice(&body).map_err(|_| AgentSilence::Unreadable)?;
        let listed = document["keys"].as_array().ok_or(AgentSilence::Unreadable)?;
        let key = public_text(key.as_bytes());
        let is_it = |known: &serde_json::Value| {
            known["verifying_key"].as_str() == Some(&key) && known["until"].is_null()
        };
        Ok(listed.iter().any(is_it))
    }

    /// Which of `keys` the agent publishes as its own, and what time it thinks it is.
    ///
    /// # Errors
    /// [`AgentSilence`].
    pub async fn published(
        &self,
        keys: &[VerifyingKey],
    ) -> Result<(Vec<VerifyingKey>, Option<Timestamp>), AgentSilence> {
        let url = self.url.at("/.well-known/jwks.json");
        let response = answered(self.client.get(url).send().await?)?;
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let date = date.map(|date| Timestamp::from_millis(date.timestamp().as_millisecond()));
        let body = limited(response, JWKS_BYTES_MAX).await?;
        let set: serde_json::Value =
            serde_json::from_slice(&body).map_err(|_| AgentSilence::Unreadable)?;
        let listed = set["keys"].as_array().ok_or(AgentSilence::Unreadable)?;
        let is_listed = |key: &&VerifyingKey| {
            listed.iter().any(|jwk| jwk["x"].as_str() == Some(&public_text(key.as_bytes())))
        };
        Ok((keys.iter().filter(is_listed).copied().collect(), date))
    }
}

impl From<reqwest::Error> for AgentSilence {
    /// Without the address, which may hold a purchase id.
    fn from(error: reqwest::Error) -> Self {
        let cause = match () {
            () if error.is_timeout() => "too slow",
            () if error.is_connect() => "no connection",
            () => "broken off",
        };
        Self::Unreachable(cause.to_owned())
    }
}

/// Says something and hears the answer, or why not for good.
async fn say(
    request: RequestBuilder,
    (media_type, bytes): (String, Vec<u8>),
    answer_max: usize,
) -> Result<Result<Vec<u8>, Problem>, AgentSilence> {
    let response = request.header(CONTENT_TYPE, media_type).body(bytes).send().await?;
    let status = response.status();
    if status.is_success() {
        return limited(response, answer_max).await.map(Ok);
    }
    let body = limited(response, PROBLEM_BYTES_MAX).await?;
    let document: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let problem = document["code"].as_str().and_then(Problem::from_code);
    // What may pass later was not decided: the same is tried again.
    match problem.filter(|problem| status.is_client_error() && !problem.may_pass_later()) {
        Some(problem) => Ok(Err(problem)),
        None => Err(AgentSilence::Status(status.as_u16())),
    }
}

fn answered(response: Response) -> Result<Response, AgentSilence> {
    match response.status() {
        status if status.is_success() => Ok(response),
        status => Err(AgentSilence::Status(StatusCode::as_u16(&status))),
    }
}

async fn limited(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, AgentSilence> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > bytes_max {
            return Err(AgentSilence::Unreadable);
        }
    }
    Ok(body)
}

const PROBLEM_BYTES_MAX: usize = 4096;
const EVENTS_BYTES_MAX: usize = 256 * 1024;
/// A year of daily payments, or one of thousands of words.
const PAYOUTS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Less than an answer is waited for.
const WAIT_SECONDS: u32 = 7;
const JWKS_BYTES_MAX: usize = 16_384;
