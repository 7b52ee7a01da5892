//! The random tokens of the desk, in a link or in a cookie, of which the database holds digests
//! alone; how long they last; the token in forms that shows whose page it was.

use std::fmt;
use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use rand_core::CryptoRng;
use ring::hmac::{HMAC_SHA256, Key, sign};
use shared_protocol::{NotAnId, Span, Timestamp};
use zeroize::Zeroizing;

/// 256 bits in a link or a cookie, stored nowhere here.
#[derive(Clone)]
pub struct Token(Zeroizing<[u8; 32]>);

/// SHA-256 (FIPS 180-4) of such a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenDigest(pub [u8; 32]);

/// A session as the database has it, of somebody who was not removed.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// Of its token.
    pub digest: TokenDigest,
    /// Whose.
    pub person: i64,
    /// When it began.
    pub created: Timestamp,
    /// When it was used last, to the minute.
    pub seen: Timestamp,
}

impl Token {
    /// A fresh one.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(bytes)
    }

    /// What the database holds of it.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(passkeys::sha256(&*self.0))
    }

    /// As it stands in link or cookie, base64url.
    pub fn expose(&self) -> String {
        BASE64URL.encode(*self.0)
    }

    /// The token that stands in every form of this session's pages: who does not hold the cookie
    /// cannot know it (RFC 2104).
    pub fn form_token(&self) -> String {
        let key = Key::new(HMAC_SHA256, &*self.0);
        BASE64URL.encode(&sign(&key, b"warifu desk form").as_ref()[..16])
    }

    /// Whether a form came from a page of this session.
    pub fn is_form_token(&self, token: &str) -> bool {
        // Compared by digests: how long that takes says nothing of the texts.
        passkeys::sha256(self.form_token().as_bytes()) == passkeys::sha256(token.as_bytes())
    }
}

impl FromStr for Token {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes = Zeroizing::new(BASE64URL.decode(text).map_err(|_| NotAnId)?);
        let token: [u8; 32] = bytes.as_slice().try_into().map_err(|_| NotAnId)?;
        Ok(Self(Zeroizing::new(token)))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Session {
    /// Whether it still counts.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.seen.plus(IDLE) && now < self.created.plus(SESSION_LONGEST)
    }

    /// Whether its use is worth writing down again.
    pub fn is_to_be_noted(&self, now: Timestamp) -> bool {
        now >= self.seen.plus(Span::minutes(1))
    }
}

/// So long a link can be used.
pub const LINK_LIFETIME: Span = Span::hours(24);
/// Used or not, a session ends.
pub const SESSION_LONGEST: Span = Span::hours(9);
/// Unused for so long, it ends.
const IDLE: Span = Span::minutes(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Entropy;

    #[test]
    fn a_forms_token_is_that_of_its_own_session() {
        let mut rng = Entropy::system();
        let (one, other) = (Token::random(&mut rng), Token::random(&mut rng));
        assert!(one.is_form_token(&one.form_token()));
        assert!(!one.is_form_token(&other.form_token()) && !one.is_form_token(""));
        let read: Token = one.expose().parse().unwrap();
        assert_eq!(read.digest(), one.digest());
        assert!("short".parse::<Token>().is_err());
    }

    #[test]
    fn a_session_ends_when_it_was_not_used_and_at_the_end_of_a_day_at_work() {
        let begun = Timestamp::from_millis(1_795_000_000_000);
        let digest = TokenDigest([1; 32]);
        let at = |seen| Session { digest, person: 1, created: begun, seen: begun.plus(seen) };
        let unused = at(Span::millis(0));
        assert!(unused.is_alive(begun.plus(Span::millis(IDLE.as_millis() - 1))));
        assert!(!unused.is_alive(begun.plus(IDLE)));
        let used = at(Span::minutes(539));
        assert!(used.is_alive(begun.plus(Span::millis(SESSION_LONGEST.as_millis() - 1))));
        assert!(!used.is_alive(begun.plus(SESSION_LONGEST)));
    }
}
