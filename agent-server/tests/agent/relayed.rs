//! What comes through a relay (Fig 1), honest or hostile (TRUST.md T13–T16): answered as if it came
//! directly, sealed to whoever asked; dropped, doubled, swapped or forged it does no harm.

use agent_server::{
    domain::RelaySite,
    entropy::Entropy,
    guard::Limits,
    keys::{AgentKeyring, KeyKind},
};
use reqwest::Method;
use shared_protocol::{
    Challenge, ChallengeRequest, Grant, GrantRequest, Mark, Message, OpeningKey, PlanClass,
    PlanInquiry, Problem, PurchaseId, PurchaseState, PurchaseStatus, RELAYED_SIZES, RelayedAnswer,
    RelayedCall, RelayedReply, RelayedRequest, ReplyOpener, SealContext, SealingKey, Signed, Span,
    decode, encode,
};

use crate::{
    market::{Market, answer, read, signed, yen},
    shopper::{Attempt, Order},
};

/// A market whose merchant has a relay.
async fn market(limits: Limits) -> Market {
    let market = Market::open_with(|config| config.guessing = limits).await;
    let relay = RelaySite { url: "https://relay.tea.example".into(), or_direct: false };
    let merchant =
        agent_server::domain::Merchant { relay: Some(relay), ..market.merchant.registration() };
    market.agent.app.store.put_merchant(merchant, market.now()).await.unwrap();
    market.add_contract("C123456789012", 1_000_000, None).await;
    market
}

/// The agent's key, as the Mark names it.
async fn key(market: &Market) -> SealingKey {
    let mark = market.http.get(market.url("/v1/marks/mrc_tea")).send().await.unwrap();
    let mark: Signed<Mark> = signed(&answer(mark).await.unwrap());
    let relay = mark.claimed().unwrap().relay.expect("the Mark names the relay");
    assert_eq!((relay.url.as_str(), relay.or_direct), ("https://relay.tea.example", false));
    relay.sealing_key
}

fn context(purchase: PurchaseId) -> SealContext {
    let (merchant, agent) = ("mrc_tea".parse().unwrap(), "agt_demo".parse().unwrap());
    SealContext { purchase, merchant, agent }
}

fn call<M: Message>(method: &str, path: String, body: Option<&M>) -> RelayedCall {
    let media_type = body.map(|_| M::media_type()).unwrap_or_default();
    let body = body.map(encode).unwrap_or_default();
    RelayedCall { method: method.into(), path, media_type, body }
}

fn get(path: &str) -> RelayedCall {
    call::<GrantRequest>("GET", path.into(), None)
}

fn grant_call(attempt: &Attempt) -> RelayedCall {
    call("PUT", format!("/v1/purchases/{}/grant", attempt.purchase), Some(&attempt.request))
}

fn sealed(key: &SealingKey, of: PurchaseId, call: &RelayedCall) -> (RelayedRequest, ReplyOpener) {
    call.seal(context(of), key, &mut Entropy::new()).unwrap()
}

/// An honest relay.
async fn pass(market: &Market, request: &RelayedRequest) -> Result<RelayedReply, Problem> {
    Ok(read(&market.ask(Method::POST, "/v1/relayed", request).await?))
}

/// Asks through an honest relay.
async fn ask(market: &Market, of: PurchaseId, call: &RelayedCall) -> RelayedAnswer {
    let (request, opener) = sealed(&key(market).await, of, call);
    opener.open(pass(market, &request).await.unwrap()).unwrap()
}

/// The problem of a sealed problem document.
fn problem(answer: &RelayedAnswer) -> Problem {
    let document: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let problem = Problem::from_code(document["code"].as_str().unwrap()).unwrap();
    assert_eq!(problem.status(), answer.status);
    problem
}

async fn challenged(market: &Market, purchase: PurchaseId) -> Signed<Challenge> {
    let request = ChallengeRequest { merchant: "mrc_tea".parse().unwrap(), purchase };
    let call = call("POST", "/v1/challenges".into(), Some(&request));
    signed(&ask(market, purchase, &call).await.body)
}

