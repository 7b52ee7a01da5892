//! Passkeys after WebAuthn Level 3: what a registration (§7.1) and an assertion (§7.2) must say and
//! sign, and what browsers are asked for. Pure, and of neither server. No library for servers lets
//! a purchase's tally be the challenge, so the steps are taken here, over ciborium (CBOR), coset
//! (COSE keys) and ring (signatures).

mod assertion;
mod authenticator;
mod browser;
mod client;
mod key;
mod registration;

pub use assertion::{Known, Used, verify_assertion};
pub use browser::{Party, SaidAssertion, SaidRegistration, creation, descriptor, request};
pub use client::{Place, challenge_in};
pub use registration::{NewPasskey, verify_registration};

use ring::digest::{SHA256, digest};

/// What authenticators call an account: random, so that it says nothing (§14.6.1).
pub type UserHandle = [u8; 32];

/// A server, as passkeys know it.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    /// Its host (§5.1.2).
    pub id: String,
    /// The web origin of its pages.
    pub origin: String,
}

impl RelyingParty {
    /// What stands for it in authenticator data (§6.1).
    fn id_hash(&self) -> [u8; 32] {
        sha256(self.id.as_bytes())
    }
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// Whether a counter that was `before` may be `now`: it rises, unless its authenticator does not
/// count (§7.2 step 22). If it does not rise, there are two of that passkey.
pub const fn counter_rises(before: u32, now: u32) -> bool {
    now > before || (before == 0 && now == 0)
}
