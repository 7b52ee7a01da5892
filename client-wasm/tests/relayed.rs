//! The course of a purchase through the shop's relay (Fig 1): what the relay gets to see, what it
//! is believed, and where the program goes when it is down.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use std::cell::{Cell, RefCell};

use client_wasm::{
    calls::{Call, Party},
    course::{Answer, Refused, Start, World, run},
    relay,
    stage::{Ending, Trouble},
};
use party::Seeded;
use pollster::block_on;
use shared_protocol::{
    AtOnce, Problem, Relay, RelayedAnswer, RelayedReply, RelayedRequest, Signature, Signed,
    Timestamp, Verifier, VerifyingKey, decode, encode,
};
use world::{Counterparts, refused};

/// What the relay does with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Honest,
    Silent,
    /// Says this itself.
    Says(Problem),
    /// Gives the reply to the request before, every other time.
    Swaps,
    /// Answers with noise.
    Noise,
}

/// Both counterparts behind a relay.
struct Site {
    world: Counterparts,
    mood: Cell<Mood>,
    /// Every body that the relay got for the agent.
    seen: RefCell<Vec<Vec<u8>>>,
    last: RefCell<Option<Vec<u8>>>,
    swapping: Cell<bool>,
}

impl Site {
    fn new(mood: Mood, or_direct: bool) -> Self {
        let mut world = Counterparts::new();
        let mut mark = world.deal.signed_mark.claimed().unwrap();
        let sealing_key = world.deal.agent.opening.sealing_key();
        mark.relay = Some(Relay { url: "https://relay.example".into(), sealing_key, or_direct });
        world.deal.signed_mark = Signed::sign(&mark, &world.deal.agent);
        let (seen, last) = (RefCell::default(), RefCell::default());
        Self { world, mood: Cell::new(mood), seen, last, swapping: Cell::default() }
    }

    fn buy(&self) -> Ending {
        let words = self.world.words();
        let attempt = self.world.attempt(&words);
        block_on(run(self, &words, &attempt, Start::Anew, &|_| {}))
    }

    async fn relayed(&self, outer: &Call) -> Answer {
        let (_, body) = outer.body.clone().unwrap();
        self.seen.borrow_mut().push(body.clone());
        match self.mood.get() {
            Mood::Silent => return Answer::Silence,
            Mood::Says(problem) => return refused(problem),
            Mood::Noise => return Answer::Good(vec![7; 2100]),
            Mood::Honest | Mood::Swaps => {}
        }
        let reply = encode(&self.agent(decode(&body).unwrap()).await);
        let before = self.last.replace(Some(reply.clone()));
        self.swapping.set(!self.swapping.get());
        let swaps = self.mood.get() == Mood::Swaps && self.swapping.get();
        Answer::Good(before.filter(|_| swaps).unwrap_or(reply))
    }

    /// The agent opens it and answers as it would directly; a problem by its code alone.
    async fn agent(&self, request: RelayedRequest) -> RelayedReply {
        let (call, sealer) = request.open(&self.world.deal.agent.opening).unwrap();
        let method = ["GET", "POST", "PUT"].into_iter().find(|m| *m == call.method).unwrap();
        let inner = Call {
            to: Party::Agent,
            method,
            url: call.path,
            body: Some((call.media_type, call.body)),
            outlives_page: false,
            through: None,
            direct: None,
        };
        let (status, body) = match self.world.send(&inner).await {
            Answer::Good(body) => (200, body),
            Answer::Refused(refused) => {
                (refused.problem.status(), refused.problem.code().as_bytes().to_vec())
            }
            Answer::Silence => panic!("the agent answers"),
        };
        sealer.seal(&RelayedAnswer { status, body }, &mut Seeded(9)).unwrap()
    }
}

impl Verifier for Site {
    async fn verifies(&self, key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
        AtOnce.verifies(key, message, signature).await
    }
}

