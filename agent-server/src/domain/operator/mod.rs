//! Operators of the console: who they are, what their role lets them do, how they come in, and how
//! two of them move money together (TRUST.md T37).

mod account;
mod act;
mod carry_out;
mod change;
mod changing;
mod link;
mod movement;
mod notice;
mod proposal;
mod role;
mod session;
mod signed;
mod token;

pub use account::{Enrolled, Invitation, enrol, invite, invite_by, link_of, remove, sign_in};
pub use act::{Act, ActHead};
pub use carry_out::{Unmoved, carry_out, exactly};
pub use change::{Change, PreparedChange};
pub use changing::{Unchanged, prepare_change, shown_link, sign_change};
pub use link::{LinkDigest, LinkToken};
pub use movement::{Booked, Draft, Movement, PaidHere, Turned};
pub use notice::{draft_notice, kept_lines};
pub use proposal::{Decision, Proposal, Standing, draft, sign, stands};
pub use role::{Power, Role};
pub use session::{LONGEST, OperatorSession};
pub use signed::{Signed, signing_purpose};
pub use token::{KnownOperatorToken, OperatorToken, Operators, Reader, Section, token_name};

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
    /// When they came in last.
    pub signed_in_at: Option<Timestamp>,
}
