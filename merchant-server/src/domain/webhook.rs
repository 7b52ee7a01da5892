//! Whether a notification is the agent's: Standard Webhooks, asymmetric (`v1a`, Ed25519), over the
//! raw bytes that came. Says which of the three causes it is when not.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::signature::{ED25519, UnparsedPublicKey};
use shared_protocol::{Locale, Span, Timestamp, VerifyingKey};

/// The three headers of a notification, as text.
#[derive(Clone, Copy, Debug)]
pub struct WebhookHeaders<'a> {
    /// `webhook-id`: the same for every try to deliver one notification.
    pub id: &'a str,
    /// `webhook-timestamp`: of this try, in seconds since 1970.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or more of `<version>,<base64>`, with spaces between.
    pub signature: &'a str,
}

/// Why a notification is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookCause {
    /// Headers are missing, or no signature is of version `v1a`.
    #[error("not_signed")]
    NotSigned,
    /// It was signed too long ago, or in the future.
    #[error("timestamp_out_of_tolerance")]
    Timestamp,
    /// None of the agent's keys signed these very bytes.
    #[error("signature_mismatch")]
    Signature,
}

impl WebhookCause {
    /// What a developer reads.
    pub const fn text(self, locale: Locale) -> &'static str {
        match self {
            Self::NotSigned => locale.pick(
                "webhook-id、webhook-timestamp、v1a（Ed25519）の webhook-signature が必要です。",
                "The headers webhook-id, webhook-timestamp and a v1a (Ed25519) webhook-signature \
                 are needed; v1 (a shared secret) is another kind of key.",
            ),
            Self::Timestamp => locale.pick(
                "webhook-timestamp が現在の時刻から5分以上ずれています。",
                "The webhook-timestamp is more than 5 minutes away from this server's clock.",
            ),
            Self::Signature => locale.pick(
                "署名が届いたバイト列と一致しません。本文の書き直し、または鍵の違いを確認してください。",
                "No key of agent.verifying_keys signed these bytes: the body was written anew on \
                 its way, or the keys are another agent's.",
            ),
        }
    }
}

/// Checks that one of `keys` signed `body` under these headers, at about `now`.
///
/// # Errors
/// [`WebhookCause`].
pub fn verify(
    headers: &WebhookHeaders<'_>,
    body: &[u8],
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<(), WebhookCause> {
    let mut signatures = headers
        .signature
        .split(' ')
        .filter_map(|one| one.strip_prefix("v1a,"))
        .filter_map(|text| BASE64.decode(text).ok())
        .peekable();
    let is_id = (1..=ID_CHARS_MAX).contains(&headers.id.len());
    if !is_id || headers.timestamp.is_empty() || signatures.peek().is_none() {
        return Err(WebhookCause::NotSigned);
    }
    let message = [headers.id.as_bytes(), b".", headers.timestamp.as_bytes(), b".", body].concat();
    let holds = |signature: Vec<u8>| {
        keys.iter().any(|key| {
            UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(&message, &signature).is_ok()
        })
    };
    if !signatures.take(SIGNATURES_MAX).any(holds) {
        return Err(WebhookCause::Signature);
    }
    let seconds: i64 = headers.timestamp.parse().map_err(|_| WebhookCause::Timestamp)?;
    let away = now.as_secs().saturating_sub(seconds).saturating_abs();
    if away > TOLERANCE.as_millis() / 1000 { Err(WebhookCause::Timestamp) } else { Ok(()) }
}

/// How far the sender's clock and ours may differ, and how old a try may be.
const TOLERANCE: Span = Span::minutes(5);
const ID_CHARS_MAX: usize = 128;
/// A sender that rotates keys signs with two; more is not looked at.
const SIGNATURES_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn key(seed: u8) -> (Ed25519KeyPair, VerifyingKey) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let public = VerifyingKey::try_from(pair.public_key().as_ref()).unwrap();
        (pair, public)
    }

    fn signed(pair: &Ed25519KeyPair, id: &str, secs: i64, body: &str) -> String {
        let signature = pair.sign(format!("{id}.{secs}.{body}").as_bytes());
        format!("v1a,{}", BASE64.encode(signature))
    }

    fn told(id: &str, timestamp: &str, signature: &str, body: &str) -> Result<(), WebhookCause> {
        let headers = WebhookHeaders { id, timestamp, signature };
        verify(&headers, body.as_bytes(), &[key(1).1], NOW)
    }

    #[test]
    fn the_right_cause_is_told() {
        let (pair, _) = key(1);
        let (stranger, _) = key(2);
        let (now, body) = (NOW.as_secs(), r#"{"a":1}"#);
        let at =
            |secs: i64| told("evt_1", &secs.to_string(), &signed(&pair, "evt_1", secs, body), body);
        assert_eq!(at(now), Ok(()));
        assert_eq!(at(now - 300), Ok(()));
        assert_eq!(at(now - 301), Err(WebhookCause::Timestamp));
        assert_eq!(at(now + 301), Err(WebhookCause::Timestamp));
        let secs = now.to_string();
        let good = signed(&pair, "evt_1", now, body);
        for (id, secs, signature, body, cause) in [
            ("", secs.as_str(), good.as_str(), body, WebhookCause::NotSigned),
            ("evt_1", "", &good, body, WebhookCause::NotSigned),
            ("evt_1", &secs, "", body, WebhookCause::NotSigned),
            ("evt_1", &secs, &good.replace("v1a", "v1"), body, WebhookCause::NotSigned),
            ("evt_1", &secs, &good, r#"{ "a": 1 }"#, WebhookCause::Signature),
            ("evt_2", &secs, &good, body, WebhookCause::Signature),
            ("evt_1", "1", &good, body, WebhookCause::Signature),
            ("evt_1", &secs, &signed(&stranger, "evt_1", now, body), body, WebhookCause::Signature),
        ] {
            assert_eq!(told(id, secs, signature, body), Err(cause), "{id} {secs} {body}");
        }
    }

    #[test]
    fn one_good_signature_among_several_is_enough() {
        let (pair, _) = key(1);
        let good = signed(&pair, "evt_1", NOW.as_secs(), "{}");
        let several = format!("v1,AAAA v1a,AAAA {good}");
        assert_eq!(told("evt_1", &NOW.as_secs().to_string(), &several, "{}"), Ok(()));
    }
}