#[tokio::test]
async fn all_that_a_purchase_asks_is_answered_through_a_relay_as_directly() {
    let market = market(Limits::default()).await;
    let purchase = PurchaseId::random(&mut Entropy::new());
    let challenge = challenged(&market, purchase).await;
    assert_eq!(challenge.claimed().unwrap().purchase, purchase);
    let attempt = Order { challenge, ..market.order().await }.seal();
    let granted = ask(&market, purchase, &grant_call(&attempt)).await;
    let grant: Signed<Grant> = signed(&granted.body);
    assert_eq!(market.grant(&attempt).await.unwrap().bytes(), grant.bytes(), "the same, directly");
    let word = market.merchant.accept(&grant, market.now());
    let tell = call("PUT", format!("/v1/purchases/{purchase}/acceptance"), Some(&word));
    assert_eq!(ask(&market, purchase, &tell).await.status, 204);
    let status = ask(&market, purchase, &get(&format!("/v1/purchases/{purchase}"))).await;
    assert_eq!(read::<PurchaseStatus>(&status.body), market.status(&purchase).await);

    let asked = PlanInquiry {
        merchant: "mrc_tea".parse().unwrap(),
        amount: yen(3850),
        accepted: PlanClass::ALL.into(),
    };
    let quotes = ask(&market, purchase, &call("POST", "/v1/plans".into(), Some(&asked))).await;
    assert_eq!(quotes.status, 200);
    let mark = ask(&market, purchase, &get("/v1/marks/mrc_tea")).await;
    assert_eq!(signed::<Mark>(&mark.body).claimed().unwrap().merchant.as_str(), "mrc_tea");
}

#[tokio::test]
async fn what_was_sealed_to_the_key_before_is_answered_while_it_lives() {
    let market = market(Limits::default()).await;
    let (app, old) = (&market.agent.app, key(&market).await);
    let when = (market.now(), market.now().plus(Span::minutes(3)));
    let dir = app.config.keys_dir();
    AgentKeyring::rotate(&dir, KeyKind::Opening, when, &Entropy::new()).unwrap();
    market.advance(Span::minutes(4));
    app.keys.refresh(market.now()).unwrap();
    assert_ne!(key(&market).await.as_bytes(), old.as_bytes(), "the Mark names the new one");
    let purchase = PurchaseId::random(&mut Entropy::new());
    let (request, opener) = sealed(&old, purchase, &get("/v1/marks/mrc_tea"));
    assert_eq!(opener.open(pass(&market, &request).await.unwrap()).unwrap().status, 200);
    AgentKeyring::retire(&dir, KeyKind::Opening, market.now(), false).unwrap();
    app.keys.refresh(market.now()).unwrap();
    let (request, _) = sealed(&old, purchase, &get("/v1/marks/mrc_tea"));
    assert_eq!(pass(&market, &request).await.err(), Some(Problem::EnvelopeInvalid));
}

#[tokio::test]
async fn nothing_but_what_a_purchase_needs_is_answered_and_only_for_its_own_id() {
    let market = market(Limits::default()).await;
    let purchase = PurchaseId::random(&mut Entropy::new());
    for path in ["/metrics", "/sign-in", "/v1/frame", "/_demo/mail", "/v1/relayed", "//", "/v1"] {
        let answer = ask(&market, purchase, &get(path)).await;
        assert_eq!(problem(&answer), Problem::NotFound, "{path}");
    }
    let key = key(&market).await;
    let other = PurchaseId::random(&mut Entropy::new());
    let (request, _) = sealed(&key, purchase, &get(&format!("/v1/purchases/{other}")));
    assert_eq!(pass(&market, &request).await.unwrap_err(), Problem::WrongRecipient);
    let agent = SealContext { agent: "agt_other".parse().unwrap(), ..context(purchase) };
    let call = get("/v1/marks/mrc_tea");
    let (request, _) = call.seal(agent, &key, &mut Entropy::new()).unwrap();
    assert_eq!(pass(&market, &request).await.unwrap_err(), Problem::WrongRecipient);
    for bad in ["no path", "", "http://elsewhere.example:bad/"] {
        let (request, _) = sealed(&key, purchase, &get(bad));
        assert_eq!(pass(&market, &request).await.unwrap_err(), Problem::MalformedMessage, "{bad}");
    }
}

