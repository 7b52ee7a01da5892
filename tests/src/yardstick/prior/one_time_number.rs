//! (5) An agent that issues a number for one use: the shopper tells it seller and amount, and then
//! the seller that number (¶18–22).

use crate::yardstick::{
    PURCHASES, Party, Played, Seller, Shopper,
    misuse::{Tries, Try},
    model::Model,
};

use super::{order, values};

/// What the agent has approved and not yet paid: for whom, how much.
#[derive(Default)]
struct Agent(Vec<(Seller, u64)>);

impl Agent {
    /// Pays the seller and the amount that a number was issued for, once (¶19).
    fn bill(&mut self, by: Option<Seller>, amount: u64) -> u64 {
        let is_it = |(seller, approved): &(Seller, u64)| Some(*seller) == by && *approved == amount;
        let Some(at) = self.0.iter().position(is_it) else { return 0 };
        self.0.remove(at).1
    }
}

pub fn play(shopper: &Shopper) -> Played {
    let (mut model, mut agent, mut tries) = (Model::default(), Agent::default(), Tries::default());
    for purchase in &PURCHASES {
        // Steps b, c: the seller says what it costs.
        model.acts(Party::Seller);
        // Steps d, e: to the agent's own system, with number, secret, seller, amount (¶20).
        model.acts(Party::Agent);
        let payment = values(&shopper.payment());
        model.types(Party::Agent, &[&payment[..], &["Yamada Tea", "3850"]].concat());
        agent.0.push((purchase.seller, purchase.price));
        // Step f: back to the seller, with what the agent said.
        order(&mut model, shopper, purchase, &["one-time 83920175"]);
        for what in [Try::TooMuch, Try::ByThief] {
            let by = if what == Try::ByThief { None } else { Some(purchase.seller) };
            tries.note(agent.bill(by, what.asks(purchase.price)));
        }
        model.done += usize::from(agent.bill(Some(purchase.seller), purchase.price) > 0);
        tries.note(agent.bill(Some(purchase.seller), Try::Again.asks(purchase.price)));
    }
    model.played("(5) one-time number from the agent", shopper, tries)
}
