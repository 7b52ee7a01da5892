//! What the operator's console looks at: figures of the day, purchases and their steps, letters,
//! contracts, what audits said. Reads only, but for the audits.

mod audits;
mod contracts;
mod letters;
mod purchases;
mod steps;
mod today;

pub use audits::AuditRun;
pub use contracts::FoundContract;
pub use letters::Letter;
pub use purchases::{Found, PurchasesAsked};
pub use steps::{Happened, Shape};
pub use today::Today;
