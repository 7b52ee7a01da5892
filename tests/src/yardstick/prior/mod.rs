//! The seed's five systems of before, each by its own steps (¶5–22) and its own rule of who may
//! charge what. What a contract of old with bank, card company or agent has told them is left out,
//! as it is for this system; the contract that system (1) needs with each seller is not. So is the
//! carrier, who reads the label under each of them, but where it takes the money (3).

mod card;
mod cash_on_delivery;
mod membership;
mod one_time_number;
mod prepayment;

use super::{Party, Played, Purchase, Shopper, model::Model};

/// Each of them.
pub const SYSTEMS: [fn(&Shopper) -> Played; 5] =
    [membership::play, prepayment::play, cash_on_delivery::play, card::play, one_time_number::play];

/// The shopper chooses, and orders with these words besides who they are and where it goes.
fn order(model: &mut Model, shopper: &Shopper, purchase: &Purchase, besides: &[&str]) {
    model.acts(Party::Seller);
    model.types(Party::Seller, &[&values(&shopper.order(purchase)), besides].concat());
    model.tells(Party::Seller, &[purchase.item]);
}

/// What the seller has come to know, as a thief would use it; else nothing.
fn stolen<'a>(model: &Model, word: &'a str) -> &'a str {
    if model.knows(Party::Seller, word) { word } else { "" }
}

/// The values of these fields.
fn values<'a>(fields: &[(&'static str, &'a str)]) -> Vec<&'a str> {
    fields.iter().map(|(_, value)| *value).collect()
}
