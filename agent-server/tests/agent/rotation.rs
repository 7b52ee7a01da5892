//! Every key is rotated while purchases go on (TRUST.md T12, F20): no valid purchase is lost, none
//! is made with a revoked key, what was signed before holds by the key of its time.

use std::path::PathBuf;

use agent_server::{
    domain::{ConfirmationToken, confirm, rewrap::rewrap},
    entropy::Entropy,
    keys::{AgentKeyring, KeyKind},
    store::KeyChange,
};
use serde_json::Value;
use shared_protocol::{KeyList, Mark, Outcome, Problem, Receipt, Signed, Signer as _, Span, jws};

use crate::{
    market::{Market, signed},
    merchant::Key,
    sale::Sale,
    shopper::id,
};

impl Market {
    fn keys_dir(&self) -> PathBuf {
        self.agent.app.config.keys_dir()
    }

    /// Makes the next key of a kind, to be used in three minutes.
    fn rotate(&self, kind: KeyKind) {
        let when = (self.now(), self.now().plus(Span::minutes(3)));
        AgentKeyring::rotate(&self.keys_dir(), kind, when, &Entropy::new()).unwrap();
        self.agent.app.keys.refresh(self.now()).unwrap();
    }

    fn retire(&self, kind: KeyKind, revoked: bool) {
        AgentKeyring::retire(&self.keys_dir(), kind, self.now(), revoked).unwrap();
        self.agent.app.keys.refresh(self.now()).unwrap();
    }

