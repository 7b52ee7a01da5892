//! The outbox: at least once, over restarts, verifiable, and visible when it gives up.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::signature::{ED25519, UnparsedPublicKey};
use shared_protocol::{Outcome, Signer as _, Span};

use agent_server::domain::{ConfirmationToken, confirm};
use agent_server::store::EndpointChange;

use crate::{market::Market, merchant::Notice, shopper::id};

async fn confirmed(market: &Market) {
    let grant = market.accepted().await;
    let token = ConfirmationToken::of(&id(&grant), &market.agent.app.keys).expose();
    let app = &market.agent.app;
    confirm::decide(app, &token, Outcome::Confirmed, market.now()).await.unwrap();
}

/// As the Standard Webhooks specification says: `id.timestamp.body`, key `v1a`.
fn is_genuine(market: &Market, notice: &Notice) -> bool {
    let (id, time) = (notice.header("webhook-id"), notice.header("webhook-timestamp"));
    let signed = format!("{id}.{time}.{}", notice.body);
    let signature = notice.header("webhook-signature");
    let signature = signature.split(' ').find_map(|one| one.strip_prefix("v1a,")).unwrap();
    let signature = BASE64.decode(signature).unwrap();
    let key = market.agent.app.keys.verifying_key();
    UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(signed.as_bytes(), &signature).is_ok()
}

#[tokio::test]
async fn a_webhook_bears_the_agents_signature_and_no_more_than_it_must() {
    let market = Market::open().await;
    confirmed(&market).await;
    let notice = market.merchant.notices(1).await[0].clone();
    assert!(is_genuine(&market, &notice));
    let changed = Notice { body: notice.body.replace("confirmed", "cancelled"), ..notice.clone() };
    assert!(!is_genuine(&market, &changed));
    let time: i64 = notice.header("webhook-timestamp").parse().unwrap();
    assert!((time - market.now().as_secs()).abs() < 10);
    let body = notice.json();
    assert_eq!(body["type"], "purchase.confirmed");
    let mut keys: Vec<_> = body.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["data", "timestamp", "type"]);
    assert_eq!(body["data"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn a_webhook_that_failed_comes_again_under_the_same_id() {
    let market = Market::open().await;
    *market.merchant.shop.status.lock().unwrap() = Some(500);
    confirmed(&market).await;
    let first = market.merchant.notices(1).await[0].clone();
    *market.merchant.shop.status.lock().unwrap() = None;
    market.advance(Span::hours(1));
    let second = market.merchant.notices(2).await[1].clone();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(first.body, second.body);
    assert!(is_genuine(&market, &second));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(market.merchant.notices(2).await.len(), 2);
    assert!(market.agent.app.store.outbox("waiting", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_owed_survives_a_restart() {
    let market = Market::open().await;
    *market.merchant.shop.status.lock().unwrap() = Some(500);
    confirmed(&market).await;
    market.merchant.notices(1).await;
    let market = market.restart().await;
    *market.merchant.shop.status.lock().unwrap() = None;
    market.advance(Span::hours(1));
    let last = market.merchant.notices(2).await.last().unwrap().clone();
    assert_eq!(last.json()["type"], "purchase.confirmed");
}

#[tokio::test]
async fn what_was_given_up_is_seen_and_can_be_sent_again() {
    let market = Market::open().await;
    *market.merchant.shop.status.lock().unwrap() = Some(410);
    confirmed(&market).await;
    market.merchant.notices(1).await;
    let store = &market.agent.app.store;
    let dead = market.dead().await;
    assert_eq!(dead.parcel.errand.name(), "purchase.confirmed");
    *market.merchant.shop.status.lock().unwrap() = None;
    let open = EndpointChange::Enable;
    let merchant = market.merchant.registration().id;
    store.change_endpoint(merchant, open, market.now()).await.unwrap();
    assert!(store.resend(dead.parcel.id, market.now()).await.unwrap());
    market.merchant.notices(2).await;
}
