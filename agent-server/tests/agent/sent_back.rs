//! Transfers that another bank sends back days later (camt.054 with a reason): booked, told to
//! both, and the purchase is paid no more.

use agent_server::{domain::bank_files::read_file, files::Reference, store::Brought};
use shared_protocol::{Channel, Outcome, PurchaseState, Span, Standing};

use crate::{
    bank_files::own, bank_notices::notice, market::Market, sale::Sale, shopper::id,
    transfers::PLENTY,
};

/// Days after it was sent and confirmed: the other bank sends the money back.
#[tokio::test]
async fn what_the_other_bank_sends_back_is_in_the_account_again_and_both_are_told() {
    let market = Market::at_the_bank().await;
    let grant = market.grant(&market.transfer("C900000000008").await.seal()).await.unwrap();
    let purchase = id(&grant);
    market.accept(&grant).await;
    market.answer(&grant, Outcome::Confirmed).await.unwrap();
    market.advance(Span::hours(24 * 14));
    market.paid_by_file(&purchase).await;
    assert_eq!(market.account("08").await, (PLENTY - 3850, 0));
    let payout = market.agent.app.store.payouts(1).await.unwrap().swap_remove(0);
    let told = Reference::Payout(payout.id).to_string();
    market.advance(Span::hours(24 * 5));

    // What does not agree is parked, and nothing else happens.
    for (message, amount, told) in
        [("R-1", 3849, told.as_str()), ("R-2", 3850, "PAYOUT-1"), ("R-3", 3850, "no name of ours")]
    {
        let brought = market.bank_sends_back(message, amount, told).await;
        assert_eq!(brought, Brought { parked: 1, ..Brought::default() }, "{message}");
        assert_eq!(market.state(&purchase).await, PurchaseState::Confirmed);
        market.audit_is_clean().await;
    }
    let brought = market.bank_sends_back("R-4", 3850, &told).await;
    assert_eq!(brought, Brought { returns: 1, ..Brought::default() });
    market.wait_for_state(&purchase, PurchaseState::Cancelled).await;
    assert_eq!(market.account("08").await, (PLENTY, 0), "booked into the account that it left");
    assert_eq!(market.standing(&purchase).await, Some(Standing::NotReceived));
    let said = market.status(&purchase).await.confirmation.unwrap().claimed().unwrap();
    assert_eq!((said.outcome, said.channel), (Outcome::Cancelled, Channel::Bank));
    let told_shop = market.types_told(7).await;
    for what in ["purchase.transfer_failed", "purchase.cancelled"] {
        assert!(told_shop.contains(&format!("\"{what}\"")), "{told_shop:?}");
    }
    let letter = market.letters(2).await.swap_remove(0);
    assert!(letter.text.contains("was sent back") && letter.link.is_none(), "{}", letter.text);
    market.audit_is_clean().await;
    // Once.
    let again = market.bank_sends_back("R-5", 3850, &told).await;
    assert_eq!(again, Brought { parked: 1, ..Brought::default() });
    assert_eq!(market.account("08").await, (PLENTY, 0));
    market.audit_is_clean().await;
}

/// A transfer that went at once, and what the bank calls it.
async fn sent_at_once(market: &Market) -> (Sale<'_>, String) {
    let grant = market.grant(&market.transfer("C900000000001").await.seal()).await.unwrap();
    market.accept(&grant).await;
    market.answer(&grant, Outcome::Confirmed).await.unwrap();
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Confirmed);
    assert_eq!(market.account("01").await, (PLENTY - 3850, 0));
    let number = grant.claimed().unwrap().handling_number;
    (Sale { market, grant }, Reference::Transfer(number).to_string())
}

#[tokio::test]
async fn what_went_at_once_and_comes_back_is_in_the_account_again_and_both_are_told() {
    let market = Market::at_the_bank().await;
    let (sale, told) = sent_at_once(&market).await;
    let purchase = sale.id();
    // The bank's own word that it went changes nothing, and comes once.
    let went = Brought { payouts: 1, ..Brought::default() };
    assert_eq!(market.bank_says("M-1", &[("A", -3850, told.as_str())]).await.unwrap(), went);
    let parked = Brought { parked: 1, ..Brought::default() };
    assert_eq!(market.bank_says("M-2", &[("B", -3850, told.as_str())]).await.unwrap(), parked);
    market.advance(Span::hours(24 * 5));
    for (message, amount, told) in
        [("R-1", 3849, told.as_str()), ("R-2", 3850, "TRANSFER-222222222222"), ("R-3", 3850, "")]
    {
        assert_eq!(market.bank_sends_back(message, amount, told).await, parked, "{message}");
        assert_eq!(market.state(&purchase).await, PurchaseState::Confirmed);
        market.audit_is_clean().await;
    }
    let brought = market.bank_sends_back("R-4", 3850, &told).await;
    assert_eq!(brought, Brought { returns: 1, ..Brought::default() });
    market.wait_for_state(&purchase, PurchaseState::Cancelled).await;
    assert_eq!(market.account("01").await, (PLENTY, 0));
    assert_eq!(market.standing(&purchase).await, Some(Standing::NotReceived));
    let told_shop = market.types_told(5).await;
    for what in ["purchase.transfer_failed", "purchase.cancelled", "purchase.payee_refused"] {
        assert!(told_shop.contains(&format!("\"{what}\"")), "{told_shop:?}");
    }
    let letter = market.letters(2).await.swap_remove(0);
    assert!(letter.text.contains("was sent back") && letter.link.is_none(), "{}", letter.text);
    market.audit_is_clean().await;
    assert_eq!(market.bank_sends_back("R-5", 3850, &told).await, parked, "once");
    assert_eq!(market.account("01").await, (PLENTY, 0));
    market.audit_is_clean().await;
}

/// The shopper has the goods and the money: both read that the shop is not paid.
#[tokio::test]
async fn what_comes_back_after_the_goods_went_is_told_as_what_it_is() {
    let market = Market::at_the_bank().await;
    let (sale, told) = sent_at_once(&market).await;
    sale.ship("S-1").await.unwrap();
    assert_eq!(market.bank_sends_back("R-1", 3850, &told).await.returns, 1);
    market.wait_for_state(&sale.id(), PurchaseState::Cancelled).await;
    assert_eq!(market.account("01").await, (PLENTY, 0));
    let letter = market.letters(2).await.swap_remove(0);
    assert!(letter.text.contains("after the goods were shipped"), "{}", letter.text);
    market.audit_is_clean().await;
}

impl Market {
    /// A notice with one return (camt.054 with a reason).
    pub async fn bank_sends_back(&self, message: &str, minor: i64, told: &str) -> Brought {
        let text = notice(message, &[(message, minor, told)]);
        let reason = "</Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
        let text = text.replace("</Refs>", reason);
        let store = &self.agent.app.store;
        read_file(store, &own(), text.as_bytes(), self.now()).await.unwrap()
    }
}
