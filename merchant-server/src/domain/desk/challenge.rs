//! Challenges for passkeys of the desk. They are signed, not stored: only one that was answered
//! leaves a trace. The key lives as long as the server; who is asked while it starts anew is asked
//! again.

use passkeys::sha256;
use rand_core::CryptoRng;
use ring::hmac::{HMAC_SHA256, Key, sign, verify};
use shared_protocol::{Digest, Problem, Span, Timestamp};
use zeroize::Zeroizing;

use super::TokenDigest;

/// What a challenge was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Any passkey of the desk may answer.
    SignIn,
    /// A new passkey for whoever holds this link.
    Register(TokenDigest),
    /// This person stands for exactly this act.
    Sign {
        /// Who.
        person: i64,
        /// The digest of what they do.
        act: Digest,
    },
}

/// What challenges are signed with (RFC 2104).
pub struct ChallengeKey(Key);

/// One that is ours and can still be answered, once. Only [`ChallengeKey::check`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    bytes: [u8; LENGTH],
    expires: Timestamp,
}

impl ChallengeKey {
    /// A fresh one.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self(Key::new(HMAC_SHA256, &*bytes))
    }

    /// A fresh challenge: the moment until when it can be answered, random bytes, and a keyed hash
    /// over both and the purpose.
    pub fn issue(&self, purpose: Purpose, now: Timestamp, rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut bytes = now.plus(LIFETIME).as_millis().to_be_bytes().to_vec();
        bytes.resize(HASHED, 0);
        rng.fill_bytes(&mut bytes[8..]);
        let hash = sign(&self.0, &said(&bytes, purpose));
        bytes.extend_from_slice(hash.as_ref());
        bytes
    }

    /// The challenge that client data answers, if it is ours, for this, and not too old.
    ///
    /// # Errors
    /// [`Problem::PasskeyInvalid`], [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`].
    pub fn check(
        &self,
        client_data: &[u8],
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Challenge, Problem> {
        let bytes = passkeys::challenge_in(client_data).ok_or(Problem::PasskeyInvalid)?;
        let bytes: [u8; LENGTH] =
            bytes.as_slice().try_into().map_err(|_| Problem::ChallengeInvalid)?;
        let (hashed, hash) = bytes.split_at(HASHED);
        verify(&self.0, &said(hashed, purpose), hash).map_err(|_| Problem::ChallengeInvalid)?;
        let mut millis = [0; 8];
        millis.copy_from_slice(&hashed[..8]);
        let expires = Timestamp::from_millis(i64::from_be_bytes(millis));
        let in_time = now < expires;
        in_time.then_some(Challenge { bytes, expires }).ok_or(Problem::ChallengeExpired)
    }
}

impl Challenge {
    /// What the passkey must have signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is kept of it once it has been answered.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.bytes)
    }

    /// Until when that is kept.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }
}

fn said(bytes: &[u8], purpose: Purpose) -> Vec<u8> {
    let (what, whom, which) = match purpose {
        Purpose::SignIn => (0, 0, [0; 32]),
        Purpose::Register(link) => (1, 0, link.0),
        Purpose::Sign { person, act } => (2, person, *act.as_bytes()),
    };
    [bytes, &[what], &whom.to_be_bytes(), &which].concat()
}

/// Who signs does it there and then.
const LIFETIME: Span = Span::minutes(6);
/// The moment, and 16 random bytes.
const HASHED: usize = 24;
const LENGTH: usize = HASHED + 32;

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};

    use super::*;
    use crate::entropy::Entropy;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn answering(challenge: &[u8]) -> Vec<u8> {
        let challenge = BASE64URL.encode(challenge);
        let said = serde_json::json!({ "type": "", "origin": "", "challenge": challenge });
        said.to_string().into_bytes()
    }

    #[test]
    fn a_challenge_counts_for_its_own_purpose_and_for_six_minutes() {
        let mut rng = Entropy::system();
        let key = ChallengeKey::random(&mut rng);
        let act = |byte| Purpose::Sign { person: 1, act: Digest::new([byte; 32]) };
        let purposes = [
            Purpose::SignIn,
            Purpose::Register(TokenDigest([1; 32])),
            Purpose::Register(TokenDigest([2; 32])),
            act(1),
            act(2),
            Purpose::Sign { person: 2, act: Digest::new([1; 32]) },
        ];
        for made_for in purposes {
            let said = answering(&key.issue(made_for, NOW, &mut rng));
            for asked_for in purposes {
                let checked = key.check(&said, asked_for, NOW);
                assert_eq!(checked.is_ok(), made_for == asked_for, "{made_for:?} {asked_for:?}");
            }
            let late = key.check(&said, made_for, NOW.plus(LIFETIME));
            assert_eq!(late, Err(Problem::ChallengeExpired));
            let other = ChallengeKey::random(&mut rng).check(&said, made_for, NOW);
            assert_eq!(other, Err(Problem::ChallengeInvalid));
        }
        assert_eq!(key.check(b"{}", act(1), NOW), Err(Problem::PasskeyInvalid));
    }
}
