//! Operators of the console: who they are, their links and passkeys, their sessions and tokens,
//! what they did, what they propose and change.

mod acts;
mod changes;
mod notices;
mod passkeys;
mod people;
mod proposals;
mod sessions;
mod tokens;

pub use changes::NewChange;
pub use people::{NewLink, NewOperator};
pub use proposals::{NewProposal, SignedHow};
pub use tokens::NewToken;
