//! Days that are settled: merchants paid by cut-off, shoppers billed by plan, billing suspended by
//! an objection and resumed, all of it once (F16).

use std::collections::BTreeMap;

use agent_server::domain::{
    ledger::{Account, Balances, Entry, Kind, Transfer},
    objection::{Reason, Resolution},
    settlement::settle_day,
};
use shared_protocol::{Amount, Digest, Plan, Problem, SettlementState, Span};

use crate::{
    market::{Market, yen},
    sale::Sale,
};

impl Market {
    /// Lets so many days pass, settling each.
    pub async fn days(&self, count: u32) {
        for _ in 0..count {
            self.advance(Span::hours(24));
            settle_day(&self.agent.app, self.now()).await.unwrap();
        }
    }

    /// The books, as the journal says.
    pub async fn balances(&self) -> Balances {
        let mut balances = Balances::default();
        for stored in self.agent.app.store.journal(0, u32::MAX).await.unwrap() {
            let transfers = stored.transfers.iter().map(|line| {
                let minor = u64::try_from(line.amount).unwrap();
                let amount = Amount::new(minor, line.currency.parse().unwrap()).unwrap();
                let (debit, credit) = (line.debit.parse().unwrap(), line.credit.parse().unwrap());
                Transfer::new(debit, credit, amount).unwrap()
            });
            let kind = Kind::from_name(&stored.kind).unwrap();
            let because = Digest::try_from(stored.because.as_slice()).unwrap();
            let entry = Entry::new(kind, stored.purchase, because, transfers.collect());
            balances.add(&entry.unwrap());
        }
        assert!(balances.totals().values().all(|total| *total == 0));
        balances
    }

    /// What the accounts hold that matter, without those that hold nothing.
    pub async fn holds(&self) -> BTreeMap<String, i128> {
        let contract = self.contract("01").await;
        let balances = self.balances().await;
        let held = balances.iter().filter(|(_, _, sum)| *sum != 0);
        held.map(|(account, _, sum)| {
            let name = account.to_string().replace(&format!(":{contract}"), "");
            (name, sum)
        })
        .collect()
    }

    /// The amounts of all bills, oldest first.
    async fn bills(&self) -> Vec<i64> {
        let bills = self.agent.app.store.bills_of(self.contract("01").await, 100).await.unwrap();
        bills.iter().rev().map(|bill| bill.minor).collect()
    }

    async fn pay_all(&self) {
        let store = &self.agent.app.store;
        for bill in store.bills_of(self.contract("01").await, 100).await.unwrap().iter().rev() {
            store.pay_bill(bill.purchase, bill.number, self.now()).await.unwrap().unwrap();
        }
    }
}

fn sums(pairs: &[(&str, i128)]) -> BTreeMap<String, i128> {
    pairs.iter().map(|(name, sum)| ((*name).into(), *sum)).collect()
}

async fn object(sale: &Sale<'_>, resolution: Option<Resolution>) -> Result<(), Problem> {
    let store = &sale.market.agent.app.store;
    let row = store.purchase(&sale.id()).await.unwrap().unwrap().row;
    let now = sale.market.now();
    store.object(row, Reason::NotReceived, String::new(), now).await.unwrap();
    let number = sale.grant.claimed().unwrap().handling_number;
    match resolution {
        Some(resolution) => store.resolve(number, resolution, now).await.unwrap(),
        None => Ok(()),
    }
}

