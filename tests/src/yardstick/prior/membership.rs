//! (1) The seller's own group of members: a contract between shopper, seller and bank for each
//! seller, then the bank debits what the seller bills (¶5–7).

use crate::yardstick::{
    PURCHASES, Party, Played, Purchase, Seller, Shopper,
    misuse::{Tries, Try},
    model::Model,
};

use super::values;

/// Sellers that the shopper's bank has a debit contract for.
#[derive(Default)]
struct Bank(Vec<Seller>);

impl Bank {
    /// Pays whatever a seller bills with whom there is a contract (¶6).
    fn debit(&self, billed_by: Option<Seller>, amount: u64) -> u64 {
        if billed_by.is_some_and(|seller| self.0.contains(&seller)) { amount } else { 0 }
    }
}

pub fn play(shopper: &Shopper) -> Played {
    let (mut model, mut bank, mut tries) = (Model::default(), Bank::default(), Tries::default());
    for purchase in &PURCHASES {
        if !bank.0.contains(&purchase.seller) {
            join(&mut model, &mut bank, shopper, purchase.seller);
        }
        order(&mut model, purchase);
        model.done += usize::from(bank.debit(Some(purchase.seller), purchase.price) > 0);
        for what in Try::ALL {
            let by = if what == Try::ByThief { None } else { Some(purchase.seller) };
            tries.note(bank.debit(by, what.asks(purchase.price)));
        }
    }
    model.played("(1) membership, bank debit", shopper, tries)
}

/// Step a: one form to the seller, who passes it on; the bank wants it signed.
fn join(model: &mut Model, bank: &mut Bank, shopper: &Shopper, seller: Seller) {
    let mut form = values(&shopper.order(&PURCHASES[0]));
    form.push(shopper.value("payment.contract_number"));
    model.types(Party::Seller, &form);
    model.tells(Party::Bank, &form);
    model.acts(Party::Bank);
    bank.0.push(seller);
}

/// Steps b, c: goods and member number only.
fn order(model: &mut Model, purchase: &Purchase) {
    model.acts(Party::Seller);
    model.types(Party::Seller, &["member 1024"]);
    model.tells(Party::Seller, &[purchase.item]);
}
