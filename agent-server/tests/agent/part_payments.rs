//! Bills that are paid in parts, or too much: each part is booked to its bill, the rest stays due,
//! and what is too much is parked and nobody guesses whose it is.

use agent_server::{domain::bank::Parked, files::Reference, store::TurnedOut};
use shared_protocol::HandlingNumber;

use crate::{market::Market, sale::Sale};

/// A teapot for 3850 yen, billed; and its number.
async fn sold(market: &Market) -> (Sale<'_>, HandlingNumber) {
    let sale = market.sale().await;
    sale.claim("C", 3850).await.unwrap();
    market.days(80).await;
    let number = sale.grant.claimed().unwrap().handling_number;
    (sale, number)
}

async fn billed(market: &Market) -> HandlingNumber {
    sold(market).await.1
}

impl Market {
    /// What is paid of a bill, what is open, and whether that is all.
    async fn stands(&self, number: &HandlingNumber) -> (i64, i64, bool) {
        self.audit_is_clean().await;
        let bill = self.agent.app.store.bills(number).await.unwrap().swap_remove(0);
        (bill.paid, bill.open(), bill.is_paid)
    }

    /// One line with this bill's reference: how many paid bills, how many are parked.
    async fn pays(&self, name: &str, minor: i64, number: &HandlingNumber) -> (u32, u32) {
        let told = Reference::Bill(*number, 1).to_string();
        let brought = self.bank_says(name, &[(name, minor, told.as_str())]).await.unwrap();
        (brought.bills, brought.parked)
    }
}

#[tokio::test]
async fn two_parts_pay_a_bill_and_free_the_credit_as_they_come() {
    let market = Market::open().await;
    let number = billed(&market).await;
    let reserved = market.reserved("01").await;
    assert_eq!(market.pays("P-1", 1000, &number).await, (1, 0));
    assert_eq!(market.stands(&number).await, (1000, 2850, false));
    assert_eq!(market.holds().await["billed"], 2850);
    assert_eq!(market.reserved("01").await, reserved - 1000);
    assert_eq!(market.pays("P-2", 2850, &number).await, (1, 0));
    assert_eq!(market.stands(&number).await, (3850, 0, true));
    assert_eq!(market.reserved("01").await, reserved - 3850);
    assert_eq!(market.pays("P-3", 1000, &number).await, (0, 1), "it was paid before");
    assert_eq!(market.stands(&number).await, (3850, 0, true));
}

#[tokio::test]
async fn what_is_too_much_is_parked_with_its_amount() {
    let market = Market::open().await;
    let number = billed(&market).await;
    assert_eq!(market.pays("P-1", 1000, &number).await, (1, 0));
    assert_eq!(market.pays("P-2", 3000, &number).await, (1, 1));
    assert_eq!(market.stands(&number).await, (3850, 0, true));
    let store = &market.agent.app.store;
    let parked = store.parked_lines().await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!((parked[0].minor, parked[0].why), (150, Parked::Overpaid));
    assert_eq!(market.holds().await["suspense"], -150);
    let told = Reference::Bill(number, 1).to_string();
    let again = market.bank_says("M-9", &[("P-2", 3000, told.as_str())]).await.unwrap();
    assert_eq!((again.known, again.bills, again.parked), (1, 0, 0), "the same movement");
    // It is given back: what goes out undoes it.
    market.bank_says("M-10", &[("B", -150, "given back")]).await.unwrap();
    let out = store.parked_lines().await.unwrap().into_iter().find(|line| line.minor < 0).unwrap();
    let what = TurnedOut::Against(parked[0].id);
    assert_eq!(store.resolve_line(out.id, what, market.now()).await.unwrap(), Ok(()));
    assert_eq!(market.holds().await.get("suspense"), None);
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_part_without_our_reference_and_the_rest_are_booked_by_hand() {
    let market = Market::open().await;
    let number = billed(&market).await;
    market.bank_says("M-1", &[("A", 1850, ""), ("B", 4000, "")]).await.unwrap();
    let store = &market.agent.app.store;
    let parked = store.parked_lines().await.unwrap();
    let bill = TurnedOut::Bill(number, 1);
    let resolve = async |line: usize| {
        store.resolve_line(parked[line].id, bill, market.now()).await.unwrap().is_ok()
    };
    assert!(!resolve(1).await, "too much for it: nobody guesses");
    assert!(resolve(0).await);
    assert_eq!(market.stands(&number).await, (1850, 2000, false));
    assert!(!resolve(1).await);
    let purchase = store.bills(&number).await.unwrap()[0].purchase;
    store.pay_bill(purchase, 1, market.now()).await.unwrap().unwrap();
    assert_eq!(market.stands(&number).await, (3850, 0, true));
    store.pay_bill(purchase, 1, market.now()).await.unwrap().unwrap();
    assert_eq!(market.stands(&number).await, (3850, 0, true), "once");
}

#[tokio::test]
async fn the_shopper_reads_what_is_paid_and_what_is_open() {
    let market = Market::open().await;
    let (sale, number) = sold(&market).await;
    assert_eq!(market.pays("P-1", 1000, &number).await, (1, 0));
    let mut shopper = market.signed_in("shopper@example.jp").await;
    let page = shopper.get(&format!("/me/purchases/{number}?locale=en")).await;
    assert!(page.html.contains("¥1,000 paid, ¥2,850 open"), "{}", page.html);
    assert!(page.html.contains("You paid ¥1,000 (71)"), "{}", page.html);
    let month = market.due(&sale.id()).await[0].due;
    let at = format!("/me/statements?month={:04}-{:02}&locale=en", month.year(), month.month());
    let page = shopper.get(&at).await;
    assert!(page.html.contains("¥1,000 paid, ¥2,850 open"), "{}", page.html);
    assert!(page.html.contains("statement-open\">¥2,850"), "{}", page.html);
    assert_eq!(market.pays("P-2", 2850, &number).await, (1, 0));
    let page = shopper.get(&at).await;
    assert!(page.html.contains("data-test=\"paid\">Paid<"), "{}", page.html);
    assert!(page.html.contains("statement-open\">¥0"), "{}", page.html);
}
