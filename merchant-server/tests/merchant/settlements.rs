//! What the shop says of confirmed orders: kept before it is sent, said once, believed only with
//! the agent's own receipt.

use merchant_server::domain::{Order, Step};
use merchant_server::driver::{Unsaid, settle};
use merchant_server::entropy::Entropy;
use merchant_server::keys::Keyring;
use merchant_server::store::Store;
use shared_protocol::{
    Amount, Claim, Digest, Grant, Outcome, Problem, PurchaseId, PurchaseState, Receipt, Reference,
    Settlement, SettlementEvent, Signed, Span, Void, decode, encode,
};

use crate::market::{Market, NOW};

/// A confirmed order of one teapot.
async fn sold() -> (Market, Order) {
    let market = Market::start().await;
    let (attempt, grant) = market.buy("TEAPOT-01").await;
    market.tell(&grant, Outcome::Confirmed).await;
    let order = market.order(attempt.purchase).await.unwrap();
    assert_eq!(order.state, PurchaseState::Confirmed);
    (market, order)
}

fn agent_keys(market: &Market) -> Keyring {
    Keyring::load(&market.folder.path().join("agent-keys")).unwrap()
}

/// The receipt for a word of this digest, after which the money stands so.
fn receipt(claim: &Claim, word: Digest, settlement: Settlement) -> Receipt {
    Receipt {
        agent: claim.agent.clone(),
        merchant: claim.merchant.clone(),
        purchase: claim.purchase,
        word,
        standing: settlement.state(),
        granted: settlement.granted(),
        claimed: settlement.claimed(),
        voided: settlement.voided(),
        refunded: settlement.refunded(),
        entry: 1,
        journal: Digest::new([1; 32]),
        booked: claim.claimed,
    }
}

/// Books claims in full, with these keys.
fn books(keys: Keyring) -> impl Fn(&[u8]) -> (u16, Vec<u8>) + Send + 'static {
    move |said| {
        let said: Signed<Claim> = decode(said).unwrap();
        let claim = said.claimed().unwrap();
        let event = SettlementEvent::Claimed(claim.amount);
        let settlement = Settlement::of(claim.amount).apply(event).unwrap();
        let receipt = receipt(&claim, said.digest(), settlement);
        (200, encode(&Signed::sign(&receipt, &keys)))
    }
}

fn whole(order: &Order) -> Amount {
    order.deal.as_ref().unwrap().amount
}

fn name(text: &str) -> Reference {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_claim_is_said_with_the_same_bytes_until_it_is_booked() {
    let (market, order) = sold().await;
    let app = &market.running().app;
    let step = Step::Claim(whole(&order), Some(name("S-1")));
    let silence = settle(app, &order, &name("C-1"), &step).await.unwrap_err();
    assert!(matches!(silence, Unsaid::Silence(_)), "{silence}");
    market.advance(Span::hours(1));
    market.agent.will_book(books(agent_keys(&market)));
    let booked = settle(app, &order, &name("C-1"), &step).await.unwrap();
    assert_eq!(settle(app, &order, &name("C-1"), &step).await.unwrap(), booked);
    let said = market.agent.settled();
    assert_eq!(said.len(), 3);
    assert!(said.iter().all(|word| *word == said[0]));
    assert_eq!(said[0].0, format!("/v1/purchases/{}/claims/C-1", order.purchase));
    let claim: Signed<Claim> = decode(&said[0].1).unwrap();
    let claim = claim.verify(&market.verifying_key()).unwrap();
    assert_eq!((claim.amount, claim.claimed), (whole(&order), NOW));
    assert_eq!(claim.shipment, Some(name("S-1")));

    let other = Step::Claim(Amount { minor: 1, ..whole(&order) }, None);
    let conflict = settle(app, &order, &name("C-1"), &other).await.unwrap_err();
    assert!(matches!(conflict, Unsaid::Problem(Problem::PurchaseConflict)), "{conflict}");
    assert_eq!(market.agent.settled().len(), 3, "it was not even sent");
}

#[tokio::test]
async fn a_receipt_of_another_or_for_another_word_is_not_believed() {
    let (market, order) = sold().await;
    let app = &market.running().app;
    let step = Step::Claim(whole(&order), None);
    let stranger = market.folder.path().join("stranger");
    market.agent.will_book(books(Keyring::init(&stranger, &mut Entropy::system()).unwrap()));
    let told = settle(app, &order, &name("C-1"), &step).await.unwrap_err();
    assert!(matches!(told, Unsaid::Problem(Problem::SettlementInvalid)), "{told}");
    let keys = agent_keys(&market);
    market.agent.will_book(move |said| {
        let said: Signed<Claim> = decode(said).unwrap();
        let claim = said.claimed().unwrap();
        let other = receipt(&claim, Digest::new([9; 32]), Settlement::of(claim.amount));
        (200, encode(&Signed::sign(&other, &keys)))
    });
    let told = settle(app, &order, &name("C-1"), &step).await.unwrap_err();
    assert!(matches!(told, Unsaid::Problem(Problem::SettlementInvalid)), "{told}");
    market.agent.will_book(books(agent_keys(&market)));
    settle(app, &order, &name("C-1"), &step).await.unwrap();
}

#[tokio::test]
async fn what_the_agent_does_not_book_leaves_its_name_free() {
    let (market, order) = sold().await;
    let app = &market.running().app;
    market.agent.will_book(|_| {
        let document = serde_json::json!({ "code": "amount_exceeded", "status": 409 });
        (409, document.to_string().into_bytes())
    });
    let too_much = Amount { minor: 1_000_000, ..whole(&order) };
    let told = settle(app, &order, &name("C-1"), &Step::Claim(too_much, None)).await;
    assert!(matches!(told.unwrap_err(), Unsaid::Problem(Problem::AmountExceeded)));
    market.agent.will_book(books(agent_keys(&market)));
    settle(app, &order, &name("C-1"), &Step::Claim(whole(&order), None)).await.unwrap();
}

/// Books that all is let go, with these keys.
fn lets_go(keys: Keyring) -> impl Fn(&[u8]) -> (u16, Vec<u8>) + Send + 'static {
    move |said| {
        let said: Signed<Void> = decode(said).unwrap();
        let void = said.claimed().unwrap();
        let event = SettlementEvent::Voided(void.amount);
        let settlement = Settlement::of(void.amount).apply(event).unwrap();
        let claim = Claim {
            merchant: void.merchant,
            agent: void.agent,
            purchase: void.purchase,
            handling_number: void.handling_number,
            claim: void.void,
            amount: void.amount,
            shipment: None,
            claimed: void.voided,
        };
        (200, encode(&Signed::sign(&receipt(&claim, said.digest(), settlement), &keys)))
    }
}

