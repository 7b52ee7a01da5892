//! Purchases that a passkey pays: no number, no code, no question; each assertion once, a copied
//! passkey noticed, and what others guess at the contract's code without effect.

use shared_protocol::{Channel, Outcome, Problem, PurchaseState, Span};

use crate::{
    authenticator::{Authenticator, Moment},
    market::Market,
    shopper::{Attempt, Order, id},
};

impl Market {
    /// A good order that this passkey pays, in the frame in the shop's page.
    pub async fn by_passkey(&self, passkey: &Authenticator, counter: u32) -> Attempt {
        let shop = self.merchant.registration().origins[0].clone();
        let order = Order { by_passkey: true, ..self.order().await };
        order.seal_with(|tally| passkey.assert(&Moment::in_shop(tally, &shop, counter)))
    }
}

#[tokio::test]
async fn a_purchase_by_passkey_is_confirmed_without_a_question() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    let grant = market.grant(&market.by_passkey(&passkey, 1).await).await.unwrap();
    assert!(!grant.claimed().unwrap().provisional);
    assert_eq!(market.reserved("01").await, 3850);
    let word = market.merchant.accept(&grant, market.now());
    for _ in 0..2 {
        market.tell(&grant, "acceptance", &word).await.unwrap();
    }
    let status = market.status(&id(&grant)).await;
    assert_eq!(status.state, PurchaseState::Confirmed);
    let said = status.confirmation.unwrap().claimed().unwrap();
    assert_eq!((said.outcome, said.channel), (Outcome::Confirmed, Channel::Passkey));
    let notices = market.merchant.notices(1).await;
    assert_eq!(notices[0].json()["type"], "purchase.confirmed");
    // One told of the passkey itself.
    let letters = market.letters(2).await;
    assert!(letters.len() == 2 && letters.iter().all(|letter| letter.link.is_none()));
    let receipt = letters.iter().find(|letter| letter.text.contains("The order is complete."));
    assert!(receipt.expect("a receipt, which asks nothing").text.contains("ending in 01"));
    // Silence is no answer to what was not asked.
    market.advance(Span::hours(100));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Confirmed);
    assert_eq!((market.letters(2).await.len(), market.merchant.notices(1).await.len()), (2, 1));
}

#[tokio::test]
async fn the_same_request_gets_the_same_grant_also_after_a_restart() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    let attempt = market.by_passkey(&passkey, 1).await;
    let before = market.ask_grant(&attempt).await.unwrap();
    assert_eq!(market.ask_grant(&attempt).await.unwrap(), before);
    let market = market.restart().await;
    assert_eq!(market.ask_grant(&attempt).await.unwrap(), before);
    assert_eq!(market.reserved("01").await, 3850);
}

#[tokio::test]
async fn an_assertion_counts_for_one_purchase_only() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    let first = market.by_passkey(&passkey, 1).await;
    market.grant(&first).await.unwrap();
    // Under the same purchase, with other bytes: a conflict.
    let mut again = market.by_passkey(&passkey, 2).await;
    again.purchase = first.purchase;
    assert!(market.grant(&again).await.is_err());
    // The first one's assertion, carried to another purchase: it signed something else.
    let shop = market.merchant.registration().origins[0].clone();
    let signed = first.request.tally.tally.digest();
    let order = Order { by_passkey: true, ..market.order().await };
    let stolen = order.seal_with(|_| passkey.assert(&Moment::in_shop(signed, &shop, 1)));
    assert_eq!(market.grant(&stolen).await.unwrap_err(), Problem::PasskeyInvalid);
    let mut moved = order.seal();
    moved.request.passkey = first.request.passkey.clone();
    assert_eq!(market.grant(&moved).await.unwrap_err(), Problem::EnvelopeInvalid);
    assert_eq!(market.reserved("01").await, 3850);
}

