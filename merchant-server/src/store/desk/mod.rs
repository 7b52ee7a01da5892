//! What the desk keeps and looks at: people, their passkeys and sessions, parcels, orders by
//! search.

mod found;
mod parcels;
mod passkeys;
mod people;
mod sessions;

pub use found::{Find, KeptWord};
pub use people::NewPerson;