#[tokio::test]
async fn letting_go_of_all_cancels_the_order() {
    let (market, order) = sold().await;
    let app = &market.running().app;
    market.agent.will_book(lets_go(agent_keys(&market)));
    let step = Step::Void(whole(&order));
    settle(app, &order, &name("V-1"), &step).await.unwrap();
    let gone = market.order(order.purchase).await.unwrap();
    assert_eq!(gone.state, PurchaseState::Cancelled);
    assert_eq!(gone.confirmation, order.confirmation, "what the shopper said stays");
    settle(app, &gone, &name("V-1"), &step).await.unwrap();
}

/// The agent tells of it as well, and still has the shopper's yes: of one that was asked, of one
/// that a passkey had said, and of one that this shop has not heard of yet.
#[tokio::test]
async fn the_agents_word_on_an_order_that_was_let_go_is_no_contradiction() {
    for (is_asked, is_told) in [(true, true), (false, false), (true, false)] {
        let market = Market::start().await;
        let attempt = market.prepare("TEAPOT-01").await;
        let grant = Grant { provisional: is_asked, ..market.grant(&attempt) };
        market.submit(&attempt, market.signed(&grant)).await.acceptance();
        if is_told {
            market.tell(&grant, Outcome::Confirmed).await;
        }
        let order = market.order(attempt.purchase).await.unwrap();
        market.agent.will_book(lets_go(agent_keys(&market)));
        let step = Step::Void(whole(&order));
        settle(&market.running().app, &order, &name("V-1"), &step).await.unwrap();
        let yes = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
        let yes = Signed::sign(&yes, &market.agent.keys);
        for event in ["purchase.confirmed", "purchase.voided"] {
            let answer = market.notify(event, attempt.purchase, Some(&yes)).await;
            assert_eq!((answer.status, answer.json()["state"].as_str()), (200, Some("cancelled")));
        }
        let gone = market.order(attempt.purchase).await.unwrap();
        assert_eq!(gone.state, PurchaseState::Cancelled, "asked: {is_asked}, told: {is_told}");
    }
}

/// The command line beside the server, whose clock is ahead: neither takes the other's keys.
#[tokio::test]
async fn two_processes_on_one_database_take_keys_of_their_own() {
    let (market, _) = sold().await;
    let server = market.running().app.store();
    let url = market.running().app.config().database_url();
    let beside = Store::open(&url).await.unwrap();
    let earlier = market.now().minus(Span::hours(24));
    for nth in 0..20_u32 {
        let purchase = PurchaseId::random(&mut Entropy::system());
        let (store, now) = match nth % 2 {
            0 => (&beside, earlier),
            _ => (server, market.now()),
        };
        let mut tx = store.begin("race", now).await.unwrap();
        assert!(tx.hear_once(&format!("evt_{nth}"), purchase, nth).await.unwrap(), "{nth}");
        tx.commit().await.unwrap();
    }
    beside.close().await;
}
