//! Operators of the console: who they are, their links and passkeys, their sessions, what they did,
//! what they propose.

mod acts;
mod passkeys;
mod people;
mod proposals;
mod sessions;

pub use people::{NewLink, NewOperator};
pub use proposals::{NewProposal, SignedHow};
