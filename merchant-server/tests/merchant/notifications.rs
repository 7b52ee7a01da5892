//! Steps 64–65 from the merchant's side: forged, replayed, late and contradicting words do no
//! harm; a lost one is asked for (TRUST.md F07, T34).

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL},
};
use merchant_server::config::Config;
use merchant_server::driver::Listener;
use merchant_server::entropy::Entropy;
use merchant_server::keys::Keyring;
use ring::hmac;
use ring::signature::{ED25519, UnparsedPublicKey};
use shared_protocol::{
    Channel, Confirmation, Grant, Outcome, Problem, PurchaseState, Signed, Signer as _, Span,
    encode,
};

use crate::market::{Market, SAMPLE, event};

async fn state(market: &Market, grant: &Grant) -> PurchaseState {
    market.order(grant.purchase).await.unwrap().state
}

#[tokio::test]
async fn yes_no_and_silence_each_move_the_order_once() {
    let market = Market::start().await;
    for (outcome, expected) in [
        (Outcome::Confirmed, PurchaseState::Confirmed),
        (Outcome::Cancelled, PurchaseState::Cancelled),
        (Outcome::Expired, PurchaseState::Expired),
    ] {
        let (_, grant) = market.buy("TEAPOT-01").await;
        for _ in 0..3 {
            let told = market.tell(&grant, outcome).await;
            assert_eq!((told.status, told.json()["state"].as_str()), (200, Some(expected.name())));
        }
        assert_eq!(state(&market, &grant).await, expected);
        let order = market.order(grant.purchase).await.unwrap();
        let events = market.running().app.store().order_events(order.id).await.unwrap();
        assert_eq!(events.len(), 2, "accepted, then {expected:?}: {events:?}");
        let status = market.status(grant.purchase).await.purchase_status();
        assert_eq!(status.confirmation.unwrap().claimed().unwrap().outcome, outcome);
    }
}

#[tokio::test]
async fn a_notification_that_is_not_the_agents_says_which_cause_it_is() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let said = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
    market.agent.will_say(grant.purchase, Signed::sign(&said, &market.agent.keys));
    let body = event("purchase.confirmed", grant.purchase, 1);
    let secs = market.now().as_secs();
    let stranger =
        Keyring::init(&market.folder.path().join("stranger"), &mut Entropy::system()).unwrap();
    let sign = |keys: &Keyring, secs: i64| {
        let signature = keys.sign(format!("evt_1.{secs}.{body}").as_bytes());
        format!("v1a,{}", BASE64.encode(signature.as_bytes()))
    };
    let good = sign(&market.agent.keys, secs);
    let written_anew =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&body).unwrap())
            .unwrap();
    let old = secs - 301;
    for (at, signature, sent, cause) in [
        (secs, sign(&stranger, secs), &body, "signature_mismatch"),
        (secs, good.clone(), &written_anew, "signature_mismatch"),
        (secs + 1, good.clone(), &body, "signature_mismatch"),
        (old, sign(&market.agent.keys, old), &body, "timestamp_out_of_tolerance"),
        (secs, good.replace("v1a,", "v1,"), &body, "not_signed"),
        (secs, String::new(), &body, "not_signed"),
    ] {
        let answer = market.post_signed("evt_1", &at.to_string(), &signature, sent).await;
        assert_eq!(answer.problem(), Problem::WebhookInvalid);
        assert_eq!(answer.json()["cause"], cause);
        assert_eq!(state(&market, &grant).await, PurchaseState::Accepted, "{cause}");
    }
    let answer = market.post_signed("evt_1", &secs.to_string(), &good, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_true_notification_replayed_later_is_refused_by_its_age() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let said = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
    market.agent.will_say(grant.purchase, Signed::sign(&said, &market.agent.keys));
    let body = event("purchase.confirmed", grant.purchase, 1);
    let secs = market.now().as_secs();
    for _ in 0..3 {
        assert_eq!(market.post_event("evt_1", secs, &body).await.status, 200);
    }
    assert_eq!(market.agent.asked(), 1, "what was heard is not asked again");
    market.advance(Span::minutes(6));
    let replayed = market.post_event("evt_1", secs, &body).await;
    assert_eq!(replayed.json()["cause"], "timestamp_out_of_tolerance");
}