#[tokio::test]
async fn a_grant_and_every_refusal_have_one_size() {
    let market = market(Limits::default()).await;
    let key = key(&market).await;
    let mut sizes = Vec::new();
    let contracts =
        [("C900000000001", "2468"), ("C900000000001", "1111"), ("C900000000002", "2468")];
    for (contract, code) in contracts.into_iter().chain([("C900000000003", "2468")]) {
        let attempt = Order { contract, code, ..market.order().await }.seal();
        let (request, opener) = sealed(&key, attempt.purchase, &grant_call(&attempt));
        let reply = pass(&market, &request).await.unwrap();
        sizes.push((encode(&request).len(), encode(&reply).len()));
        let granted = opener.open(reply).unwrap().status == 200;
        assert_eq!(granted, (contract, code) == contracts[0]);
    }
    sizes.dedup();
    assert_eq!(sizes.len(), 1, "{sizes:?}");
    // No problem's document is ever in another class.
    for problem in Problem::ALL {
        let head = [("accept-language", "ja")];
        let head = head.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers: axum::http::HeaderMap = head.into_iter().collect();
        let base = "https://a-name-of-some-length.agent.example";
        let id = "req_0123456789abcdef";
        let document = agent_server::http::problem::document(*problem, base, &headers, id);
        let body = axum::body::to_bytes(document.into_body(), 65_536).await.unwrap();
        assert!(body.len() + 64 < RELAYED_SIZES[0], "{problem}: {} bytes", body.len());
    }
}

#[tokio::test]
async fn a_relay_that_puts_its_own_key_in_place_opens_and_forges_nothing() {
    let market = market(Limits::default()).await;
    let (real, own) = (key(&market).await, OpeningKey::from_bytes(&[5; 32]).unwrap());
    let attempt = market.order().await.seal();
    let (request, opener) = sealed(&real, attempt.purchase, &grant_call(&attempt));
    assert_eq!(request.open(&own).err(), Some(Problem::EnvelopeInvalid), "it cannot read it");
    // It asks something itself and hands on what it got, or what it made up.
    let (its, _) = sealed(&real, attempt.purchase, &get("/v1/marks/mrc_tea"));
    let foreign = pass(&market, &its).await.unwrap();
    assert_eq!(opener.open(foreign).err(), Some(Problem::EnvelopeInvalid));
    let (to_itself, _) = sealed(&own.sealing_key(), attempt.purchase, &grant_call(&attempt));
    let (_, sealer) = to_itself.open(&own).unwrap();
    let made_up = RelayedAnswer { status: 200, body: vec![1; 700] };
    let forged = sealer.seal(&made_up, &mut Entropy::new()).unwrap();
    assert_eq!(opener.open(forged).err(), Some(Problem::EnvelopeInvalid));
    // A program that believed it would be heard by nobody.
    let refused = pass(&market, &to_itself).await.unwrap_err();
    assert_eq!(refused, Problem::EnvelopeInvalid);
    let unknown = market.http.get(market.url(&format!("/v1/purchases/{}", attempt.purchase)));
    let told = answer(unknown.send().await.unwrap()).await.unwrap_err();
    assert_eq!(told, Problem::PurchaseUnknown, "nothing came of all that");
}

#[tokio::test]
async fn who_guesses_through_a_relay_is_counted_with_all_who_come_through_it() {
    let limits = Limits { codes_of_network: 1, codes_of_relay: 4, ..Limits::default() };
    let market = market(limits).await;
    for n in 0..6 {
        let order = Order { contract: "C100000000001", code: "1111", ..market.order().await };
        let attempt = order.seal();
        let answer = ask(&market, attempt.purchase, &grant_call(&attempt)).await;
        let expected = match n {
            0..4 => Problem::ContractNotRecognised,
            _ => Problem::TooManyRequests,
        };
        assert_eq!(problem(&answer), expected, "try {n}");
    }
    assert!(market.grant(&market.order().await.seal()).await.is_ok(), "others come directly");
}

