//! (3) Cash on delivery: the carrier hands over the goods for cash (¶11–13). Not for what cannot be
//! carried (¶12).

use crate::yardstick::{
    PURCHASES, Party, Played, Shopper,
    misuse::{Tries, Try},
    model::Model,
};

use super::{order, values};

/// What is in the shopper's hand at the door.
struct Purse(u64);

impl Purse {
    /// Nobody but the shopper opens it, and only at the door, for what the parcel's slip says.
    fn pay(&mut self, is_at_the_door: bool, amount: u64) -> u64 {
        let paid = if is_at_the_door && self.0 >= amount { amount } else { 0 };
        self.0 -= paid;
        paid
    }
}

pub fn play(shopper: &Shopper) -> Played {
    let (mut model, mut tries) = (Model::default(), Tries::default());
    for purchase in PURCHASES.iter().filter(|purchase| purchase.is_carried) {
        let mut purse = Purse(purchase.price);
        order(&mut model, shopper, purchase, &[]);
        model.tells(Party::Carrier, &values(&shopper.order(purchase)));
        model.acts(Party::Carrier);
        model.done += usize::from(purse.pay(true, purchase.price) > 0);
        for what in Try::ALL {
            tries.note(purse.pay(false, what.asks(purchase.price)));
        }
    }
    model.played("(3) cash on delivery", shopper, tries)
}
