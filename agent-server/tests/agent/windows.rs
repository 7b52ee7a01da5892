//! Borrowed windows: a seller's frame stands in a host's pages as both have signed it, and where it
//! does not, a page says why. `mrc_tea` is the seller here, `mrc_host` lends.

use agent_server::{domain::Merchant, store::KeyChange};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use reqwest::Method;
use shared_protocol::{
    Localized, Mark, Placement, PlacementAgreement, PlacementEnd, Problem, Signed, Signer as _,
    Span, decode,
};

use crate::{authenticator::Moment, market::Market, merchant::Key, shopper::Order};

const WINDOW: &str = "/v1/frame?merchant=mrc_host&seller=mrc_tea&item=TEAPOT-01&locale=en";
const HOST: &str = "https://host.example";

/// Makes a placement wrong.
type Change = fn(&mut Placement);

/// A seller with goods, and a host with two origins who has signed nothing yet.
struct Pair {
    market: Market,
    host: Key,
}

impl Pair {
    async fn open() -> Self {
        let (market, host) = (Market::open().await, Key::random());
        let offer = market.merchant.teapot(market.now());
        market.merchant.show(Signed::sign(&offer, &market.merchant.key));
        let known = Merchant {
            id: "mrc_host".parse().unwrap(),
            name: Localized::new("お菓子の鈴木", "Suzuki Sweets"),
            origins: vec![HOST.into(), "https://other.host.example".into()],
            server: "https://host.example".into(),
            verifying_key: host.verifying_key(),
            ..market.merchant.registration()
        };
        market.agent.app.store.put_merchant(known, market.now()).await.unwrap();
        Self { market, host }
    }

    fn placement(&self) -> Placement {
        Placement {
            agent: "agt_demo".parse().unwrap(),
            seller: "mrc_tea".parse().unwrap(),
            host: "mrc_host".parse().unwrap(),
            origins: vec![HOST.into()],
            items: vec!["TEAPOT-01".parse().unwrap()],
            valid_from: self.market.now(),
            valid_until: self.market.now().plus(Span::hours(12)),
        }
    }

    fn sign(&self, placement: &Placement) -> PlacementAgreement {
        PlacementAgreement {
            placement: Signed::sign(placement, &self.market.merchant.key),
            host: *Signed::sign(placement, &self.host).signature(),
        }
    }

    async fn agree(&self, agreement: &PlacementAgreement) -> Result<(), Problem> {
        self.market.ask(Method::PUT, "/v1/placements", agreement).await.map(drop)
    }

    /// Why the window does not open, as its page says.
    async fn why(&self, path: &str) -> String {
        let page = self.market.page(path).await;
        assert!(page.status >= 400, "{}", page.status);
        assert_eq!(page.allows("frame-ancestors")[0], HOST, "readable in the host's page");
        page.html
    }
}

#[tokio::test]
async fn the_window_names_both_and_stands_in_the_agreed_pages_alone() {
    let pair = Pair::open().await;
    pair.agree(&pair.sign(&pair.placement())).await.unwrap();
    let page = pair.market.page(WINDOW).await;
    assert_eq!(page.status, 200);
    assert!(page.says("Seller: Yamada Tea · Page: Suzuki Sweets"));
    assert!(page.says("Suzuki Sweets learns only a number"));
    assert!(page.says("Represented by Taro Yamada"), "the seller's legal notice");
    assert_eq!(page.allows("frame-ancestors"), [HOST]);
    let server = pair.market.merchant.registration().server;
    assert_eq!(page.allows("connect-src"), ["'self'", &server], "nothing goes to the host");
    assert_eq!(page.meta("warifu-origins"), HOST);
    assert_eq!(page.meta("warifu-merchant"), "mrc_tea");
    let key = pair.market.agent.app.keys.verifying_key();
    let mark = |name: &str| {
        let signed: Signed<Mark> = decode(&BASE64URL.decode(page.meta(name)).unwrap()).unwrap();
        signed.verify(&key).unwrap()
    };
    assert_eq!(mark("warifu-mark").origins, [HOST], "vouched for here and nowhere else");
    assert_eq!(mark("warifu-host").name.en, "Suzuki Sweets");
    page.assert_runs_only_what_is_named();
    let alone = pair.market.page(&WINDOW.replace("frame", "page")).await;
    assert_eq!((alone.status, alone.allows("frame-ancestors")), (200, vec!["'none'"]));
    assert!(
        !alone.says("name=\"warifu-host\""),
        "in a tab of its own it is the seller's page at the agent"
    );
    let own = pair.market.page("/v1/frame?merchant=mrc_tea&item=TEAPOT-01&locale=en").await;
    assert!(!own.says("name=\"warifu-host\"") && own.allows("frame-ancestors") != [HOST]);
}

