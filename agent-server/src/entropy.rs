//! The only source of randomness: the operating system's, through ring.

use std::{convert::Infallible, fmt};

use rand_core::{TryCryptoRng, TryRng};
use ring::{
    rand::{SecureRandom as _, SystemRandom},
    signature::Ed25519KeyPair,
};

/// Random bytes from the operating system.
#[derive(Clone)]
pub struct Entropy(SystemRandom);

impl Entropy {
    /// The operating system's.
    #[expect(clippy::disallowed_methods, reason = "this is the source")]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }

    /// A fresh Ed25519 key pair as PKCS #8 (RFC 8410).
    pub fn signing_key(&self) -> Vec<u8> {
        let document = Ed25519KeyPair::generate_pkcs8(&self.0).expect(NO_ENTROPY);
        document.as_ref().to_vec()
    }

    /// So many fresh random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).expect(NO_ENTROPY);
        bytes
    }
}

impl Default for Entropy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

impl TryRng for Entropy {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(to).expect(NO_ENTROPY);
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}

/// A server that cannot get random bytes must not go on.
const NO_ENTROPY: &str = "the operating system gives random bytes";
