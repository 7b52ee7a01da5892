//! (4) An agent, its member number given to the seller: a card on the web (¶14–17).

use crate::yardstick::{
    PURCHASES, Party, Played, Shopper,
    misuse::{Tries, Try},
    model::Model,
};

use super::{order, stolen};

/// The card company.
struct Agent<'a> {
    number: &'a str,
    secret: &'a str,
}

impl Agent<'_> {
    /// Pays any seller with a contract who knows number and code, up to the limit (¶16).
    fn bill(&self, number: &str, secret: &str, amount: u64) -> u64 {
        let is_good = number == self.number && secret == self.secret && amount <= LIMIT;
        if is_good { amount } else { 0 }
    }
}

pub fn play(shopper: &Shopper) -> Played {
    let (mut model, mut tries) = (Model::default(), Tries::default());
    let number = shopper.value("payment.contract_number");
    let secret = shopper.value("payment.code");
    let agent = Agent { number, secret };
    for purchase in &PURCHASES {
        order(&mut model, shopper, purchase, &[number, secret]);
        model.tells(Party::Agent, &[number, secret]);
        model.done += usize::from(agent.bill(number, secret, purchase.price) > 0);
        for what in Try::ALL {
            let (number, secret) = (stolen(&model, number), stolen(&model, secret));
            tries.note(agent.bill(number, secret, what.asks(purchase.price)));
        }
    }
    model.played("(4) card number given to the seller", shopper, tries)
}

const LIMIT: u64 = 100_000;