/// Drops, delays, doubles, reorders, swaps, damages: whatever the dice say.
struct Hostile {
    dice: u64,
    held: Vec<RelayedRequest>,
    seen: Vec<RelayedReply>,
}

impl Hostile {
    fn throw(&mut self, sides: usize) -> usize {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.dice >> 33) as usize % sides
    }

    async fn pass(&mut self, market: &Market, request: &RelayedRequest) -> Option<RelayedReply> {
        let reply = match self.throw(9) {
            0 => return None,
            1 => {
                self.held.push(request.clone());
                return None;
            }
            2 => {
                let first = pass(market, request).await.ok()?;
                self.seen.push(first);
                pass(market, request).await.ok()?
            }
            3 if !self.seen.is_empty() => {
                let of_another = self.throw(self.seen.len());
                return Some(self.seen[of_another].clone());
            }
            4 if !self.held.is_empty() => {
                let another = self.throw(self.held.len());
                let another = self.held.swap_remove(another);
                pass(market, &another).await.ok()?
            }
            5 => {
                let mut bytes = encode(request);
                let bit = self.throw(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
                pass(market, &decode(&bytes).ok()?).await.ok()?
            }
            6 => {
                self.seen.push(pass(market, request).await.ok()?);
                return None;
            }
            _ => pass(market, request).await.ok()?,
        };
        self.seen.push(reply.clone());
        Some(reply)
    }

    /// Asks until there is an answer that is the agent's to this very call.
    async fn ask(&mut self, market: &Market, of: PurchaseId, call: &RelayedCall) -> Vec<u8> {
        let key = key(market).await;
        for _ in 0..200 {
            let (request, opener) = sealed(&key, of, call);
            let Some(reply) = self.pass(market, &request).await else { continue };
            let Ok(answer) = opener.open(reply) else { continue };
            assert!((200..300).contains(&answer.status), "{}", problem(&answer));
            return answer.body;
        }
        panic!("never answered");
    }
}

#[tokio::test]
async fn a_hostile_relay_makes_nothing_wrong_and_when_it_stops_all_is_done() {
    const SHOPPERS: u64 = 10;
    let market = market(Limits::default()).await;
    let mut relay = Hostile { dice: 20_261_123, held: Vec::new(), seen: Vec::new() };
    let mut bought = Vec::new();
    for _ in 0..SHOPPERS {
        let purchase = PurchaseId::random(&mut Entropy::new());
        let asked = ChallengeRequest { merchant: "mrc_tea".parse().unwrap(), purchase };
        let asked = call("POST", "/v1/challenges".into(), Some(&asked));
        let challenge: Signed<Challenge> = signed(&relay.ask(&market, purchase, &asked).await);
        assert_eq!(challenge.claimed().unwrap().purchase, purchase);
        let contract = "C123456789012";
        let attempt = Order { challenge, contract, ..market.order().await }.seal();
        let grant = relay.ask(&market, purchase, &grant_call(&attempt)).await;
        let grant: Signed<Grant> = signed(&grant);
        assert_eq!(grant.claimed().unwrap().purchase, purchase);
        bought.push((purchase, grant));
    }
    for (purchase, grant) in &bought {
        let word = market.merchant.accept(grant, market.now());
        let tell = call("PUT", format!("/v1/purchases/{purchase}/acceptance"), Some(&word));
        relay.ask(&market, *purchase, &tell).await;
    }
    // What it held back comes at last, twice.
    for request in &relay.held {
        for _ in 0..2 {
            pass(&market, request).await.ok();
        }
    }
    for (purchase, grant) in &bought {
        let status = market.status(purchase).await;
        assert_eq!(status.state, PurchaseState::Accepted);
        assert_eq!(status.grant.unwrap().bytes(), grant.bytes(), "one Grant, its own");
    }
    assert_eq!(market.reserved("12").await, SHOPPERS * 3850);
}
