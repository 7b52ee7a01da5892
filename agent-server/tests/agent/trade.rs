//! Months of trade, at random but repeatable: after every stretch of it the audit is clean, the
//! accounts are in balance, every batch is the sum of its shares, and no shopper was billed more
//! than was claimed (I1, I7, I8).

use agent_server::domain::{
    ledger::Account,
    objection::{Reason, Resolution},
    settlement::settle_day,
};
use shared_protocol::{Plan, Span};

use crate::{
    market::{Market, yen},
    sale::Sale,
};

/// SplitMix64, for repeatability.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// A number that the environment sets, else 1.
pub fn number(name: &str) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// One thing happens to one purchase; whether the agent takes it does not matter here.
async fn happens(sale: &Sale<'_>, at: u64, dice: &mut Dice) {
    let store = &sale.market.agent.app.store;
    let (name, minor) = (format!("w-{at}"), dice.below(6000));
    match dice.below(12) {
        0..4 => drop(sale.claim(&name, minor).await),
        4 => drop(sale.ship(&name).await),
        5 => drop(sale.void(&name, minor).await),
        6 | 7 => drop(sale.refund(&name, minor / 2).await),
        8 => {
            let row = store.purchase(&sale.id()).await.unwrap().unwrap().row;
            let (reason, now) = (Reason::Other, sale.market.now());
            store.object(row, reason, String::new(), now).await.unwrap();
        }
        9 => {
            let number = sale.grant.claimed().unwrap().handling_number;
            let is_right = dice.below(2) == 0;
            let found = if is_right { Resolution::Upheld } else { Resolution::Rejected };
            let _ = store.resolve(number, found, sale.market.now()).await.unwrap();
        }
        _ => {
            let number = sale.grant.claimed().unwrap().handling_number;
            for bill in store.bills(&number).await.unwrap() {
                let now = sale.market.now();
                let _ = store.pay_bill(bill.purchase, bill.number, now).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn after_months_of_trade_the_books_are_sound() {
    let market = Market::open().await;
    let mut dice = Dice(number("WARIFU_TEST_SEED"));
    let rounds = 24 * number("WARIFU_TEST_EFFORT");
    let plans = [Plan::Instalments(3), Plan::Instalments(12), Plan::Revolving];
    market.add_contract("C900000000046", 1 << 40, None).await;
    let mut sales = Vec::new();
    let mut said = 0;
    for round in 0..rounds {
        let order = market.order_by(plans[dice.below(3) as usize]).await;
        let order = crate::shopper::Order { contract: "C900000000046", ..order };
        let grant = market.grant(&order.seal()).await.unwrap();
        let word = market.merchant.accept(&grant, market.now());
        market.tell(&grant, "acceptance", &word).await.unwrap();
        let sale = Sale { market: &market, grant };
        sale.confirm().await;
        sales.push(sale);
        for _ in 0..10 {
            said += 1;
            let at = dice.below(sales.len() as u64) as usize;
            happens(&sales[at], said, &mut dice).await;
        }
        market.advance(Span::hours(24 * (1 + dice.below(12) as i64)));
        settle_day(&market.agent.app, market.now()).await.unwrap();
        if round % 8 == 7 {
            sound(&market).await;
        }
    }
    sound(&market).await;
    let payouts = market.agent.app.store.payouts(10_000).await.unwrap();
    assert!(!payouts.is_empty());
    println!("  {} sales, {said} words, {} payouts", sales.len(), payouts.len());
}

async fn sound(market: &Market) {
    let store = &market.agent.app.store;
    market.audit_is_clean().await;
    let balances = market.balances().await;
    let paid: u64 = store.payouts(10_000).await.unwrap().iter().map(|p| p.amount.minor).sum();
    // The bank holds what shoppers paid less what merchants got.
    let contract = market.contract("46").await;
    let bills = store.bills_of(contract, 10_000).await.unwrap();
    let got: i64 = bills.iter().filter(|bill| bill.is_paid).map(|bill| bill.minor).sum();
    let bank = balances.of(&Account::Bank, "JPY");
    assert_eq!(bank, i128::from(got) - i128::from(yen(paid).minor));
    let open: i64 = bills.iter().filter(|bill| !bill.is_paid).map(|bill| bill.minor).sum();
    assert_eq!(balances.of(&Account::Billed(contract), "JPY"), i128::from(open));
    let totals = store.balances().await.unwrap();
    assert_eq!(totals.iter().map(|(_, _, sum)| sum).sum::<i64>(), 0);
}
