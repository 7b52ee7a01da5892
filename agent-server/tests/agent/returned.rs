//! Payouts that a merchant's bank sends back (camt.054 with a reason): owed again, told, and held
//! until somebody has seen to it; then paid again once, with the next payout.

use agent_server::{
    domain::{
        bank::Parked,
        bank_files::{LeftOut, Wanted, pick_payouts},
        merchant_books,
    },
    files::{BankAccount, Format, IbanAccount, Reference},
    store::{Brought, EventsAsked, NotSo, TurnedOut},
};
use shared_protocol::{Currency, Date};

use crate::{
    bank_files::{in_japan, wanted},
    market::{Market, yen},
};

/// What two sales of 3850 and 1500 come to, less our fee.
const BATCH: i64 = 5190;

impl Market {
    /// A batch that went into a file and that the bank has paid; its row and our reference.
    pub async fn paid_by_the_bank(&self) -> (i64, String) {
        self.bank_of_merchant(in_japan()).await;
        self.paid_out().await;
        let payout = self.file(Format::Zengin).await.file.unwrap().payouts[0];
        let told = Reference::Payout(payout).to_string();
        let brought = self.bank_says("N-1", &[("A", -BATCH, told.as_str())]).await.unwrap();
        assert_eq!(brought, Brought { payouts: 1, ..Brought::default() });
        (payout, told)
    }

    async fn owed(&self) -> i128 {
        self.audit_is_clean().await;
        -self.holds().await.get("payable:mrc_tea").copied().unwrap_or_default()
    }

    /// The kinds and sums of the merchant's statement.
    async fn own_statement(&self) -> (Vec<(&'static str, i64)>, i64) {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let asked = merchant_books::Asked {
            merchant: self.merchant.registration().id,
            currency: Currency::JPY,
            from: day("2000-01-01"),
            to: day("2099-12-31"),
        };
        let (store, zone) = (&self.agent.app.store, self.agent.app.config.zone());
        let made = merchant_books::statement(store, &zone, asked, (0, 100)).await.unwrap().unwrap();
        assert_eq!(made.totals.iter().map(|total| total.net).sum::<i64>(), made.closing);
        (made.lines.iter().map(|line| (line.kind.name(), line.net)).collect(), made.closing)
    }

    /// How a payout stands, as the merchant reads it: its state, the bank's reason, what pays it
    /// again, and what is in it of others.
    async fn payout(&self, row: i64) -> (&'static str, Option<String>, Option<i64>, i64) {
        let merchant = self.merchant.registration().id;
        let found = self.agent.app.store.payout_of(&merchant, row).await.unwrap().unwrap().0;
        (found.state.name(), found.returned, found.again, found.brought)
    }
}

#[tokio::test]
async fn a_payout_that_comes_back_is_owed_again_and_held_until_somebody_has_seen_to_it() {
    let market = Market::open().await;
    let (payout, told) = market.paid_by_the_bank().await;
    assert_eq!((market.owed().await, market.payout(payout).await.0), (0, "paid"));
    // What does not agree is parked, and nothing else happens.
    for (message, minor, told) in
        [("R-1", BATCH - 1, told.as_str()), ("R-2", BATCH, "PAYOUT-1"), ("R-3", BATCH, "nothing")]
    {
        let brought = market.bank_sends_back(message, minor, told).await;
        assert_eq!(brought, Brought { parked: 1, ..Brought::default() }, "{message}");
        assert_eq!(market.owed().await, 0);
    }
    let bank = market.holds().await["bank"];
    let brought = market.bank_sends_back("R-4", BATCH, &told).await;
    assert_eq!(brought, Brought { returns: 1, ..Brought::default() });
    assert_eq!(market.owed().await, i128::from(BATCH));
    assert_eq!(market.holds().await["bank"], bank + i128::from(BATCH));
    assert_eq!(market.payout(payout).await, ("returned", Some("AC04".into()), None, 0));
    let (lines, closing) = market.own_statement().await;
    assert_eq!((lines.last(), closing), (Some(&("returned", BATCH)), BATCH));
    let store = &market.agent.app.store;
    let asked = EventsAsked { most: 100, ..EventsAsked::default() };
    let events = market.events(&asked).await;
    let told_of: Vec<_> = events.iter().map(|told| told.event.what.name()).collect();
    let returned = told_of.iter().filter(|name| **name == "purchase.payout_returned");
    assert_eq!(returned.count(), 2, "of each purchase in it: {told_of:?}");
    let again = market.bank_sends_back("R-5", BATCH, &told).await;
    assert_eq!(again, Brought { parked: 1, ..Brought::default() }, "once");
    // Closed accounts are paid nothing more, and no batch takes up what is held.
    let merchant = market.merchant.registration().id;
    assert_eq!(store.is_payee_refused(&merchant).await.unwrap(), Some(true));
    market.paid_out().await;
    let second = store.payouts(1).await.unwrap().swap_remove(0);
    assert_eq!(second.amount, yen(5190));
    let made = market.file(Format::Zengin).await;
    assert!(made.file.is_none());
    let day = Wanted { day: Some(second.pay_on), ..wanted(Format::Zengin) };
    let calendar = &market.agent.app.plans.calendar;
    let picked = pick_payouts(store, calendar, day, market.now()).await.unwrap().unwrap();
    assert!(picked.payments.is_empty());
    assert_eq!(picked.left_out, [(merchant.clone(), LeftOut::Held)]);
    assert_eq!(market.owed().await, i128::from(BATCH));

    assert!(store.pay_again(payout, market.now()).await.unwrap());
    assert!(!store.pay_again(payout, market.now()).await.unwrap(), "once");
    assert_eq!(store.is_payee_refused(&merchant).await.unwrap(), Some(false));
    assert_eq!(market.file(Format::Zengin).await.file.unwrap().payouts, [second.id]);
    market.days(1).await;
    let third = store.payouts(1).await.unwrap().swap_remove(0);
    assert_eq!(third.amount, yen(5190), "with the next batch, though nothing new was claimed");
    assert_eq!(market.payout(payout).await.2, Some(third.id));
    assert_eq!(market.payout(third.id).await, ("waiting", None, None, BATCH));
    assert_eq!(market.owed().await, 0);
    market.days(2).await;
    assert_eq!(store.payouts(10).await.unwrap().len(), 3, "paid again once");
}

