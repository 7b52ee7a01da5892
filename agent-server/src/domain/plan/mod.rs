//! Plans (支払回数): in how many parts, when, and at what price a shopper pays the agent. Rules and
//! calendar come from the operator; the arithmetic is in whole minor units throughout.

mod bill;
mod calendar;
mod euro;
mod payments;
pub mod quote;
mod rate;
mod rules;

#[cfg(test)]
mod tests;

pub use bill::Bill;
pub use calendar::{Calendar, Roll};
pub use rules::{PlanFault, PlanRules};
