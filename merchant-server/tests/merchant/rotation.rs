//! Keys change while orders come in (TRUST.md F20): the shop's own, and its agent's.

use axum::Router;
use axum::routing::get;
use merchant_server::driver::keys::ask;
use merchant_server::entropy::Entropy;
use merchant_server::keys::Keyring;
use shared_protocol::{
    GrantProof, KeyList, ListedKey, Message as _, Problem, Signed, Span, Timestamp, VerifyingKey,
    encode,
};

use crate::market::{Market, NOW};

#[tokio::test]
async fn who_has_the_old_mark_and_who_has_the_new_one_both_buy() {
    let market = Market::start().await;
    let keys = &market.running().app.shop().keys;
    let dir = market.folder.path().join("data/keys");
    let (before, old) = (market.prepare("TEAPOT-01").await, keys.verifying());
    let mut rng = Entropy::system();
    Keyring::rotate(&dir, &mut rng).unwrap();
    keys.refresh().unwrap();
    let announced = market.get("/.well-known/warifu").await.json();
    assert!(announced["next"]["verifying_key"].is_string());
    Keyring::activate(&dir).unwrap();
    keys.refresh().unwrap();
    let new = keys.verifying();
    assert_ne!(new, old);

    let after = market.prepare("TEAPOT-01").await;
    let grant = market.grant(&before);
    let answer = market.submit(&before, market.signed(&grant)).await;
    answer.acceptance().verify(&old).unwrap();
    let grant = market.grant(&after);
    let answer = market.submit(&after, market.signed(&grant)).await;
    answer.acceptance().verify(&new).unwrap();

    let late = market.grant(&before);
    Keyring::retire(&dir).unwrap();
    keys.refresh().unwrap();
    let again = market.submit(&before, market.signed(&late)).await;
    assert_eq!(again.problem(), Problem::PurchaseConflict, "decided already, whatever the key");
    market.buy("TEAPOT-01").await;
}

/// Serves one list of keys, as an agent does.
async fn agent_that_lists(list: Signed<KeyList>) -> String {
    let answer = ([("content-type", Signed::<KeyList>::media_type())], encode(&list));
    let routes = Router::new().route("/v1/keys", get(async move || answer.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
    url
}

fn listed(key: VerifyingKey, until: Option<Timestamp>) -> ListedKey {
    ListedKey { key, from: NOW, until }
}

#[tokio::test]
async fn the_agents_next_key_is_learnt_from_the_one_before_and_outlasts_a_restart() {
    let mut market = Market::start().await;
    let next = Keyring::init(&market.folder.path().join("next"), &mut Entropy::system()).unwrap();
    let stranger =
        Keyring::init(&market.folder.path().join("stranger"), &mut Entropy::system()).unwrap();
    let attempt = market.prepare("TEAPOT-01").await;
    let by_next = GrantProof::Signed(Signed::sign(&market.grant(&attempt), &next));
    assert_eq!(market.submit(&attempt, by_next.clone()).await.problem(), Problem::GrantInvalid);

    let list = |keys: Vec<ListedKey>, later: i64| KeyList {
        agent: market.agent.id.clone(),
        keys,
        listed: NOW.plus(Span::secs(later)),
    };
    let own = market.agent.keys.verifying();
    let both = list(vec![listed(next.verifying(), None), listed(own, None)], 1);
    let revoked = list(vec![listed(next.verifying(), None), listed(own, Some(NOW))], 2);
    let forged = list(vec![listed(stranger.verifying(), None)], 9);
    let lists = [
        Signed::sign(&forged, &stranger),
        Signed::sign(&both, &market.agent.keys),
        Signed::sign(&revoked, &next),
        Signed::sign(&both, &next),
    ];
    let mut known = Vec::new();
    for list in lists {
        let url = agent_that_lists(list).await;
        market.close().await;
        market.open(|config| config.agent.url = url.parse().unwrap()).await;
        ask(&market.running().app).await;
        known.push(market.running().app.shop().agent_keys());
    }
    assert_eq!(known[0], [own], "nobody known signed it");
    assert_eq!(known[1], [next.verifying(), own]);
    assert_eq!(known[2], [next.verifying()], "ended; and the list before was not forgotten");
    assert_eq!(known[3], [next.verifying()], "an older list says nothing any more");

    let answer = market.submit(&attempt, by_next).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let other = market.prepare("TEAPOT-01").await;
    let by_old = market.signed(&market.grant(&other));
    assert_eq!(market.submit(&other, by_old).await.problem(), Problem::GrantInvalid);
}
