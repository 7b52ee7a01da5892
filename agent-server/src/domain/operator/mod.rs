//! Operators of the console: who they are, what their role lets them do, how they come in, and how
//! two of them move money together (TRUST.md T37).

mod account;
mod act;
mod carry_out;
mod link;
mod movement;
mod proposal;
mod role;
mod session;

pub use account::{Enrolled, Invitation, enrol, invite, link_of, remove, sign_in};
pub use act::{Act, ActHead};
pub use carry_out::{Unmoved, carry_out, exactly};
pub use link::{LinkDigest, LinkToken};
pub use movement::{Draft, Movement, PaidHere, Turned};
pub use proposal::{Decision, Proposal, Signed, Standing, draft, sign, signing_purpose, stands};
pub use role::{Power, Role};
pub use session::{LONGEST, OperatorSession};

use shared_protocol::Timestamp;

use super::passkey::UserHandle;

/// Somebody who may use the console.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Their row.
    pub id: i64,
    /// As the others call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What authenticators call them.
    pub handle: UserHandle,
    /// Since when they may do nothing; `None`: they may.
    pub removed_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
}
