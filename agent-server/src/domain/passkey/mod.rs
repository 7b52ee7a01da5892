//! Passkeys after WebAuthn Level 3: what a registration (§7.1) and an assertion (§7.2) must say and
//! sign. Pure. No library for servers lets a purchase's tally be the challenge, so the steps are
//! taken here, over ciborium (CBOR), coset (COSE keys) and ring (signatures).

mod account;
mod answered;
mod assertion;
mod authenticator;
mod challenge;
mod client;
mod key;
mod registration;

pub use account::{PASSKEYS_MAX, Registered, Registration, register, sign_in};
pub use answered::answered;
pub use assertion::{Asserted, OperatorAsserted, verify_assertion, verify_operator};
pub use challenge::{Challenge, IssuedChallenge, Purpose};
pub use client::Place;
pub use registration::{NewPasskey, verify_registration};

use ring::digest::{SHA256, digest};
use shared_protocol::Timestamp;

/// A contract's passkey, as the database has it.
#[derive(Clone, Debug)]
pub struct Passkey {
    /// Its row.
    pub id: i64,
    /// Which contract it pays for.
    pub contract: i64,
    /// What authenticators call that contract.
    pub user_handle: UserHandle,
    /// What its authenticator calls it.
    pub credential_id: Vec<u8>,
    /// Its public key, a `COSE_Key` (RFC 9052 §7).
    pub public_key: Vec<u8>,
    /// Signatures so far; 0 if its authenticator does not count.
    pub counter: u32,
    /// How browsers reach it, space between.
    pub transports: String,
    /// Whether it may be on several devices; never changes.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backed_up: bool,
    /// What its owner calls it.
    pub name: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
}

/// An operator's passkey, as the database has it.
#[derive(Clone, Debug)]
pub struct OperatorPasskey {
    /// Its row.
    pub id: i64,
    /// Whose it is.
    pub operator: i64,
    /// What authenticators call them.
    pub user_handle: UserHandle,
    /// What its authenticator calls it.
    pub credential_id: Vec<u8>,
    /// Its public key, a `COSE_Key` (RFC 9052 §7).
    pub public_key: Vec<u8>,
    /// How browsers reach it, space between.
    pub transports: String,
    /// Whether it may be on several devices; never changes.
    pub backup_eligible: bool,
}

/// What authenticators call a contract: random, so that it says nothing (§14.6.1).
pub type UserHandle = [u8; 32];

/// This agent, as passkeys know it.
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
fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// Whether a counter that was `before` may be `now`: it rises, unless its authenticator does not
/// count (§7.2 step 22). If it does not rise, there are two of that passkey.
pub const fn counter_rises(before: u32, now: u32) -> bool {
    now > before || (before == 0 && now == 0)
}