#[tokio::test]
async fn a_merchant_is_paid_what_it_claimed_once_less_its_fee() {
    let market = Market::open().await;
    let (one, two) = (market.sale().await, market.sale().await);
    one.claim("C", 3850).await.unwrap();
    two.claim("C", 2000).await.unwrap();
    two.refund("R", 500).await.unwrap();
    let claimed = sums(&[
        ("receivable", 5350),
        ("payable:mrc_tea", -(3850 - 115 + 1500 - 45)),
        ("fees:merchants", -160),
    ]);
    assert_eq!(market.holds().await, claimed);
    let store = &market.agent.app.store;
    assert!(store.payouts(10).await.unwrap().is_empty(), "not on the same day");
    market.days(3).await;
    let payouts = store.payouts(10).await.unwrap();
    assert_eq!(payouts.len(), 1);
    assert_eq!(payouts[0].amount, yen(5190));
    let day = payouts[0].pay_on.to_string().parse::<jiff_day::Day>().unwrap();
    assert!(day.is_business, "{}", payouts[0].pay_on);
    assert!(!market.holds().await.contains_key("payable:mrc_tea"));
    assert_eq!(market.holds().await["bank"], -5190);

    // What goes back after a payout waits until there is something to take it from.
    one.refund("R", 3850).await.unwrap();
    market.days(1).await;
    assert_eq!(store.payouts(10).await.unwrap().len(), 1);
    two.claim("C-2", 1850).await.unwrap();
    let three = market.sale().await;
    three.claim("C", 3850).await.unwrap();
    market.days(2).await;
    let payouts = store.payouts(10).await.unwrap();
    assert_eq!(payouts.len(), 2);
    assert_eq!(payouts[0].amount, yen(3850 - 115 + (3350 - 100) - (1500 - 45) - (3850 - 115)));
}

/// The day of the week, without a calendar of our own.
mod jiff_day {
    pub struct Day {
        pub is_business: bool,
    }

    impl std::str::FromStr for Day {
        type Err = ();
        fn from_str(text: &str) -> Result<Self, ()> {
            let part = |at: std::ops::Range<usize>| text[at].parse::<i64>().map_err(|_| ());
            let (y, m, d) = (part(0..4)?, part(5..7)?, part(8..10)?);
            // Zeller's congruence: 0 is Saturday, 1 is Sunday.
            let (y, m) = if m < 3 { (y - 1, m + 12) } else { (y, m) };
            let day = (d + 13 * (m + 1) / 5 + y + y / 4 - y / 100 + y / 400) % 7;
            Ok(Self { is_business: day > 1 })
        }
    }
}

#[tokio::test]
async fn a_shopper_is_billed_by_the_plan_and_pays() {
    let market = Market::open().await;
    let sale = market.sale_by(Plan::Instalments(3)).await;
    let due: Vec<_> = market.due(&sale.id()).await.iter().map(|part| part.minor).collect();
    let total: u64 = due.iter().sum();
    sale.claim("C", 17_050).await.unwrap();
    assert_eq!(market.holds().await["receivable"], i128::from(total));
    assert_eq!(market.holds().await["fees:plans"], -i128::from(total - 17_050));
    market.days(130).await;
    let due: Vec<_> = due.iter().map(|minor| i64::try_from(*minor).unwrap()).collect();
    assert_eq!(market.bills().await, due);
    assert_eq!(market.holds().await["billed"], i128::from(total));
    assert!(!market.holds().await.contains_key("receivable"));
    assert_eq!(market.reserved("01").await, total);
    market.pay_all().await;
    market.pay_all().await;
    assert_eq!(market.reserved("01").await, 0);
    assert!(!market.holds().await.contains_key("billed"));
    // All that is left is what the agent earned.
    let fee = i128::from(17_050_u64 * 3 / 100);
    let earned = fee + i128::from(total - 17_050);
    assert_eq!(market.holds().await["bank"], earned);

    // What is given back later comes as a credit, with its part of the plan's fee.
    sale.refund("R", 17_050).await.unwrap();
    market.days(1).await;
    assert_eq!(market.bills().await.last(), Some(&-i64::try_from(total).unwrap()));
    market.pay_all().await;
    let left = market.holds().await;
    assert!(!left.contains_key("billed") && !left.contains_key("receivable"), "{left:?}");
    assert!(!left.contains_key("fees:plans") && !left.contains_key("fees:merchants"));
    assert_eq!(left["payable:mrc_tea"], -left["bank"], "the merchant owes what it was paid");
}

#[tokio::test]
async fn only_what_was_claimed_is_billed_and_a_late_claim_at_once() {
    let market = Market::open().await;
    let sale = market.sale_by(Plan::Instalments(3)).await;
    market.days(130).await;
    assert!(market.bills().await.is_empty());
    sale.claim("C", 10_000).await.unwrap();
    market.days(1).await;
    let owed = 10_000 + 427 * 10_000 / 17_050;
    assert_eq!(market.bills().await, [owed]);
    market.days(40).await;
    assert_eq!(market.bills().await, [owed]);
}

