//! Webhooks as Standard Webhooks writes them (standardwebhooks.com, 1.0.0): thin events, signed
//! with a secret of the merchant's (`v1`) and with the agent's key (`v1a`). Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::hmac;
use serde_json::json;
use shared_protocol::{MerchantId, PurchaseId, Span, Timestamp};
use zeroize::Zeroizing;

use super::errand::Notice;
use crate::keys::AgentKeyring;

/// Something that a merchant is told of one of its purchases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number; it grows.
    pub id: i64,
    /// Who is told.
    pub merchant: MerchantId,
    /// Of which purchase.
    pub purchase: PurchaseId,
    /// 1, 2, 3 … of this purchase.
    pub sequence: u32,
    /// What happened.
    pub what: Notice,
    /// When.
    pub at: Timestamp,
}

/// How a merchant's webhooks are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// How often the secret was replaced.
    pub secret: u32,
    /// Until then the one before signs as well.
    pub old_until: Option<Timestamp>,
    /// Since when nothing is sent: it answered 410 (Gone).
    pub disabled_at: Option<Timestamp>,
}

/// The three headers of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// `webhook-id`: the same for each attempt.
    pub id: String,
    /// `webhook-timestamp`: of this attempt.
    pub timestamp: i64,
    /// `webhook-signature`: one after another.
    pub signature: String,
}

impl Event {
    /// Its name for the merchant.
    pub fn name(&self) -> String {
        format!("evt_{}", self.id)
    }

    /// What is sent: the same bytes each time. How the purchase stands is asked for, so that an
    /// event that comes late says nothing wrong.
    pub fn body(&self) -> String {
        let at = jiff::Timestamp::from_millisecond(self.at.as_millis()).unwrap_or_default();
        let data = json!({ "purchase": self.purchase.to_string(), "sequence": self.sequence });
        json!({ "type": self.what.name(), "timestamp": at.to_string(), "data": data }).to_string()
    }

    /// Signs it for an attempt at `now`.
    pub fn headers(&self, endpoint: &Endpoint, keys: &AgentKeyring, now: Timestamp) -> Headers {
        let (id, timestamp) = (self.name(), now.as_secs());
        let signed = format!("{id}.{timestamp}.{}", self.body());
        let secrets = endpoint.secrets(now);
        let secrets = secrets.flat_map(|number| Secret::by_both(keys, &self.merchant, number));
        let by_secret = secrets.map(|secret| {
            format!("v1,{}", BASE64.encode(hmac::sign(&secret.key(), signed.as_bytes())))
        });
        let by_keys = keys.sign_by_all(signed.as_bytes());
        let by_keys = by_keys.iter().map(|by| format!("v1a,{}", BASE64.encode(by.as_bytes())));
        let mut all: Vec<_> = by_secret.chain(by_keys).collect();
        all.dedup();
        let signature = all.join(" ");
        Headers { id, timestamp, signature }
    }
}

impl Endpoint {
    /// The secrets that sign at `now`, newest first.
    fn secrets(&self, now: Timestamp) -> impl Iterator<Item = u32> {
        let overlaps = self.old_until.is_some_and(|until| now < until);
        let old = self.secret.checked_sub(1).filter(|_| overlaps);
        [Some(self.secret), old].into_iter().flatten()
    }
}

/// What the agent shares with one merchant. It follows from the agent's own key file and the
/// number in the database, so that the database holds none.
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// The merchant's, after so many replacements.
    pub fn of(keys: &AgentKeyring, merchant: &MerchantId, generation: u32) -> Self {
        let [secret, _] = Self::by_both(keys, merchant, generation);
        secret
    }

    /// Under both peppers while they are rotated, else the same twice.
    fn by_both(keys: &AgentKeyring, merchant: &MerchantId, generation: u32) -> [Self; 2] {
        let generation = generation.to_be_bytes();
        let parts = [merchant.as_str().as_bytes(), &generation[..]];
        keys.keyed_hashes("webhook secret", &parts).map(|hash| Self(Zeroizing::new(hash)))
    }

    /// As merchants configure it.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("whsec_{}", BASE64.encode(*self.0)))
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &*self.0)
    }
}

/// What a merchant signs who asks for its own events: for this agent, from there on, now.
pub fn asking(agent: &str, merchant: &MerchantId, after: i64, time: i64) -> String {
    format!("warifu events\n{agent}\n{merchant}\n{after}\n{time}")
}

/// Whether a moment that somebody else wrote down is about now.
pub fn is_fresh(time: i64, now: Timestamp) -> bool {
    now.as_secs().saturating_sub(time).saturating_abs() <= TOLERANCE.as_millis() / 1000
}

/// As of the webhooks themselves.
const TOLERANCE: Span = Span::minutes(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Entropy;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_123);

    fn keys() -> (tempfile::TempDir, AgentKeyring) {
        let folder = tempfile::tempdir().unwrap();
        AgentKeyring::create_missing(folder.path(), &Entropy::new()).unwrap();
        let keys = AgentKeyring::load(folder.path()).unwrap();
        (folder, keys)
    }

    fn event() -> Event {
        Event {
            id: 7,
            merchant: "mrc_tea".parse().unwrap(),
            purchase: PurchaseId::new([1; 16]),
            sequence: 3,
            what: Notice::Confirmed,
            at: NOW,
        }
    }

    #[test]
    fn an_event_is_thin() {
        let body: serde_json::Value = serde_json::from_str(&event().body()).unwrap();
        let purchase = PurchaseId::new([1; 16]).to_string();
        let data = json!({ "purchase": purchase, "sequence": 3 });
        let timestamp = "2026-11-18T11:06:40.123Z";
        let wanted = json!({ "type": "purchase.confirmed", "timestamp": timestamp, "data": data });
        assert_eq!(body, wanted);
    }

    #[test]
    fn old_and_new_secret_sign_until_the_overlap_is_over() {
        let (_folder, keys) = keys();
        let event = event();
        let by = |endpoint: &Endpoint, now| {
            let headers = event.headers(endpoint, &keys, now);
            let all = headers.signature.split(' ').map(String::from).collect::<Vec<_>>();
            assert!(all.last().unwrap().starts_with("v1a,"));
            all[..all.len() - 1].to_vec()
        };
        let first = Endpoint::default();
        let until = NOW.plus(Span::hours(24));
        let second = Endpoint { secret: 1, old_until: Some(until), ..first };
        let [old] = by(&first, NOW).try_into().unwrap();
        let [new, still] = by(&second, NOW).try_into().unwrap();
        assert_eq!(still, old);
        assert_ne!(new, old);
        assert_eq!(by(&second, until).len(), 1, "the old one is over");
        let signed = format!("evt_7.{}.{}", NOW.as_secs(), event.body());
        let secret = Secret::of(&keys, &event.merchant, 0).expose();
        let secret = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let tag = BASE64.decode(old.strip_prefix("v1,").unwrap()).unwrap();
        assert!(hmac::verify(&key, signed.as_bytes(), &tag).is_ok());
        let other = Secret::of(&keys, &"mrc_other".parse().unwrap(), 0).expose();
        assert_ne!(other, Secret::of(&keys, &event.merchant, 0).expose());
    }
}
