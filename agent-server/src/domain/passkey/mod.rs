//! The agent's passkeys: a contract's and an operator's, the challenges that they answer, and what
//! an assertion of one proves. What WebAuthn wants of them is checked by the crate `passkeys`.

mod account;
mod answered;
mod assertion;
mod challenge;

pub use account::{PASSKEYS_MAX, Registered, Registration, register, sign_in};
pub use answered::answered;
pub use assertion::{Asserted, OperatorAsserted, verify_assertion, verify_operator};
pub use challenge::{Challenge, IssuedChallenge, Purpose};
pub use passkeys::{
    NewPasskey, Place, RelyingParty, UserHandle, counter_rises, verify_registration,
};

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