#[tokio::test]
async fn an_objection_suspends_the_billing_until_it_is_resolved() {
    let market = Market::open().await;
    let (wrong, right) = (market.sale().await, market.sale().await);
    for sale in [&wrong, &right] {
        sale.claim("C", 3850).await.unwrap();
        object(sale, None).await.unwrap();
    }
    market.days(100).await;
    assert!(market.bills().await.is_empty());
    assert!(market.agent.app.store.payouts(10).await.unwrap().is_empty(), "nor is it paid out");
    object(&wrong, Some(Resolution::Rejected)).await.unwrap();
    object(&wrong, Some(Resolution::Rejected)).await.unwrap();
    let other = object(&wrong, Some(Resolution::Upheld)).await;
    assert_eq!(other, Err(Problem::PurchaseConflict));
    object(&right, Some(Resolution::Upheld)).await.unwrap();
    market.days(2).await;
    assert_eq!(market.bills().await, [3850]);
    assert_eq!(market.agent.app.store.payouts(10).await.unwrap()[0].amount, yen(3735));
    assert_eq!(market.reserved("01").await, 3850);
    assert_eq!(right.claim("C-2", 1).await, Err(Problem::PurchaseClosed));
    assert_eq!(right.refund("R", 1).await, Err(Problem::PurchaseClosed));
    assert!(!market.holds().await.contains_key("payable:mrc_tea"));
    let contract = market.contract("01").await;
    let balances = market.balances().await;
    assert_eq!(balances.of(&Account::Billed(contract), "JPY"), 3850);
    assert_eq!(balances.of(&Account::Receivable(contract), "JPY"), 0);
    // Before anything is claimed the shopper cancels instead.
    let unclaimed = market.sale().await;
    let told = object(&unclaimed, Some(Resolution::Upheld)).await;
    assert_eq!(told, Err(Problem::PurchaseClosed));
    assert_eq!(unclaimed.ship("S").await.unwrap().standing, SettlementState::Unclaimed);
}

#[tokio::test]
async fn a_day_is_settled_once_however_often_and_concurrently() {
    let market = Market::open().await;
    let mut sales = Vec::new();
    for _ in 0..4 {
        let sale = market.sale().await;
        sale.claim("C", 3850).await.unwrap();
        sales.push(sale);
    }
    market.advance(Span::hours(24 * 100));
    let (app, now) = (&market.agent.app, market.now());
    let runs = futures_util::future::join_all((0..8).map(|_| settle_day(app, now))).await;
    assert!(runs.iter().all(Result::is_ok));
    assert!(!settle_day(app, now).await.unwrap());
    assert_eq!(app.store.payouts(10).await.unwrap().len(), 1);
    assert_eq!(market.bills().await, [3850; 4]);
    market.balances().await;
}

#[tokio::test]
async fn a_statement_holds_only_what_is_kept_or_may_still_be_claimed() {
    let market = Market::open().await;
    let sale = market.sale_by(Plan::Instalments(3)).await;
    let due = market.due(&sale.id()).await;
    let contract = market.contract("01").await;
    let store = &market.agent.app.store;
    let of_year = async || {
        let (first, last) = ("2000-01-01".parse().unwrap(), "2099-12-31".parse().unwrap());
        let lines = store.statement(contract, (first, last)).await.unwrap();
        lines.iter().map(|line| line.amount.minor).collect::<Vec<_>>()
    };
    let all: Vec<_> = due.iter().map(|part| part.minor).collect();
    assert_eq!(of_year().await, all);
    sale.claim("C", 10_000).await.unwrap();
    assert_eq!(of_year().await, all, "the rest may be claimed yet");
    sale.void("V", 7_050).await.unwrap();
    let left = 10_000 + 427 * 10_000 / 17_050;
    assert_eq!(of_year().await, [all[0], left - all[0]]);
    sale.refund("R", 10_000).await.unwrap();
    assert!(of_year().await.is_empty());
}