    fn pass(&self, span: Span) {
        self.advance(span);
        self.agent.app.keys.refresh(self.now()).unwrap();
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.http.get(self.url(path)).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn kids(&self) -> Vec<String> {
        let set = self.json("/.well-known/jwks.json").await;
        let keys = set["keys"].as_array().unwrap();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    async fn mark(&self) -> Mark {
        let path = self.url("/v1/marks/mrc_tea");
        let bytes = self.http.get(path).send().await.unwrap().bytes().await.unwrap();
        let keys = self.agent.app.keys.verifying_key();
        signed::<Mark>(&bytes).verify(&keys).unwrap().into_inner()
    }
}

#[tokio::test]
async fn the_agents_keys_are_rotated_and_no_purchase_is_lost() {
    let market = Market::open().await;
    let app = &market.agent.app;
    let first = app.keys.verifying_key();
    let sale = market.sale().await;
    let receipt = sale.send("c-1", &sale.claiming("c-1", 1000, None)).await;
    let receipt: Signed<Receipt> = signed(&receipt.unwrap());

    // Published before it is used, and vouched for by the key that everybody knows.
    market.rotate(KeyKind::Signing);
    market.rotate(KeyKind::Opening);
    let kids = market.kids().await;
    assert_eq!((kids.len(), &kids[0]), (2, &jws::key_id(&first)));
    let path = market.url(&format!("/v1/keys?kid={}", kids[0]));
    let bytes = market.http.get(path).send().await.unwrap().bytes().await.unwrap();
    let list = signed::<KeyList>(&bytes).verify(&first).unwrap();
    assert_eq!(
        list.keys.iter().map(|key| jws::key_id(&key.key)).collect::<Vec<_>>(),
        [kids[1].as_str(), &kids[0]]
    );

    // A widget that was opened before, with challenge and envelope of the old keys.
    let open = market.order().await.seal();
    market.pass(Span::minutes(4));
    assert_eq!(market.kids().await[0], kids[1], "the next one signs now");
    let grant = market.grant(&open).await.unwrap();
    assert!(grant.verify(&first).is_err());
    let new = app.keys.verifying_key();
    assert_eq!(jws::key_id(&new), kids[1], "which the widget was told of when it was opened");
    grant.verify(&new).unwrap();
    let word = market.merchant.accept(&grant, market.now());
    market.tell(&grant, "acceptance", &word).await.unwrap();
    market.sale().await;

    // Retired: the old ones open and verify no more, but what they signed is known as theirs.
    let late = market.order().await.seal();
    let stale = Signed::sign(&late.request.challenge.claimed().unwrap(), &Key::random());
    market.retire(KeyKind::Signing, false);
    market.retire(KeyKind::Opening, false);
    assert!(!market.keys_dir().join("signing.pkcs8").exists());
    assert!(market.grant(&late).await.is_ok());
    let mut forged = market.order().await.seal();
    forged.request.challenge = stale;
    assert_eq!(market.grant(&forged).await.err(), Some(Problem::ChallengeInvalid));
    assert_eq!(market.kids().await, [kids[1].clone()]);
    let listed = receipt.claimed().unwrap().booked;
    app.keys.history().verify(&receipt, listed).unwrap();
    assert!(app.keys.history().verify(&receipt, market.now()).is_err());
    market.audit_is_clean().await;
    let market = market.restart().await;
    market.audit_is_clean().await;
    market.sale().await;
}

#[tokio::test]
async fn a_revoked_signing_key_counts_no_more_at_once() {
    let market = Market::open().await;
    let old = market.order().await.seal();
    market.rotate(KeyKind::Signing);
    market.retire(KeyKind::Signing, true);
    assert_eq!(market.kids().await.len(), 1);
    assert_eq!(market.grant(&old).await.err(), Some(Problem::ChallengeInvalid));
    market.sale().await;
    market.pass(Span::minutes(1));
    market.audit_is_clean().await;
}

#[tokio::test]
async fn what_protects_numbers_is_rotated_and_shoppers_notice_nothing() {
    let market = Market::open().await;
    let app = &market.agent.app;
    let asked = market.accepted().await;
    let old_token = ConfirmationToken::of(&id(&asked), &app.keys).expose();
    market.rotate(KeyKind::Pepper);
    market.rotate(KeyKind::Numbers);
    let before = market.granted().await;
    market.pass(Span::minutes(4));
    assert_eq!(app.keys.pepper(), 2);

    // Whoever was asked before answers by the link that was mailed; a letter sent again is it.
    let (token, _) = confirm::asked(app, &id(&asked)).await.unwrap();
    assert_eq!(token.expose(), old_token);
    confirm::decide(app, &old_token, Outcome::Confirmed, market.now()).await.unwrap();
    let word = market.merchant.accept(&before, market.now());
    market.tell(&before, "acceptance", &word).await.unwrap();
    Sale { market: &market, grant: before }.confirm().await;

    // The number is found by its old hash, its code compared under the old pepper, then renewed.
    market.granted().await;
    let done = rewrap(&app.store, &app.keys, &Entropy::new()).await.unwrap();
    let all = app.store.contracts().await.unwrap().len() as u64;
    assert_eq!((done.moved, done.stuck), (all, 0));
    assert_eq!(done.codes, all - 1, "that of the purchase is under the new pepper already");
    let again = rewrap(&app.store, &app.keys, &Entropy::new()).await.unwrap();
    assert_eq!(again.moved, 0, "done again it changes nothing");
    market.retire(KeyKind::Pepper, false);
    market.retire(KeyKind::Numbers, false);
    market.granted().await;
    let mut wrong = market.order().await;
    wrong.code = "9753";
    let told = market.grant(&wrong.seal()).await.err();
    assert_eq!(told, Some(Problem::ContractNotRecognised));
    let market = market.restart().await;
    market.granted().await;
    market.audit_is_clean().await;
}

#[tokio::test]
async fn a_merchants_keys_are_rotated_and_its_old_words_stay_its_own() {
    let mut market = Market::open().await;
    let sale = market.sale().await;
    sale.claim("c-1", 1000).await.unwrap();
    let grant = market.granted().await;
    let (merchant, now) = ("mrc_tea".parse::<shared_protocol::MerchantId>().unwrap(), market.now());
    let old = std::mem::replace(&mut market.merchant.key, Key::random());
    let pair = market.merchant.registration();
    let until = now.plus(Span::hours(72));
    let change = KeyChange::Replace(pair.verifying_key, pair.sealing_key, until);
    assert!(market.agent.app.store.change_keys(merchant.clone(), change, now).await.unwrap());
    market.advance(agent_server::merchants::FRESH);

    // Whoever shops now has the Mark of the key that signs the Offers, and that is still the old.
    let offer = Signed::sign(&market.merchant.teapot(market.now()), &old);
    market.merchant.show(offer);
    let frame = market.url("/v1/frame?merchant=mrc_tea&item=TEAPOT-01");
    assert!(market.http.get(frame).send().await.unwrap().status().is_success());
    assert_eq!(market.mark().await.verifying_key, old.verifying_key());
    let listed = market.json("/v1/merchants/mrc_tea/keys").await;
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    assert_eq!(listed["keys"][0]["kid"], jws::key_id(&pair.verifying_key));

    // Both count during the overlap: what is under way is accepted by the old key.
    let acceptance = market.merchant.acceptance(&grant, market.now());
    market.tell(&grant, "acceptance", &Signed::sign(&acceptance, &old)).await.unwrap();
    market.sale().await;

    // Revoked: within seconds nothing that it signs is believed; what it signed before is.
    let other = market.granted().await;
    let change = KeyChange::Revoke(old.verifying_key());
    let revoked = market.agent.app.store.change_keys(merchant.clone(), change, market.now());
    assert!(revoked.await.unwrap());
    market.advance(agent_server::merchants::FRESH);
    let acceptance = market.merchant.acceptance(&other, market.now());
    let told = market.tell(&other, "acceptance", &Signed::sign(&acceptance, &old)).await;
    assert_eq!(told.err(), Some(Problem::AcceptanceInvalid));
    let by_new = market.merchant.accept(&other, market.now());
    market.tell(&other, "acceptance", &by_new).await.unwrap();
    market.audit_is_clean().await;

    // It never comes back, and without any key nobody shops there.
    let change = KeyChange::Replace(old.verifying_key(), pair.sealing_key, until);
    let store = &market.agent.app.store;
    assert!(!store.change_keys(merchant.clone(), change, market.now()).await.unwrap());
    let change = KeyChange::Revoke(pair.verifying_key);
    assert!(store.change_keys(merchant, change, market.now()).await.unwrap());
    market.advance(agent_server::merchants::FRESH);
    let refused = market.json("/v1/marks/mrc_tea").await;
    assert_eq!(refused["code"], Problem::MerchantLapsed.code());
    market.audit_is_clean().await;
}
