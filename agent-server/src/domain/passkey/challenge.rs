//! Challenges of registrations and sign-ins. They are signed, not stored: only one that was
//! answered leaves a trace, so that nobody can fill the database by asking for them.

use rand_core::CryptoRng;
use shared_protocol::{Digest, Problem, Span, Timestamp};
use subtle::ConstantTimeEq as _;

use super::sha256;
use crate::keys::AgentKeyring;

/// What a challenge was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Any passkey may answer.
    SignIn,
    /// A new passkey for this contract.
    Register {
        /// Whose.
        contract: i64,
    },
    /// Any operator's passkey may answer.
    OperatorSignIn,
    /// A new passkey for whoever holds this link.
    OperatorRegister {
        /// SHA-256 of the link's token.
        link: [u8; 32],
    },
    /// This operator stands for exactly this movement of money.
    OperatorSign {
        /// Who.
        operator: i64,
        /// Which proposal.
        proposal: i64,
        /// The digest of what is proposed.
        digest: Digest,
    },
}

impl Purpose {
    fn lifetime(self) -> Span {
        match self {
            Self::OperatorSign { .. } => SIGNED_WITHIN,
            _ => LIFETIME,
        }
    }
}

/// Moment until when it can be answered, random bytes, and a keyed hash over both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedChallenge([u8; LENGTH]);

/// One that is ours and can still be answered, once. Only [`IssuedChallenge::check`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    issued: IssuedChallenge,
    expires: Timestamp,
}

impl IssuedChallenge {
    /// A fresh one.
    pub fn new(
        purpose: Purpose,
        keys: &AgentKeyring,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(&now.plus(purpose.lifetime()).as_millis().to_be_bytes());
        rng.fill_bytes(&mut bytes[8..HASHED]);
        let [hash, _] = keyed_hashes(&bytes[..HASHED], purpose, keys);
        bytes[HASHED..].copy_from_slice(&hash);
        Self(bytes)
    }

    /// As the browser gave it back.
    ///
    /// # Errors
    /// [`Problem::ChallengeInvalid`] if it has not the length of one.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        bytes.try_into().map(Self).map_err(|_| Problem::ChallengeInvalid)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Checks that it is ours, for this purpose, and not too old.
    ///
    /// # Errors
    /// [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`].
    pub fn check(
        self,
        purpose: Purpose,
        keys: &AgentKeyring,
        now: Timestamp,
    ) -> Result<Challenge, Problem> {
        let ours = keyed_hashes(&self.0[..HASHED], purpose, keys);
        if !ours.iter().any(|hash| bool::from(hash.ct_eq(&self.0[HASHED..]))) {
            return Err(Problem::ChallengeInvalid);
        }
        let mut millis = [0; 8];
        millis.copy_from_slice(&self.0[..8]);
        let expires = Timestamp::from_millis(i64::from_be_bytes(millis));
        let in_time = now < expires;
        in_time.then_some(Challenge { issued: self, expires }).ok_or(Problem::ChallengeExpired)
    }
}

impl Challenge {
    /// What the passkey must have signed.
    pub fn as_bytes(&self) -> &[u8] {
        self.issued.as_bytes()
    }

    /// What is kept of it once it has been answered.
    pub fn digest(&self) -> [u8; 32] {
        sha256(self.as_bytes())
    }

    /// Until when that is kept.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// Under the pepper that is used, then under the other one while they are rotated.
fn keyed_hashes(bytes: &[u8], purpose: Purpose, keys: &AgentKeyring) -> [[u8; 32]; 2] {
    let whose = |what, row: i64| keys.keyed_hashes(what, &[bytes, &row.to_be_bytes()]);
    match purpose {
        Purpose::SignIn => whose("passkey-sign-in", 0),
        Purpose::Register { contract } => whose("passkey-registration", contract),
        Purpose::OperatorSignIn => whose("operator-sign-in", 0),
        Purpose::OperatorRegister { link } => {
            keys.keyed_hashes("operator-registration", &[bytes, &link])
        }
        Purpose::OperatorSign { operator, proposal, digest } => {
            let rows = [operator.to_be_bytes(), proposal.to_be_bytes()];
            keys.keyed_hashes("operator-sign", &[bytes, &rows[0], &rows[1], digest.as_bytes()])
        }
    }
}

/// A minute more than a browser waits for the shopper.
const LIFETIME: Span = Span::minutes(6);
/// Who signs a movement of money does it there and then.
const SIGNED_WITHIN: Span = Span::minutes(5);
/// The moment, and 16 random bytes.
const HASHED: usize = 24;
const LENGTH: usize = HASHED + 32;