#[tokio::test]
async fn what_the_agent_answers_is_checked_by_itself() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let (_, other) = market.buy("TEAPOT-01").await;
    let stranger =
        Keyring::init(&market.folder.path().join("stranger"), &mut Entropy::system()).unwrap();
    let good = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
    let signed = |said: &Confirmation| Signed::sign(said, &market.agent.keys);
    let cases = [
        ("purchase.confirmed", Signed::sign(&good, &stranger)),
        ("purchase.confirmed", signed(&Confirmation { purchase: other.purchase, ..good.clone() })),
        (
            "purchase.confirmed",
            signed(&Confirmation { handling_number: other.handling_number, ..good.clone() }),
        ),
        (
            "purchase.confirmed",
            signed(&Confirmation { merchant: "mrc_other".parse().unwrap(), ..good.clone() }),
        ),
        (
            "purchase.confirmed",
            signed(&Confirmation { agent: "agt_other".parse().unwrap(), ..good.clone() }),
        ),
    ];
    for (name, said) in cases {
        let answer = market.notify(name, grant.purchase, Some(&said)).await;
        assert_eq!(answer.problem(), Problem::ConfirmationInvalid);
        assert_eq!(state(&market, &grant).await, PurchaseState::Accepted);
    }
    let answer = market.post_event("evt_1", market.now().as_secs(), "{}").await;
    assert_eq!(answer.problem(), Problem::MalformedMessage);
}

/// An event only says that there is something: what the agent then says counts, and an older
/// event after it changes nothing.
#[tokio::test]
async fn late_and_doubled_events_change_nothing() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let now = market.now().as_secs();
    let unasked = event("purchase.confirmed", grant.purchase, 2);
    let answer = market.post_event("evt_2", now, &unasked).await;
    assert_ne!(answer.status, 200, "the agent does not know it yet, and says it again");
    assert_eq!(state(&market, &grant).await, PurchaseState::Accepted);

    let yes = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
    market.agent.will_say(grant.purchase, Signed::sign(&yes, &market.agent.keys));
    let shipped = event("purchase.shipped", grant.purchase, 3);
    let answer = market.post_event("evt_3", now, &shipped).await;
    assert_eq!(answer.json()["state"], "confirmed", "the later event came first");
    let asked = market.agent.asked();
    for (id, name, sequence) in
        [("evt_2", "purchase.confirmed", 2), ("evt_3", "purchase.shipped", 3)]
    {
        let answer = market.post_event(id, now, &event(name, grant.purchase, sequence)).await;
        assert_eq!((answer.status, answer.json()["state"].as_str()), (200, Some("confirmed")));
    }
    assert_eq!(market.agent.asked(), asked, "nothing new to ask for");
    let no = market.agent.confirmation(&grant, Outcome::Cancelled, market.now());
    let no = Confirmation { channel: Channel::Page, ..no };
    market.agent.will_say(grant.purchase, Signed::sign(&no, &market.agent.keys));
    let cancelled = event("purchase.cancelled", grant.purchase, 4);
    let answer = market.post_event("evt_4", now, &cancelled).await;
    assert_eq!(answer.json()["state"], "cancelled");
}

#[tokio::test]
async fn a_secret_of_two_that_rotate_is_believed() {
    let secret = |byte: u8| format!("whsec_{}", BASE64.encode([byte; 32]));
    let known = [secret(1), secret(2)].map(|text| text.parse().unwrap());
    let start = Market::start_with(SAMPLE, |config| config.agent.webhook_secrets = known.into());
    let market = start.await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let yes = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
    market.agent.will_say(grant.purchase, Signed::sign(&yes, &market.agent.keys));
    let secs = market.now().as_secs();
    for (byte, status) in [(3, 401), (2, 200), (1, 200)] {
        let id = format!("evt_{byte}");
        let body = event("purchase.confirmed", grant.purchase, 9 - u32::from(byte));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]);
        let tag = hmac::sign(&key, format!("{id}.{secs}.{body}").as_bytes());
        let signature = format!("v1,{}", BASE64.encode(tag));
        let answer = market.post_signed(&id, &secs.to_string(), &signature, &body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

/// The developer's shop hears what it would hear, signatures and all, without an address.
#[tokio::test]
async fn listening_needs_no_tunnel() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let config = Config::from_toml(&market.config).unwrap();
    let url = market.url("/warifu/v1/events").parse().unwrap();
    let listener = Listener::open(config, url, None, &*market.clock).await;
    let mut listener = listener.unwrap();
    assert_eq!(listener.after(), 0, "from now on");
    let yes = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
    market.agent.will_say(grant.purchase, Signed::sign(&yes, &market.agent.keys));
    let body = event("purchase.confirmed", grant.purchase, 3);
    market.agent.will_tell(7, &body, market.now());
    let forwarded = listener.next(&*market.clock).await.unwrap();
    assert_eq!(forwarded[0].status, Some(200));
    assert_eq!(listener.after(), 7);
    assert_eq!(state(&market, &grant).await, PurchaseState::Confirmed);
    assert!(listener.next(&*market.clock).await.unwrap().is_empty());
    let key = market.verifying_key();
    for (after, time, signature) in market.agent.listened() {
        let said = format!("warifu events\nagt_demo\nmrc_tea\n{after}\n{time}");
        let signature = BASE64URL.decode(signature).unwrap();
        let key = UnparsedPublicKey::new(&ED25519, key.as_bytes());
        assert!(key.verify(said.as_bytes(), &signature).is_ok());
    }
}