impl World for Site {
    async fn send(&self, call: &Call) -> Answer {
        let Some(way) = &call.through else { return self.world.send(call).await };
        let seed = self.seen.borrow().len() as u64;
        let (outer, opener) = way.seal(call, &mut Seeded(seed)).unwrap();
        assert_eq!(outer.url, "https://relay.example/warifu/v1/relayed");
        match self.relayed(&outer).await {
            Answer::Good(reply) => match relay::open(&reply, &opener) {
                Some((true, body)) => Answer::Good(body),
                Some((false, code)) => {
                    refused(Problem::from_code(&String::from_utf8(code).unwrap()).unwrap())
                }
                None => Answer::Silence,
            },
            Answer::Refused(said) => relay::own_word(said).map_or(Answer::Silence, Answer::Refused),
            Answer::Silence => Answer::Silence,
        }
    }

    fn send_off(&self, call: Call) {
        self.world.send_off(call);
    }

    async fn pause(&self, millis: u32) {
        self.world.pause(millis).await;
    }

    fn is_online(&self) -> bool {
        true
    }

    fn now(&self) -> Timestamp {
        party::NOW
    }
}

fn trouble(ending: &Ending) -> &Trouble {
    let Ending::Failed(trouble) = ending else { panic!("{ending:?}") };
    trouble
}

/// What went to the agent without the relay.
fn past(site: &Site) -> usize {
    let to_agent = |call: &&Call| call.to == Party::Agent && call.body.is_some();
    site.world.calls.borrow().iter().filter(to_agent).count() - site.seen.borrow().len()
}

#[test]
fn all_for_the_agent_goes_through_sealed_and_the_order_half_is_checked_there() {
    let site = Site::new(Mood::Honest, false);
    assert!(matches!(site.buy(), Ending::Accepted(_)));
    assert_eq!((site.seen.borrow().len(), past(&site)), (1, 0), "the Grant");
    let calls = site.world.calls.borrow();
    let at_merchant: Vec<_> = calls.iter().filter(|c| c.to == Party::Merchant).collect();
    assert!(at_merchant[0].url.starts_with("https://relay.example/warifu/v1/purchases/"));
    assert!(at_merchant[0].url.ends_with("/check"));
    assert!(at_merchant[1].url.starts_with("http://127.0.0.1:8080/"), "61: to the shop's server");
    let told = site.world.sent_off.borrow();
    assert!(told[0].through.is_some() && told[0].outlives_page, "the Acceptance too");
    for word in ["C900000000001", "2468", "山田", "/v1/", "grant"] {
        let seen = site.seen.borrow().concat();
        assert!(!seen.windows(word.len()).any(|here| here == word.as_bytes()), "{word}");
    }
}

#[test]
fn a_swapped_reply_is_nobodys_and_the_call_is_made_again() {
    let site = Site::new(Mood::Swaps, false);
    site.last.replace(Some(vec![0; 2100]));
    assert!(matches!(site.buy(), Ending::Accepted(_)));
    assert_eq!(site.seen.borrow().len(), 2);
}

#[test]
fn a_relay_cannot_say_that_the_agent_declined() {
    for problem in [Problem::LimitExceeded, Problem::ContractNotRecognised, Problem::NotFound] {
        let ending = Site::new(Mood::Says(problem), false).buy();
        let trouble = trouble(&ending);
        let expected = (Problem::RelayUnavailable, false);
        assert_eq!((trouble.problem, trouble.known), expected, "{problem}: nobody knows");
    }
    let said = Refused { problem: Problem::LimitExceeded, fields: Vec::new(), reference: None };
    assert_eq!(relay::own_word(said), None);
    let ending = Site::new(Mood::Says(Problem::AgentUnavailable), false).buy();
    assert_eq!(trouble(&ending).problem, Problem::AgentUnavailable, "that it may say");
}

#[test]
fn past_a_relay_that_is_down_it_goes_only_where_the_merchant_allows_it() {
    for mood in [Mood::Silent, Mood::Noise] {
        let site = Site::new(mood, false);
        let ending = site.buy();
        assert_eq!(trouble(&ending).problem, Problem::RelayUnavailable);
        assert!(!trouble(&ending).known, "the Grant may have been given");
        assert_eq!(site.world.bodies("/grant").len(), 0, "nothing went past it");
        assert_eq!(site.seen.borrow().len(), 4);

        let site = Site::new(mood, true);
        assert!(matches!(site.buy(), Ending::Accepted(_)));
        assert_eq!((site.seen.borrow().len(), site.world.bodies("/grant").len()), (4, 1));
    }
}
