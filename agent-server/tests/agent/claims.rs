//! Claims, shipments, voids and refunds over HTTP: never above the Grant, once for each name, and
//! each with its own problem where it cannot be (66–71; TRUST.md T09, F03, F04).

use agent_server::{
    domain::{
        confirm::{self, Wanted},
        turn::Turned,
    },
    store::Turn,
};
use futures_util::future::join_all;
use reqwest::Method;
use shared_protocol::{
    Amount, Channel, Message, Problem, PurchaseState, SettlementState, Signed, Span,
};

use crate::{
    market::{Market, yen},
    merchant::Key,
    sale::Sale,
};

#[tokio::test]
async fn a_purchase_is_shipped_and_claimed_in_parts_and_partly_given_back() {
    let market = Market::open().await;
    let sale = market.sale().await;
    let shipping = sale.shipping("S-1");
    let shipped = sale.say("S-1", &shipping).await.unwrap();
    assert_eq!((shipped.standing, shipped.entry), (SettlementState::Unclaimed, 0));
    let first = sale.claiming("C-1", 3000, Some("S-1"));
    let first = sale.say("C-1", &first).await.unwrap();
    assert_eq!((first.standing, first.entry), (SettlementState::PartClaimed, 1));
    assert_eq!((first.granted, first.claimed), (yen(3850), yen(3000)));
    let second = sale.claim("C-2", 800).await.unwrap();
    assert_eq!((second.claimed, second.entry), (yen(3800), 2));
    assert_eq!(market.reserved("01").await, 3850);
    let rest = sale.void("V-1", 50).await.unwrap();
    assert_eq!((rest.standing, rest.voided), (SettlementState::Claimed, yen(50)));
    assert_eq!(market.reserved("01").await, 3800);
    let back = sale.refund("R-1", 1300).await.unwrap();
    assert_eq!((back.standing, back.refunded), (SettlementState::Claimed, yen(1300)));
    assert_eq!(market.reserved("01").await, 2500);
    // For the browser it is still what it was.
    assert_eq!(market.state(&sale.id()).await, PurchaseState::Confirmed);

    // Whatever name it has in another kind, and whatever came since, the receipt is the same.
    let again = sale.say("S-1", &shipping).await.unwrap();
    assert_eq!(again, shipped);
    sale.ship("C-1").await.unwrap();
    let all = sale.refund("R-2", 2500).await.unwrap();
    assert_eq!(all.standing, SettlementState::Refunded);
    assert_eq!(market.reserved("01").await, 0);
    assert_eq!(sale.refund("R-3", 1).await, Err(Problem::PurchaseClosed));
}

#[tokio::test]
async fn the_same_bytes_get_the_same_receipt_and_others_a_conflict() {
    let market = Market::open().await;
    let sale = market.sale().await;
    let word = sale.claiming("C-1", 3000, None);
    let receipt = sale.send("C-1", &word).await.unwrap();
    sale.claim("C-2", 850).await.unwrap();
    for _ in 0..3 {
        assert_eq!(sale.send("C-1", &word).await.as_ref(), Ok(&receipt));
    }
    assert_eq!(sale.claim("C-1", 2999).await, Err(Problem::PurchaseConflict));
    // Also a different signature over the same amount, a moment later.
    market.advance(shared_protocol::Span::secs(1));
    assert_eq!(sale.claim("C-1", 3000).await, Err(Problem::PurchaseConflict));
    assert_eq!(sale.send("C-1", &word).await, Ok(receipt.clone()));
}

#[tokio::test]
async fn a_claim_sent_often_at_once_is_booked_once() {
    let market = Market::open().await;
    let rounds = u64::try_from(crate::races::rounds()).unwrap();
    for _ in 0..rounds {
        let sale = market.sale().await;
        let word = sale.claiming("C-1", 2000, None);
        let same = join_all((0..20).map(|_| sale.send("C-1", &word))).await;
        let first = same[0].as_ref().unwrap();
        assert!(same.iter().all(|answer| answer.as_ref() == Ok(first)));
        // Twenty others race for what is left, which is enough for one.
        let names: Vec<_> = (0..20).map(|n| format!("D-{n}")).collect();
        let others = join_all(names.iter().map(|name| sale.claim(name, 1000))).await;
        let won = others.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 1);
        let lost = others.iter().filter(|answer| **answer == Err(Problem::AmountExceeded)).count();
        assert_eq!(lost, 19);
        sale.refund("R", 3000).await.unwrap();
        sale.void("V", 850).await.unwrap();
    }
    let store = &market.agent.app.store;
    let entries = store.journal(0, u32::MAX).await.unwrap().len();
    assert_eq!(u64::try_from(entries).unwrap(), 3 * rounds);
}