#[tokio::test]
async fn words_out_of_order_do_no_harm() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    assert_eq!(market.tell(&grant, Outcome::Confirmed).await.status, 200);
    for contradiction in [Outcome::Cancelled, Outcome::Expired] {
        let answer = market.tell(&grant, contradiction).await;
        assert_eq!(answer.problem(), Problem::PurchaseConflict, "a confirmed order stays so");
        assert_eq!(state(&market, &grant).await, PurchaseState::Confirmed);
    }
    let late = market.notify("purchase.lapsed", grant.purchase, None).await;
    assert_eq!(late.json()["state"], "confirmed");
    assert_eq!(market.tell(&grant, Outcome::Confirmed).await.status, 200);
    let newer = market.notify("purchase.painted-blue", grant.purchase, None).await;
    assert_eq!(newer.status, 200, "a newer agent may say more");
    assert_eq!(state(&market, &grant).await, PurchaseState::Confirmed);
}

/// Signed in at the agent, a shopper may take back a yes; a second answer to the mail may not.
#[tokio::test]
async fn a_yes_is_taken_back_only_on_the_agents_own_page() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    assert_eq!(market.tell(&grant, Outcome::Confirmed).await.status, 200);
    let no = market.agent.confirmation(&grant, Outcome::Cancelled, market.now());
    for (channel, status) in [(Channel::Mail, 409), (Channel::Page, 200), (Channel::Page, 200)] {
        let said = Signed::sign(&Confirmation { channel, ..no.clone() }, &market.agent.keys);
        let answer = market.notify("purchase.cancelled", grant.purchase, Some(&said)).await;
        assert_eq!(answer.status, status, "{channel:?}");
    }
    assert_eq!(state(&market, &grant).await, PurchaseState::Cancelled);
}

#[tokio::test]
async fn an_order_that_never_came_is_closed_by_no_and_unknown_to_yes() {
    let market = Market::start().await;
    let [cancelled, confirmed] =
        [market.prepare("TEAPOT-01").await, market.prepare("TEAPOT-01").await];
    let grant = market.grant(&cancelled);
    let told = market.tell(&grant, Outcome::Cancelled).await;
    assert_eq!(told.json()["state"], "cancelled");
    let answer = market.submit(&cancelled, market.signed(&grant)).await;
    assert_eq!(answer.problem(), Problem::PurchaseClosed);
    let told = market.tell(&grant, Outcome::Expired).await;
    assert_eq!(told.json()["state"], "cancelled", "closed is closed, by whatever name");

    let grant = market.grant(&confirmed);
    let told = market.tell(&grant, Outcome::Confirmed).await;
    assert_eq!(told.problem(), Problem::PurchaseUnknown);
    market.submit(&confirmed, market.signed(&grant)).await.acceptance();
    assert_eq!(market.tell(&grant, Outcome::Confirmed).await.status, 200, "and then it is known");
}

#[tokio::test]
async fn to_lapsed_the_shop_answers_with_its_acceptance_if_it_has_one() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let taken = market.submit(&attempt, market.signed(&market.grant(&attempt))).await;
    let told = market.notify("purchase.lapsed", attempt.purchase, None).await.json();
    assert_eq!(told["state"], "accepted");
    let acceptance = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(told["acceptance"].as_str().unwrap())
        .unwrap();
    assert_eq!(acceptance, taken.body);
}

#[tokio::test]
async fn a_lost_notification_is_asked_for() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let said = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
    let said = Signed::sign(&said, &market.agent.keys);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(market.agent.asked(), 0, "not before its time");
    market.agent.will_say(grant.purchase, said.clone());
    market.advance(Span::minutes(60));
    wait_for(&market, &grant, PurchaseState::Confirmed).await;
    let order = market.order(grant.purchase).await.unwrap();
    assert_eq!(order.confirmation, Some(encode(&said)));
    let asked = market.agent.asked();
    market.advance(Span::hours(24));
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(market.agent.asked(), asked, "what is decided is not asked again");
}

#[tokio::test]
async fn an_answer_that_the_agent_did_not_sign_is_not_believed() {
    let market = Market::start().await;
    let (_, grant) = market.buy("TEAPOT-01").await;
    let stranger =
        Keyring::init(&market.folder.path().join("stranger"), &mut Entropy::system()).unwrap();
    let said = market.agent.confirmation(&grant, Outcome::Confirmed, market.now());
    market.agent.will_say(grant.purchase, Signed::sign(&said, &stranger));
    market.advance(Span::minutes(61));
    for _ in 0..2000 {
        if market.agent.asked() > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    assert!(market.agent.asked() > 0);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(state(&market, &grant).await, PurchaseState::Accepted);
}

async fn wait_for(market: &Market, grant: &Grant, expected: PurchaseState) {
    for _ in 0..2000 {
        if state(market, grant).await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    panic!("still {:?}", state(market, grant).await);
}
