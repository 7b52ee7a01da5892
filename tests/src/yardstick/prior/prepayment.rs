//! (2) Prepayment: the shopper orders, goes to the bank and remits; goods come afterwards (¶8–10).

use crate::yardstick::{
    PURCHASES, Party, Played, Shopper,
    misuse::{Tries, Try},
    model::Model,
};

use super::{order, stolen};

/// The shopper's bank.
struct Bank<'a> {
    account: &'a str,
    secret: &'a str,
}

impl Bank<'_> {
    /// Moves money when its own customer says so, and for nobody else.
    fn remit(&self, account: &str, secret: &str, amount: u64) -> u64 {
        if account == self.account && secret == self.secret { amount } else { 0 }
    }
}

pub fn play(shopper: &Shopper) -> Played {
    let (mut model, mut tries) = (Model::default(), Tries::default());
    let account = shopper.value("payment.contract_number");
    let secret = shopper.value("payment.code");
    let bank = Bank { account, secret };
    for purchase in &PURCHASES {
        order(&mut model, shopper, purchase, &[]);
        // Step c: payee's bank, branch, account and name; amount; one's own account and secret.
        let payee = ["Bank", "Branch", "7654321", "YAMADA CHAHO"];
        model.acts(Party::Bank);
        model.types(Party::Bank, &[&payee[..], &["3850", account, secret]].concat());
        model.done += usize::from(bank.remit(account, secret, purchase.price) > 0);
        for what in Try::ALL {
            let (account, secret) = (stolen(&model, account), stolen(&model, secret));
            tries.note(bank.remit(account, secret, what.asks(purchase.price)));
        }
    }
    model.played("(2) prepayment by bank transfer", shopper, tries)
}
