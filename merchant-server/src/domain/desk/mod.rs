//! The shop's people at its desk: who they are, what their role lets them do, how they come in, and
//! how their passkey stands for what moves money (TRUST.md T37).

mod account;
mod act;
mod challenge;
mod report;
mod role;
mod token;

pub use account::{Door, Invitation, enrol, give_role, invite, link_of, remove, sign_in};
pub use act::{Act, Money, Signed, Way, sign};
pub use challenge::{Challenge, ChallengeKey, Purpose};
pub use report::{Counted, Line, Period, What, lines};
pub use role::{Power, Role};
pub use token::{LINK_LIFETIME, SESSION_LONGEST, Session, Token, TokenDigest};

use passkeys::UserHandle;
use shared_protocol::Timestamp;

/// Somebody who may use the desk.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their row.
    pub id: i64,
    /// As the others call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What authenticators call them.
    pub handle: UserHandle,
    /// Since when they may do nothing; `None`: they may.
    pub removed: Option<Timestamp>,
}

/// One of their passkeys, as the database has it.
#[derive(Clone, Debug)]
pub struct PersonPasskey {
    /// Its row.
    pub id: i64,
    /// Whose it is.
    pub person: i64,
    /// What authenticators call them.
    pub handle: UserHandle,
    /// What its authenticator calls it.
    pub credential_id: Vec<u8>,
    /// Its public key, a `COSE_Key` (RFC 9052 §7).
    pub public_key: Vec<u8>,
    /// How browsers reach it, space between.
    pub transports: String,
    /// Whether it may be on several devices; never changes.
    pub backup_eligible: bool,
}

/// Something that one of them did.
#[derive(Clone, Debug)]
pub struct Done {
    /// Who; `None`: whoever was at the command line.
    pub name: Option<String>,
    /// What, for example `claimed`.
    pub act: String,
    /// Which one; never whose.
    pub about: String,
    /// When.
    pub at: Timestamp,
}