#[tokio::test]
async fn without_a_placement_in_force_a_page_says_why() {
    let pair = Pair::open().await;
    let [unknown, expired, revoked] =
        [Problem::PlacementUnknown, Problem::PlacementExpired, Problem::PlacementRevoked]
            .map(|problem| problem.text(shared_protocol::Locale::En).replace('\'', "&#39;"));
    assert!(pair.why(WINDOW).await.contains(&unknown), "none was agreed on");
    let agreement = pair.sign(&pair.placement());
    pair.agree(&agreement).await.unwrap();
    let other = WINDOW.replace("TEAPOT-01", "SENCHA-01");
    assert!(pair.why(&other).await.contains(&unknown), "another item");
    let turned = WINDOW.replace("mrc_host&seller=mrc_tea", "mrc_tea&seller=mrc_host");
    let page = pair.market.page(&turned).await;
    assert!(page.says(&unknown), "seller and host the other way round");
    pair.market.advance(Span::hours(13));
    assert!(pair.why(WINDOW).await.contains(&expired), "its time is over");
    pair.agree(&pair.sign(&pair.placement())).await.unwrap();
    assert_eq!(pair.market.page(WINDOW).await.status, 200);
    let ended = PlacementEnd {
        agent: "agt_demo".parse().unwrap(),
        merchant: "mrc_tea".parse().unwrap(),
        placement: pair.sign(&pair.placement()).placement.digest(),
        ended: pair.market.now(),
    };
    let end = async |said: &PlacementEnd, key: &Key| {
        let signed = Signed::sign(said, key);
        pair.market.ask(Method::PUT, "/v1/placements/end", &signed).await.map(drop)
    };
    // The clock has moved since: find the one that was agreed on.
    let kept = pair.market.agent.app.store.all_placements().await.unwrap();
    let ended = PlacementEnd { placement: kept[0].digest, ..ended };
    let seller = &pair.market.merchant.key;
    assert_eq!(end(&ended, &Key::random()).await, Err(Problem::PlacementInvalid));
    let none = PlacementEnd { placement: shared_protocol::Digest::new([1; 32]), ..ended.clone() };
    assert_eq!(end(&none, seller).await, Err(Problem::PlacementUnknown));
    for _ in 0..2 {
        end(&ended, seller).await.unwrap();
    }
    assert!(pair.why(WINDOW).await.contains(&revoked), "the seller has ended it");
    // The same agreement handed in again does not bring it back.
    pair.agree(&kept[0].agreement).await.unwrap();
    assert!(pair.why(WINDOW).await.contains(&revoked));
    let mark = pair.market.url("/v1/marks/mrc_tea?host=mrc_host&item=TEAPOT-01");
    let asked = pair.market.http.get(mark).send().await.unwrap();
    let told = crate::market::answer(asked).await;
    assert_eq!(told, Err(Problem::PlacementRevoked), "an open window hears it too");
}

#[tokio::test]
async fn only_what_both_have_signed_for_the_hosts_own_pages_is_kept() {
    let pair = Pair::open().await;
    let good = pair.placement();
    let alone = Signed::sign(&good, &pair.market.merchant.key);
    let alone = PlacementAgreement { host: *alone.signature(), placement: alone };
    assert_eq!(pair.agree(&alone).await, Err(Problem::PlacementInvalid), "the host has not");
    let cases: [(Problem, Change); 4] = [
        (Problem::OriginNotRegistered, |p| p.origins = vec!["https://evil.example".into()]),
        (Problem::WrongRecipient, |p| p.agent = "agt_other".parse().unwrap()),
        (Problem::UnknownMerchant, |p| p.host = "mrc_nobody".parse().unwrap()),
        (Problem::PlacementExpired, |p| {
            p.valid_until = p.valid_from;
            p.valid_from = p.valid_from.minus(Span::hours(1));
        }),
    ];
    for (problem, change) in cases {
        let mut placement = good.clone();
        change(&mut placement);
        assert_eq!(pair.agree(&pair.sign(&placement)).await, Err(problem));
    }
    assert!(pair.market.agent.app.store.all_placements().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_passkey_says_yes_in_the_agreed_pages_alone() {
    let pair = Pair::open().await;
    let passkey = pair.market.enrolled("01").await;
    let pay = async |origin: &str, counter| {
        let order = Order { by_passkey: true, ..pair.market.order().await };
        let attempt =
            order.seal_with(|tally| passkey.assert(&Moment::in_shop(tally, origin, counter)));
        pair.market.grant(&attempt).await.map(drop)
    };
    assert_eq!(pay(HOST, 1).await, Err(Problem::PasskeyInvalid), "nothing was agreed on");
    pair.agree(&pair.sign(&pair.placement())).await.unwrap();
    pay(HOST, 2).await.unwrap();
    let other = pay("https://other.host.example", 3).await;
    assert_eq!(other, Err(Problem::PasskeyInvalid), "the host's, but not agreed on");
    pair.market.advance(Span::hours(13));
    assert_eq!(pay(HOST, 4).await, Err(Problem::PasskeyInvalid), "its time is over");
}

#[tokio::test]
async fn a_placement_outlasts_new_keys_and_ends_with_revoked_ones() {
    let pair = Pair::open().await;
    pair.agree(&pair.sign(&pair.placement())).await.unwrap();
    let (store, now) = (&pair.market.agent.app.store, pair.market.now());
    let (id, new) = ("mrc_host".parse::<shared_protocol::MerchantId>().unwrap(), Key::random());
    let sealing = pair.market.merchant.registration().sealing_key;
    let change = KeyChange::Replace(new.verifying_key(), sealing, now);
    assert!(store.change_keys(id.clone(), change, now).await.unwrap());
    pair.market.advance(Span::minutes(1));
    assert_eq!(pair.market.page(WINDOW).await.status, 200, "signed in the old key's time");
    let late = Placement { items: Vec::new(), ..pair.placement() };
    assert_eq!(pair.agree(&pair.sign(&late)).await, Err(Problem::PlacementInvalid));
    let change = KeyChange::Revoke(pair.host.verifying_key());
    assert!(store.change_keys(id, change, pair.market.now()).await.unwrap());
    pair.market.advance(Span::minutes(1));
    let why = Problem::PlacementInvalid.text(shared_protocol::Locale::En).replace('\'', "&#39;");
    assert!(pair.why(WINDOW).await.contains(&why), "perhaps somebody else has signed it");
}
