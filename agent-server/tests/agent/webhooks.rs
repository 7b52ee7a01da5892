//! Webhooks to shops of every mood: that fail, ask for peace, are gone, send elsewhere, say too
//! much or nothing; and nowhere but to the public (TRUST.md T34, F07).

use std::{
    collections::VecDeque,
    io,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agent_server::{
    domain::{Merchant, objection, objection::Reason, settlement::settle_day, target::Forbidden},
    outside,
    store::{Attempt, EndpointChange, EventsAsked, ToldEvent},
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::any,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use futures_util::future::BoxFuture;
use shared_protocol::{Signer, Span};
use tokio::sync::Notify;

use crate::{market::Market, merchant::Key};

/// How the shop takes one webhook.
#[derive(Clone, Copy)]
enum Mood {
    Says(u16),
    WantsPeace(&'static str),
    SendsTo(&'static str),
    TalksTooMuch,
    /// Until the shop opens.
    Sleeps,
}

#[derive(Default)]
struct Shop {
    moods: Mutex<VecDeque<Mood>>,
    always: Mutex<Option<Mood>>,
    ids: Mutex<Vec<(String, Bytes)>>,
    opens: Notify,
    now: AtomicUsize,
    most: AtomicUsize,
}

async fn open_shop() -> (Arc<Shop>, String) {
    let shop = Arc::new(Shop::default());
    let routes = Router::new().fallback(any(hear)).with_state(shop.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (shop, url)
}

impl Shop {
    /// Waits until so many are calling at the same time.
    async fn wait_for_callers(&self, count: usize) {
        for _ in 0..2400 {
            if self.now.load(Ordering::SeqCst) == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{} are calling, not {count}", self.now.load(Ordering::SeqCst));
    }
}

async fn hear(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Response {
    let id = headers.get("webhook-id").map_or("", |id| id.to_str().unwrap()).to_owned();
    shop.ids.lock().unwrap().push((id, body));
    let here = shop.now.fetch_add(1, Ordering::SeqCst) + 1;
    shop.most.fetch_max(here, Ordering::SeqCst);
    let always = *shop.always.lock().unwrap();
    let mood = shop.moods.lock().unwrap().pop_front().or(always).unwrap_or(Mood::Says(200));
    let answer = match mood {
        Mood::Says(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Mood::WantsPeace(long) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", long)], "").into_response()
        }
        Mood::SendsTo(place) => (StatusCode::FOUND, [("location", place)], "").into_response(),
        Mood::TalksTooMuch => "!".repeat(1 << 20).into_response(),
        Mood::Sleeps => {
            shop.opens.notified().await;
            StatusCode::OK.into_response()
        }
    };
    shop.now.fetch_sub(1, Ordering::SeqCst);
    ([("connection", "close")], answer).into_response()
}

async fn move_to(market: &Market, server: &str) {
    let known = Merchant { server: server.into(), ..market.merchant.registration() };
    market.agent.app.store.put_merchant(known, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
}

impl Market {
    /// Triggers an event of a purchase that is there.
    async fn trigger(&self, what: &str) -> i64 {
        let what = agent_server::domain::errand::Notice::from_name(what).unwrap();
        let id = self.agent.app.store.trigger(None, what, self.now()).await.unwrap().unwrap();
        self.agent.app.wake_driver();
        id
    }

    /// The events that are asked for, once all there are can be read: PostgreSQL's are left for
    /// later while an older transaction is open, be it another test's.
    pub async fn events(&self, asked: &EventsAsked) -> Vec<ToldEvent> {
        let store = &self.agent.app.store;
        let newest = store.events_before_last(0).await.unwrap();
        let last = EventsAsked { after: newest - 1, most: 1, ..EventsAsked::default() };
        for _ in 0..1200 {
            if !store.events(&last).await.unwrap().is_empty() {
                return store.events(asked).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("event {newest} stays hidden");
    }

    async fn told(&self, id: i64) -> ToldEvent {
        self.agent.app.store.event(id).await.unwrap().unwrap()
    }

    /// Waits for this many attempts.
    async fn attempts(&self, id: i64, count: usize) -> Vec<Attempt> {
        for _ in 0..2400 {
            let attempts = self.agent.app.store.attempts(id).await.unwrap();
            if attempts.len() >= count {
                tokio::time::sleep(Duration::from_millis(100)).await;
                return attempts;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{:?}", self.agent.app.store.attempts(id).await.unwrap());
    }

    async fn wait_for_event(&self, id: i64, state: &str) -> ToldEvent {
        for _ in 0..2400 {
            let told = self.told(id).await;
            if told.state.as_deref() == Some(state) {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{:?}", self.told(id).await);
    }
}

/// One accepted purchase of a merchant who moves to a shop of these moods.
async fn sold(moods: &[Mood]) -> (Market, Arc<Shop>) {
    let market = Market::open().await;
    market.accepted().await;
    let (shop, url) = open_shop().await;
    *shop.moods.lock().unwrap() = moods.iter().copied().collect();
    move_to(&market, &url).await;
    (market, shop)
}

#[tokio::test]
async fn a_shop_that_fails_is_tried_again_and_gets_the_peace_it_asks_for() {
    let moods = [Mood::Says(500), Mood::WantsPeace("7200"), Mood::Says(503)];
    let (market, shop) = sold(&moods).await;
    let id = market.trigger("purchase.objected").await;
    market.attempts(id, 1).await;
    market.advance(Span::secs(2));
    market.attempts(id, 2).await;
    market.advance(Span::hours(1));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(market.attempts(id, 2).await.len(), 2, "it wants peace");
    market.advance(Span::hours(1));
    market.attempts(id, 3).await;
    market.advance(Span::hours(1));
    let told = market.wait_for_event(id, "done").await;
    let attempts = market.attempts(id, 4).await;
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt.status.unwrap()).collect();
    assert_eq!((statuses, told.attempts), (vec![500, 429, 503, 200], 4));
    let heard = shop.ids.lock().unwrap().clone();
    assert!(heard.iter().all(|one| *one == heard[0] && one.0 == told.event.name()));
    market.agent.app.store.prune_attempts(market.now().plus(Span::secs(1))).await.unwrap();
    assert!(market.agent.app.store.attempts(id).await.unwrap().is_empty());
}

/// TRUST.md F07: half a minute is too long for an answer; what was heard all the same comes again
/// under the same id.
#[tokio::test]
async fn a_shop_that_answers_too_late_is_told_again() {
    let (market, shop) = sold(&[Mood::Sleeps]).await;
    let id = market.trigger("purchase.objected").await;
    let told = market.wait_for_event(id, "done").await;
    let attempts = market.attempts(id, 2).await;
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [None, Some(200)], "{attempts:?}");
    assert!((9_000..30_000).contains(&attempts[0].millis), "{attempts:?}");
    let heard = shop.ids.lock().unwrap().clone();
    assert_eq!(heard.len(), 2);
    assert!(heard.iter().all(|one| *one == heard[0] && one.0 == told.event.name()));
}

#[tokio::test]
async fn a_shop_that_is_gone_is_left_alone_until_somebody_says_otherwise() {
    let (market, shop) = sold(&[Mood::Says(410)]).await;
    let first = market.trigger("purchase.objected").await;
    market.wait_for_event(first, "dead").await;
    let second = market.trigger("purchase.objected").await;
    let told = market.wait_for_event(second, "dead").await;
    assert!(told.last_fault.unwrap().contains("no more"));
    assert_eq!(shop.ids.lock().unwrap().len(), 1, "it was not called again");
    let (store, now) = (&market.agent.app.store, market.now());
    let merchant = market.merchant.registration().id;
    store.change_endpoint(merchant, EndpointChange::Enable, now).await.unwrap();
    assert!(store.resend(second, now).await.unwrap());
    market.wait_for_event(second, "done").await;
    assert!(store.resend(second, now).await.unwrap(), "also what was delivered");
    market.attempts(second, 2).await;
    assert!(!store.resend(1, now).await.unwrap());
}

#[tokio::test]
async fn a_shop_that_sends_elsewhere_or_talks_too_much_has_not_heard() {
    let place = "http://169.254.169.254/latest/meta-data/";
    let (other, url) = open_shop().await;
    let moods = [Mood::SendsTo(place), Mood::SendsTo(url.leak()), Mood::TalksTooMuch];
    let (market, _) = sold(&moods).await;
    let id = market.trigger("purchase.objected").await;
    for count in 1..=3 {
        market.attempts(id, count).await;
        market.advance(Span::hours(1));
    }
    let attempts = market.attempts(id, 4).await;
    let faults: Vec<_> = attempts.iter().map(|one| (one.status.unwrap(), &one.fault)).collect();
    let says = |text: &str| Some(text.to_owned());
    let long = says("the merchant's answer broke off, or is too long");
    let sent = says("the merchant answered 302");
    assert_eq!(faults, [(302, &sent), (302, &sent), (200, &long), (200, &None)]);
    assert!(other.ids.lock().unwrap().is_empty(), "nobody goes where a shop sends them");
}

/// Of a slow shop's webhooks two at a time are under way; a letter passes them all.
#[tokio::test]
async fn a_shop_that_sleeps_holds_up_nobody() {
    let (market, shop) = sold(&[]).await;
    *shop.moods.lock().unwrap() = [Mood::Sleeps; 2].into();
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(market.trigger("purchase.objected").await);
    }
    let letters = market.letters(1).await.len();
    shop.wait_for_callers(2).await;
    let token = token(&market).await;
    let app = &market.agent.app;
    let no = shared_protocol::Outcome::Cancelled;
    agent_server::domain::confirm::decide(app, &token, no, market.now()).await.unwrap();
    market.letters(letters + 1).await;
    let done = ids.iter().map(|id| market.told(*id));
    let done = futures_util::future::join_all(done).await;
    let done = done.iter().filter(|told| told.state.as_deref() == Some("done")).count();
    assert_eq!(done, 0, "the letter went before the webhooks");
    shop.opens.notify_waiters();
    for id in ids {
        market.wait_for_event(id, "done").await;
    }
    assert_eq!(shop.most.load(Ordering::SeqCst), 2);
}

async fn token(market: &Market) -> String {
    let asked = EventsAsked { most: 1, ..EventsAsked::default() };
    let purchase = market.events(&asked).await[0].event.purchase;
    agent_server::domain::ConfirmationToken::of(&purchase, &market.agent.app.keys).expose()
}

#[tokio::test]
async fn all_that_a_purchase_goes_through_is_told_in_its_order() {
    let market = Market::open().await;
    let sale = market.sale().await;
    sale.ship("s-1").await.unwrap();
    let claim = sale.claiming("c-1", 3000, None);
    for _ in 0..2 {
        sale.say("c-1", &claim).await.unwrap();
    }
    sale.void("v-1", 850).await.unwrap();
    sale.refund("r-1", 500).await.unwrap();
    let (store, id) = (&market.agent.app.store, sale.id());
    let row = store.purchase(&id).await.unwrap().unwrap().row;
    for _ in 0..2 {
        store.object(row, Reason::Other, String::new(), market.now()).await.unwrap();
    }
    let number = sale.grant.claimed().unwrap().handling_number;
    let right = objection::Resolution::Rejected;
    store.resolve(number, right, market.now()).await.unwrap().unwrap();
    market.advance(Span::hours(24 * 40));
    settle_day(&market.agent.app, market.now()).await.unwrap();
    let asked = EventsAsked { purchase: Some(id), most: 100, ..EventsAsked::default() };
    let told = market.events(&asked).await;
    let sequences: Vec<_> = told.iter().map(|told| told.event.sequence).collect();
    assert_eq!(sequences, (1..=9).collect::<Vec<_>>(), "{told:#?}");
    let names: Vec<_> = told.iter().map(|told| told.event.what.name()).collect();
    let wanted = [
        "accepted",
        "confirmed",
        "shipped",
        "claimed",
        "voided",
        "refunded",
        "objected",
        "objection_rejected",
        "paid_out",
    ];
    assert_eq!(names, wanted.map(|name| format!("purchase.{name}")));
    let mut heard: Vec<_> = market.merchant.notices_once(8).await;
    heard.sort_by_key(|notice| notice.json()["data"]["sequence"].as_u64());
    let heard: Vec<_> = heard.iter().map(|notice| notice.json()["type"].clone()).collect();
    assert_eq!(heard, names[1..].to_vec(), "of its own word at the order it hears at once");
}

#[tokio::test]
async fn a_name_goes_nowhere_but_where_it_is_allowed_when_it_is_connected_to() {
    let (shop, url) = open_shop().await;
    let url = url.replace("127.0.0.1", "shop.example");
    let names = |answers: Vec<Vec<&'static str>>| -> outside::Names {
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        Arc::new(move |_| -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            let found = answers.lock().unwrap().pop_front().unwrap_or_default();
            let found: Vec<IpAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
            Box::pin(async move { Ok(found) })
        })
    };
    let heard = || shop.ids.lock().unwrap().len();
    for forbidden in [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ] {
        let client = outside::guarded_by(false, names(vec![vec![forbidden]]));
        let fault = client.post(&url).send().await.unwrap_err();
        assert_eq!(outside::forbidden(&fault), Some(Forbidden::NotPublic), "{forbidden}");
    }
    let local = outside::guarded(false);
    let this = url.replace("shop.example", "localhost");
    assert!(local.post(this).send().await.is_err());
    assert_eq!(heard(), 0);
    // Good at first, then the metadata of a cloud: judged again at each connection.
    let rebinding = vec![vec!["169.254.169.254", "127.0.0.1"], vec!["169.254.169.254"]];
    let client = outside::guarded_by(true, names(rebinding));
    assert!(client.post(&url).send().await.unwrap().status().is_success());
    assert!(client.post(&url).send().await.is_err());
    assert_eq!(heard(), 1);
}

/// Asks for events as `merchant-server events listen` does.
async fn listen(market: &Market, key: &impl Signer, said: (i64, i64), asked: i64) -> (u16, String) {
    let (after, time) = said;
    let agent = market.agent.app.config.agent_id.as_str();
    let text = format!("warifu events\n{agent}\nmrc_tea\n{after}\n{time}");
    let signature = BASE64URL.encode(key.sign(text.as_bytes()).as_bytes());
    let url = market.url(&format!("/v1/merchants/mrc_tea/events?after={asked}&wait=10"));
    let request = market.http.get(url).header("warifu-time", time);
    let answer = request.header("warifu-signature", signature).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn only_the_merchant_itself_listens_to_its_events() {
    let (market, _) = sold(&[]).await;
    let (key, time) = (&market.merchant.key, market.now().as_secs());
    market.events(&EventsAsked::default()).await;
    let events = |answer: (u16, String)| -> serde_json::Value {
        assert_eq!(answer.0, 200, "{}", answer.1);
        serde_json::from_str(&answer.1).unwrap()
    };
    let all = events(listen(&market, key, (0, time), 0).await);
    let first = &all["events"][0];
    let body: serde_json::Value = serde_json::from_str(first["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["type"], "purchase.accepted");
    assert!(first["webhook-signature"].as_str().unwrap().contains("v1a,"));
    let next: i64 = all["next"].as_str().unwrap().parse().unwrap();
    assert_eq!(first["webhook-id"], format!("evt_{next}"));
    let newest = events(listen(&market, key, (-1, time), -1).await);
    assert_eq!((&newest["next"], &newest["events"]), (&all["next"], &serde_json::json!([])));
    let (waiting, _) = tokio::join!(listen(&market, key, (next, time), next), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        market.trigger("purchase.shipped").await
    });
    assert_eq!(events(waiting)["events"].as_array().unwrap().len(), 1);
    for (status, _) in [
        listen(&market, &Key::random(), (0, time), 0).await,
        listen(&market, key, (next, time), 0).await,
        listen(&market, key, (0, time - 400), 0).await,
        listen(&market, key, (0, time + 400), 0).await,
    ] {
        assert_eq!(status, 401);
    }
}