#[tokio::test]
async fn a_counter_that_does_not_rise_is_a_copy() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    market.grant(&market.by_passkey(&passkey, 5).await).await.unwrap();
    for counter in [5, 4, 1, 0] {
        let told = market.grant(&market.by_passkey(&passkey, counter).await).await;
        assert_eq!(told.unwrap_err(), Problem::PasskeyCloned, "{counter}");
    }
    market.grant(&market.by_passkey(&passkey, 6).await).await.unwrap();
    assert_eq!(market.reserved("01").await, 2 * 3850);
    // An authenticator that does not count says 0 for ever.
    let other = market.enrolled("01").await;
    for _ in 0..2 {
        market.grant(&market.by_passkey(&other, 0).await).await.unwrap();
    }
}

#[tokio::test]
async fn two_copies_at_the_same_moment_buy_once() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    let (one, two) = (market.by_passkey(&passkey, 1).await, market.by_passkey(&passkey, 1).await);
    let (one, two) = tokio::join!(market.grant(&one), market.grant(&two));
    let problems: Vec<_> = [one.err(), two.err()].into_iter().flatten().collect();
    assert_eq!(problems, [Problem::PasskeyCloned]);
    assert_eq!(market.reserved("01").await, 3850);
}

#[tokio::test]
async fn guesses_at_the_code_do_not_stop_the_passkey_and_it_does_not_forgive_them() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    let guess = async |code| {
        let order = Order { code, ..market.order().await };
        market.grant(&order.seal()).await.unwrap_err()
    };
    for _ in 0..4 {
        assert_eq!(guess("1357").await, Problem::ContractNotRecognised);
    }
    market.grant(&market.by_passkey(&passkey, 1).await).await.unwrap();
    assert_eq!(guess("1357").await, Problem::ContractNotRecognised);
    assert_eq!(guess("2468").await, Problem::ContractLocked);
    market.grant(&market.by_passkey(&passkey, 2).await).await.unwrap();
}

#[tokio::test]
async fn what_stops_a_contract_stops_its_passkeys() {
    let market = Market::open().await;
    for (tail, problem) in [("02", Problem::ContractLapsed), ("03", Problem::LimitExceeded)] {
        let passkey = market.enrolled(tail).await;
        let told = market.grant(&market.by_passkey(&passkey, 1).await).await;
        assert_eq!(told.unwrap_err(), problem);
        // Its word held all the same: the counter has moved on.
        let told = market.grant(&market.by_passkey(&passkey, 1).await).await;
        assert_eq!(told.unwrap_err(), Problem::PasskeyCloned);
    }
}

#[tokio::test]
async fn a_passkey_that_is_not_registered_or_was_removed_buys_nothing() {
    let market = Market::open().await;
    let stranger = Authenticator::new();
    let told = market.grant(&market.by_passkey(&stranger, 1).await).await;
    assert_eq!(told.unwrap_err(), Problem::PasskeyUnknown);
    let (passkey, contract) = (market.enrolled("01").await, market.contract("01").await);
    let row = market.agent.app.store.passkeys(contract).await.unwrap()[0].id;
    let (path, cookie) = (format!("/me/passkeys/{row}/removal"), market.cookie("01").await);
    assert_eq!(market.submit(&path, &cookie, "").await.status, 303);
    let told = market.grant(&market.by_passkey(&passkey, 1).await).await;
    assert_eq!(told.unwrap_err(), Problem::PasskeyUnknown);
}

/// The merchant's contract and Offer are looked at before the passkey.
#[tokio::test]
async fn what_is_wrong_with_the_order_is_told_first() {
    let market = Market::open().await;
    let stranger = Authenticator::new();
    let amount = crate::market::yen(1);
    let order = Order { by_passkey: true, amount, ..market.order().await };
    let sign = |tally: shared_protocol::Digest| {
        stranger.assert(&Moment::new("webauthn.get", tally.as_bytes()))
    };
    let told = market.grant(&order.seal_with(sign)).await;
    assert_eq!(told.unwrap_err(), Problem::AmountMismatch);
}