#[tokio::test]
async fn what_cannot_be_has_its_own_problem() {
    let market = Market::open().await;
    let sale = market.sale().await;
    assert_eq!(sale.claim("C", 3851).await, Err(Problem::AmountExceeded));
    assert_eq!(sale.claim("C", 0).await, Err(Problem::AmountMismatch));
    assert_eq!(sale.refund("R", 1).await, Err(Problem::AmountExceeded));
    let dollars = Amount::new(1, "USD".parse().unwrap()).unwrap();
    let foreign = sale.claim_of("C", dollars, None);
    let foreign = Signed::sign(&foreign, &market.merchant.key);
    assert_eq!(sale.say("C", &foreign).await, Err(Problem::AmountMismatch));
    let unshipped = sale.claiming("C", 1, Some("S-9"));
    assert_eq!(sale.say("C", &unshipped).await, Err(Problem::ShipmentUnknown));
    assert_eq!(sale.claim("C", 3850).await.unwrap().standing, SettlementState::Claimed);
    assert_eq!(sale.void("V", 1).await, Err(Problem::AmountExceeded));
    assert_eq!(sale.refund("R", 3851).await, Err(Problem::AmountExceeded));
    // What was refused left nothing behind.
    assert_eq!(market.agent.app.store.journal(0, 100).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_the_merchant_s_word_on_this_very_purchase_counts() {
    let market = Market::open().await;
    let (sale, other) = (market.sale().await, market.sale().await);
    let stranger = Signed::sign(&sale.claim_of("C", yen(1), None), &Key::random());
    assert_eq!(sale.say("C", &stranger).await, Err(Problem::SettlementInvalid));
    let elsewhere = other.claiming("C", 1, None);
    assert_eq!(sale.say("C", &elsewhere).await, Err(Problem::SettlementInvalid));
    let named = sale.claiming("C", 1, None);
    assert_eq!(sale.say("D", &named).await, Err(Problem::SettlementInvalid));
    let mut said = sale.claim_of("C", yen(1), None);
    said.handling_number = other.claim_of("C", yen(1), None).handling_number;
    let said = Signed::sign(&said, &market.merchant.key);
    assert_eq!(sale.say("C", &said).await, Err(Problem::SettlementInvalid));
    let mut said = sale.claim_of("C", yen(1), None);
    said.agent = "agt_other".parse().unwrap();
    let said = Signed::sign(&said, &market.merchant.key);
    assert_eq!(sale.say("C", &said).await, Err(Problem::SettlementInvalid));
    let unknown = "/v1/purchases/pur_00000000000000000000000000/claims/C";
    let answer = market.ask(Method::PUT, unknown, &named).await;
    assert_eq!(answer, Err(Problem::PurchaseUnknown));
}

#[tokio::test]
async fn before_the_shopper_confirms_nothing_is_claimed_and_after_a_no_neither() {
    let market = Market::open().await;
    let granted = Sale { market: &market, grant: market.granted().await };
    assert_eq!(granted.claim("C", 1).await, Err(Problem::NotConfirmedYet));
    let accepted = Sale { market: &market, grant: market.accepted().await };
    assert_eq!(accepted.claim("C", 1).await, Err(Problem::NotConfirmedYet));
    assert_eq!(accepted.ship("S").await, Err(Problem::NotConfirmedYet));
    accepted.confirm().await;
    accepted.claim("C", 1).await.unwrap();
    let refused = market.granted().await;
    let word = market.merchant.refuse(&refused, market.now());
    market.tell(&refused, "refusal", &word).await.unwrap();
    let refused = Sale { market: &market, grant: refused };
    assert_eq!(refused.claim("C", 1).await, Err(Problem::PurchaseClosed));
}

#[tokio::test]
async fn letting_go_of_all_cancels_the_purchase_and_frees_the_credit() {
    let market = Market::open().await;
    let sale = market.sale().await;
    assert_eq!(market.reserved("01").await, 3850);
    sale.void("V-1", 850).await.unwrap();
    assert_eq!(market.reserved("01").await, 3000);
    let word = sale.voiding("V-2", 3000);
    let gone = sale.say("V-2", &word).await.unwrap();
    assert_eq!(gone.standing, SettlementState::Voided);
    assert_eq!(market.reserved("01").await, 0);
    assert_eq!(market.state(&sale.id()).await, PurchaseState::Cancelled);
    assert_eq!(sale.claim("C", 1).await, Err(Problem::PurchaseClosed));
    assert_eq!(sale.say("V-2", &word).await, Ok(gone));
    // One letter asked, one says that nothing was charged.
    let letters = market.letters(2).await;
    assert!(letters[0].subject.starts_with("Cancelled"), "{}", letters[0].subject);
}

/// Withdraws as the shopper's own page does.
async fn withdraw(sale: &Sale<'_>) -> Turned {
    withdraw_from(sale, "01").await
}

/// The same, from the contract whose number ends so.
pub async fn withdraw_from(sale: &Sale<'_>, tail: &str) -> Turned {
    let app = &sale.market.agent.app;
    let contract = sale.market.contract(tail).await;
    let number = sale.grant.claimed().unwrap().handling_number;
    let own = app.store.purchase_of(contract, &number).await.unwrap().unwrap();
    let (agent, now) = (&app.config.agent_id, sale.market.now());
    let signer = (agent, &app.keys);
    let Some(word) = confirm::word_by(&own, Wanted::Cancel, Channel::Page, signer, now) else {
        return Turned::Not(Problem::PurchaseClosed);
    };
    app.turn(Turn { purchase: sale.id(), word, then: None, now }).await.unwrap()
}

#[tokio::test]
async fn what_was_shipped_or_claimed_is_not_taken_back() {
    let market = Market::open().await;
    let (shipped, claimed, partly) =
        (market.sale().await, market.sale().await, market.sale().await);
    shipped.ship("S").await.unwrap();
    claimed.claim("C", 1).await.unwrap();
    partly.void("V", 850).await.unwrap();
    assert_eq!(withdraw(&shipped).await, Turned::Not(Problem::AlreadyShipped));
    assert_eq!(withdraw(&claimed).await, Turned::Not(Problem::AlreadyShipped));
    assert_eq!(market.reserved("01").await, 3850 * 3 - 850);
    assert_eq!(withdraw(&partly).await, Turned::Now(PurchaseState::Cancelled));
    assert_eq!(market.reserved("01").await, 3850 * 2, "what was let go is not freed twice");
    assert_eq!(partly.claim("C", 1).await, Err(Problem::PurchaseClosed));
}

#[tokio::test]
async fn after_a_restart_the_same_claim_gets_the_same_receipt() {
    let market = Market::open().await;
    let (id, word, receipt) = {
        let sale = market.sale().await;
        let word = sale.claiming("C-1", 3000, None);
        (sale.id(), word.clone(), sale.send("C-1", &word).await.unwrap())
    };
    let market = market.restart().await;
    let path = format!("/v1/purchases/{id}/claims/C-1");
    assert_eq!(market.ask(Method::PUT, &path, &word).await, Ok(receipt));
    assert_eq!(market.agent.app.store.journal(0, 100).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_merchant_says_so_much_an_hour_and_only_its_own_words_count() {
    let market = Market::open_with(|config| config.guessing.words_of_merchant = 3).await;
    let sale = market.sale().await;
    let stranger = Signed::sign(&sale.claim_of("C-0", yen(1), None), &Key::random());
    for _ in 0..5 {
        assert_eq!(sale.say("C-0", &stranger).await, Err(Problem::SettlementInvalid));
    }
    sale.ship("S-1").await.unwrap();
    sale.claim("C-1", 1000).await.unwrap();
    sale.void("V-1", 50).await.unwrap();
    assert_eq!(sale.refund("R-1", 10).await, Err(Problem::TooManyRequests));
    let said = sale.claiming("C-2", 10, None);
    let url = market.url(&format!("/v1/purchases/{}/claims/C-2", sale.id()));
    let request = market.http.put(url).header("content-type", media_type_of(&said));
    let refused = request.body(shared_protocol::encode(&said)).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 429);
    assert_eq!(refused.headers()["retry-after"], "60");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    market.advance(Span::minutes(20));
    sale.claim("C-2", 10).await.unwrap();
    assert_eq!(sale.claim("C-3", 10).await, Err(Problem::TooManyRequests));
}

fn media_type_of<M: Message>(_: &M) -> String {
    M::media_type()
}
