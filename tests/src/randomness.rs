//! Randomness for the tests' own client: the operating system's, through ring.

use std::convert::Infallible;

use ring::rand::{SecureRandom as _, SystemRandom};

/// The operating system's randomness.
pub struct Entropy(SystemRandom);

impl Entropy {
    /// Ready to use.
    #[expect(clippy::disallowed_methods, reason = "this is the tests' edge")]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for Entropy {
    fn default() -> Self {
        Self::new()
    }
}

impl rand_core::TryRng for Entropy {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(to).expect("the operating system has randomness");
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Entropy {}
