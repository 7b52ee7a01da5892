//! Who is signed in at the agent's own pages: a random token in a cookie, of which the database
//! holds the digest alone; how long it lasts; the token in forms that shows whose page it was.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::digest::{SHA256, digest};
use shared_protocol::{NotAnId, Span, Timestamp};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{entropy::Entropy, keys::AgentKeyring};

/// 256 bits in the shopper's cookie, stored nowhere here.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<[u8; 32]>);

/// SHA-256 (FIPS 180-4) of a session's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionDigest(pub [u8; 32]);

/// A session as the database has it.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// Of its token.
    pub digest: SessionDigest,
    /// Whose.
    pub contract: i64,
    /// By what it began.
    pub proof: Proof,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub seen_at: Timestamp,
}

/// By what somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A code that was mailed: all contracts of the address are theirs.
    Address,
    /// A passkey: of one contract.
    Passkey,
}

impl SessionToken {
    /// A fresh one.
    pub fn random(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()))
    }

    /// What the database holds of it.
    pub fn digest(&self) -> SessionDigest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &*self.0).as_ref());
        SessionDigest(bytes)
    }

    /// As it stands in the cookie, base64url.
    pub fn expose(&self) -> String {
        BASE64URL.encode(*self.0)
    }
}

impl FromStr for SessionToken {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes = Zeroizing::new(BASE64URL.decode(text).map_err(|_| NotAnId)?);
        let token: [u8; 32] = bytes.as_slice().try_into().map_err(|_| NotAnId)?;
        Ok(Self(Zeroizing::new(token)))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl Session {
    /// Whether it still counts.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.seen_at.plus(IDLE) && now < self.created_at.plus(LONGEST)
    }

    /// Whether its use is worth writing down again.
    pub fn is_to_be_noted(&self, now: Timestamp) -> bool {
        now >= self.seen_at.plus(NOTED_EVERY)
    }
}

impl SessionDigest {
    /// The token that stands in every form of this session's pages: a page of somebody else's
    /// cannot know it.
    pub fn form_token(&self, keys: &AgentKeyring) -> String {
        written(&keys.keyed_hash(FORM_TOKEN, &[&self.0]))
    }

    /// Whether a form came from a page of this session.
    pub fn is_form_token(&self, keys: &AgentKeyring, token: &str) -> bool {
        let ours = keys.keyed_hashes(FORM_TOKEN, &[&self.0]);
        ours.iter().any(|hash| written(hash).as_bytes().ct_eq(token.as_bytes()).into())
    }
}

fn written(hash: &[u8; 32]) -> String {
    BASE64URL.encode(&hash[..16])
}

const FORM_TOKEN: &str = "form-token";
/// Unused for so long, it ends.
pub const IDLE: Span = Span::minutes(30);
/// Used or not, it ends.
pub const LONGEST: Span = Span::hours(12);
const NOTED_EVERY: Span = Span::minutes(1);

#[cfg(test)]
mod tests {
    use super::*;

    const BEGUN: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn a_session_ends_after_half_an_hour_unused_and_after_twelve_in_any_case() {
        let at = |seen: Span| Session {
            digest: SessionDigest([1; 32]),
            contract: 1,
            proof: Proof::Passkey,
            created_at: BEGUN,
            seen_at: BEGUN.plus(seen),
        };
        let unused = at(Span::millis(0));
        assert!(unused.is_alive(BEGUN.plus(Span::millis(IDLE.as_millis() - 1))));
        assert!(!unused.is_alive(BEGUN.plus(IDLE)));
        let used = at(Span::minutes(719));
        assert!(used.is_alive(BEGUN.plus(Span::millis(LONGEST.as_millis() - 1))));
        assert!(!used.is_alive(BEGUN.plus(LONGEST)));
    }

    #[test]
    fn a_token_is_read_as_it_was_written_and_its_text_is_not_its_digest() {
        let token = SessionToken::random(&Entropy::new());
        let again: SessionToken = token.expose().parse().unwrap();
        assert_eq!(again.digest(), token.digest());
        assert_ne!(BASE64URL.encode(token.digest().0), token.expose());
        assert_eq!(format!("{token:?}"), "SessionToken(…)");
        assert!("short".parse::<SessionToken>().is_err());
    }
}