#[tokio::test]
async fn another_account_lets_go_of_what_is_held() {
    let market = Market::open().await;
    let (payout, told) = market.paid_by_the_bank().await;
    market.bank_sends_back("R-1", BATCH, &told).await;
    let store = &market.agent.app.store;
    assert!(store.returned_payouts(9).await.unwrap()[0].is_held);
    let account = IbanAccount::new("DE89370400440532013000", None, "Yamada Tea").unwrap();
    market.bank_of_merchant(BankAccount::Iban(account)).await;
    market.sale().await.claim("C", 1000).await.unwrap();
    market.days(1).await;
    let next = store.payouts(1).await.unwrap().swap_remove(0);
    assert_eq!(next.amount, yen(5190 + 970), "the next batch has both");
    let file = market.file(Format::Pain001).await.file.unwrap();
    assert!(String::from_utf8(file.content).unwrap().contains("DE89370400440532013000"));
    market.audit_is_clean().await;
    // It comes back from there as well, and is paid again as a whole.
    let told = Reference::Payout(next.id).to_string();
    market.bank_sends_back("R-2", 6160, &told).await;
    assert_eq!(market.owed().await, 6160);
    market.bank_of_merchant(in_japan()).await;
    market.days(1).await;
    let last = store.payouts(1).await.unwrap().swap_remove(0);
    assert_eq!(market.payout(next.id).await.2, Some(last.id));
    assert_eq!(market.payout(last.id).await.3, 6160);
    assert_eq!(market.payout(payout).await.2, Some(next.id));
    assert_eq!(market.owed().await, 0);
}

#[tokio::test]
async fn what_went_to_an_account_of_before_is_not_held() {
    let market = Market::open().await;
    let (payout, told) = market.paid_by_the_bank().await;
    market.advance(shared_protocol::Span::hours(1));
    market.bank_of_merchant(in_japan()).await;
    let brought = market.bank_sends_back("R-1", BATCH, &told).await;
    assert_eq!(brought.returns, 1);
    let store = &market.agent.app.store;
    assert!(!store.returned_payouts(9).await.unwrap()[0].is_held);
    let merchant = market.merchant.registration().id;
    assert_eq!(store.is_payee_refused(&merchant).await.unwrap(), Some(false));
    market.days(1).await;
    assert!(market.payout(payout).await.2.is_some());
    market.audit_is_clean().await;
}

/// 組戻: it comes in without a word of ours, and an operator says what it is.
#[tokio::test]
async fn what_comes_back_without_our_reference_is_named_by_hand() {
    let market = Market::open().await;
    let (payout, _) = market.paid_by_the_bank().await;
    let lines = [("B", BATCH, "kumimodoshi"), ("C", BATCH - 1, "")];
    market.bank_says("M-2", &lines).await.unwrap();
    let store = &market.agent.app.store;
    let parked = store.parked_lines().await.unwrap();
    let resolve = async |line: usize, payout| {
        let what = TurnedOut::Returned(Reference::Payout(payout));
        store.resolve_line(parked[line].id, what, market.now()).await.unwrap()
    };
    assert_eq!(resolve(1, payout).await, Err(NotSo::Disagrees(Parked::OtherAmount)));
    assert_eq!(resolve(0, 1).await, Err(NotSo::Disagrees(Parked::Unknown)));
    assert_eq!(resolve(0, payout).await, Ok(()));
    assert_eq!(market.payout(payout).await, ("returned", Some(String::new()), None, 0));
    assert_eq!(market.owed().await, i128::from(BATCH));
    assert_eq!(market.holds().await["suspense"], -i128::from(BATCH - 1));
}
