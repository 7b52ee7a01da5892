//! The only place of this server where randomness comes in: the operating system's, through ring.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use ring::rand::{SecureRandom as _, SystemRandom};

/// The operating system's random numbers.
#[derive(Clone, Debug)]
pub struct Entropy(SystemRandom);

impl Entropy {
    /// Opens the source.
    #[expect(clippy::disallowed_methods, reason = "this file is where randomness comes in")]
    pub fn system() -> Self {
        Self(SystemRandom::new())
    }
}

impl TryRng for Entropy {
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
        self.0.fill(to).expect("the operating system gives random bytes or nothing here is safe");
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}
