//! The only place that asks the browser for randomness: `crypto.getRandomValues` (Web Crypto).

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use wasm_bindgen::UnwrapThrowExt as _;

/// The browser's cryptographic source.
#[derive(Clone, Copy, Debug)]
pub struct Entropy;

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

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(QUOTA) {
            let crypto =
                leptos_dom::helpers::window().crypto().expect_throw("every browser has it");
            crypto
                .get_random_values_with_u8_array(chunk)
                .expect_throw("a chunk is within the quota");
        }
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}

/// So many bytes at once (Web Crypto §10.1.1).
const QUOTA: usize = 65_536;
