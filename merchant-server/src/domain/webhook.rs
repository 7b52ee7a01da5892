//! Whether a notification is the agent's: Standard Webhooks, by a key (`v1a`, Ed25519) or a secret
//! (`v1`, HMAC-SHA256), each one of several while they rotate, over the raw bytes that came. Says
//! which of the three causes it is when not.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::hmac;
use ring::signature::{ED25519, UnparsedPublicKey};
use shared_protocol::{Locale, Span, Timestamp, VerifyingKey};
use zeroize::Zeroizing;

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
    /// Headers are missing, or no signature is of a version for which there is a key.
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
                "webhook-id、webhook-timestamp、v1a（Ed25519）の webhook-signature が必要です\
                 （v1 は agent.webhook_secrets があるときだけ）。",
                "The headers webhook-id, webhook-timestamp and a v1a (Ed25519) webhook-signature \
                 are needed; v1 (a shared secret) counts only with agent.webhook_secrets.",
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

/// What the agent and this shop share for webhooks, as the agent's operator gave it: `whsec_…`.
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key);

impl std::str::FromStr for WebhookSecret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.strip_prefix("whsec_").and_then(|text| BASE64.decode(text).ok());
        let bytes = bytes.map(Zeroizing::new).filter(|bytes| (24..=64).contains(&bytes.len()));
        let bytes = bytes.ok_or("must be whsec_ and base64 of 24 to 64 bytes")?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret")
    }
}

/// Checks that one of `keys` or `secrets` signed `body` under these headers, at about `now`.
///
/// # Errors
/// [`WebhookCause`].
pub fn verify(
    headers: &WebhookHeaders<'_>,
    body: &[u8],
    keys: &[VerifyingKey],
    secrets: &[WebhookSecret],
    now: Timestamp,
) -> Result<(), WebhookCause> {
    let mut signatures = headers
        .signature
        .split(' ')
        .filter_map(|one| one.split_once(','))
        .filter(|(version, _)| match *version {
            "v1a" => !keys.is_empty(),
            "v1" => !secrets.is_empty(),
            _ => false,
        })
        .filter_map(|(version, text)| Some((version, BASE64.decode(text).ok()?)))
        .peekable();
    let is_id = (1..=ID_CHARS_MAX).contains(&headers.id.len());
    if !is_id || headers.timestamp.is_empty() || signatures.peek().is_none() {
        return Err(WebhookCause::NotSigned);
    }
    let message = [headers.id.as_bytes(), b".", headers.timestamp.as_bytes(), b".", body].concat();
    let holds = |(version, signature): (&str, Vec<u8>)| match version {
        "v1" => secrets.iter().any(|key| hmac::verify(&key.0, &message, &signature).is_ok()),
        _ => keys.iter().any(|key| {
            UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(&message, &signature).is_ok()
        }),
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
const SIGNATURES_MAX: usize = 6;

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
        verify(&headers, body.as_bytes(), &[key(1).1], &[], NOW)
    }

    /// The example of the specification's own libraries: secret, id, time and body.
    #[test]
    fn a_secret_of_several_is_enough() {
        let secret = |text: &str| text.parse::<WebhookSecret>().unwrap();
        let old = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let new = secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let now = Timestamp::from_millis(1_614_265_330_000);
        let headers = WebhookHeaders {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: "1614265330",
            signature: "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        };
        let body = br#"{"test": 2432232314}"#;
        let by = |secrets: &[WebhookSecret]| verify(&headers, body, &[key(1).1], secrets, now);
        assert_eq!(by(&[new.clone(), old.clone()]), Ok(()));
        assert_eq!(by(&[old]), Ok(()));
        assert_eq!(by(&[new]), Err(WebhookCause::Signature));
        assert_eq!(by(&[]), Err(WebhookCause::NotSigned));
        for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"] {
            assert!(bad.parse::<WebhookSecret>().is_err(), "{bad}");
        }
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
