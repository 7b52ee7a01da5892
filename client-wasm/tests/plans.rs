//! A purchase by a plan: the agent is asked what it comes to; its quote is checked, and goes into
//! the payment half alone.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use client_wasm::{
    calls::Call,
    course::{Start, fetch, run},
    deal::{Attempt, prepare},
    stage::Ending,
    words::{Quoted, Words},
};
use party::{NOW, Party, Seeded, yen};
use pollster::block_on;
use shared_protocol::{
    Amount, AtOnce, Field, Form, GrantRequest, Locale, Plan, PlanQuote, PlanQuotes, Problem,
    Signed, Signer as _, Span, decode,
};
use world::{Counterparts, PLATFORM, good};

const PLAN: Plan = Plan::Instalments(12);

/// A shop that takes every plan, and its words.
fn world() -> (Counterparts, Words) {
    let world = Counterparts::with_every_plan();
    let words = world.words();
    (world, words)
}

fn asked(world: &Counterparts, words: &Words, amount: Amount, plan: Plan) -> PlanQuotes {
    block_on(fetch(world, &Call::plans(words, party::purchase(9), amount, plan))).unwrap()
}

fn checked(words: &Words, quotes: PlanQuotes) -> Result<Quoted, Problem> {
    block_on(words.quote(quotes, (yen(3850), PLAN), NOW, &AtOnce))
}

fn attempt(world: &Counterparts, words: &Words, form: Form) -> Result<Attempt, Problem> {
    let challenge = world.deal.signed_challenge.clone();
    let challenged = block_on(words.challenge(challenge, party::purchase(42), &AtOnce)).unwrap();
    let mut rng = Seeded(7);
    let prepared = prepare(form, words, &challenged, NOW, &mut rng)?;
    let signature = world.deal.session.sign(&prepared.signing_input());
    prepared.seal(signature, world.deal.session.key(), &mut rng)
}

fn form(words: &Words, quoted: Option<&Quoted>) -> Form {
    let mut typed = good();
    typed.set(Field::PaymentPlan, PLAN.to_string());
    let quote = quoted.map(|quoted| quoted.signed.clone());
    Form { quote, ..typed.form(&words.offer, Locale::Ja, PLATFORM).ok().unwrap() }
}

#[test]
fn the_quote_goes_to_the_agent_alone_and_is_signed_with_the_rest() {
    let (world, words) = world();
    let quoted = checked(&words, asked(&world, &words, yen(3850), PLAN)).unwrap();
    let attempt = attempt(&world, &words, form(&words, Some(&quoted))).unwrap();
    assert_eq!(attempt.amount, yen(3850), "the shop gets the price, not the fee");
    let ending = block_on(run(&world, &words, &attempt, Start::Anew, &|_| {}));
    assert!(matches!(ending, Ending::Accepted(_)), "{ending:?}");
    let request: GrantRequest = decode(&world.bodies("/grant")[0]).unwrap();
    let opening = &world.deal.agent.opening;
    let half = request.payment.open(&request.context().unwrap(), opening).unwrap();
    assert_eq!((half.plan, half.quote), (PLAN, Some(quoted.signed.clone())));
    let quote = &quoted.signed.bytes()[..40];
    for call in world.calls.borrow().iter().filter(|call| !call.url.ends_with("/plans")) {
        let (_, bytes) = call.body.clone().unwrap_or_default();
        assert!(!bytes.windows(quote.len()).any(|seen| seen == quote), "{}", call.url);
    }
}

#[test]
fn nothing_is_sealed_without_the_quote_of_its_plan_and_amount() {
    let (world, words) = world();
    let refused = |quoted: Option<&Quoted>| attempt(&world, &words, form(&words, quoted)).err();
    assert_eq!(refused(None), Some(Problem::QuoteInvalid));
    let quotes = asked(&world, &words, yen(4400), PLAN);
    let other = block_on(words.quote(quotes, (yen(4400), PLAN), NOW, &AtOnce)).unwrap();
    assert_eq!(refused(Some(&other)), Some(Problem::QuoteInvalid));
}

#[test]
fn a_quote_that_does_not_hold_is_never_shown() {
    type Change = fn(&mut PlanQuote);
    let (world, words) = world();
    let usual = world.deal.quote(PLAN, yen(3850));
    let told = |quote: Signed<PlanQuote>| checked(&words, PlanQuotes(vec![quote])).err();
    assert_eq!(told(Signed::sign(&usual, &world.deal.agent)), None);
    let changes: [(Change, Problem); 6] = [
        (|q| q.amount = yen(1), Problem::QuoteInvalid),
        (|q| q.fee = yen(0), Problem::QuoteInvalid),
        (|q| q.merchant = "mrc_other".parse().unwrap(), Problem::QuoteInvalid),
        (|q| q.agent = "agt_other".parse().unwrap(), Problem::QuoteInvalid),
        (|q| q.schedule.truncate(3), Problem::QuoteInvalid),
        (|q| q.plan = Plan::Instalments(3), Problem::PlanNotAccepted),
    ];
    for (change, problem) in changes {
        let mut quote = usual.clone();
        change(&mut quote);
        assert_eq!(told(Signed::sign(&quote, &world.deal.agent)), Some(problem));
    }
    let forged = Signed::sign(&usual, &Party::new((), 9));
    assert_eq!(told(forged), Some(Problem::QuoteInvalid));
    let late = PlanQuote { expires: NOW, ..usual.clone() };
    assert_eq!(told(Signed::sign(&late, &world.deal.agent)), Some(Problem::QuoteExpired));
    assert_eq!(checked(&words, PlanQuotes(Vec::new())).err(), Some(Problem::PlanNotAccepted));
    let quoted = checked(&words, asked(&world, &words, yen(3850), PLAN)).unwrap();
    let later = NOW.plus(Span::minutes(30));
    assert_eq!(quoted.check(&words, yen(3850), PLAN, later), Err(Problem::QuoteExpired));
    assert_eq!(quoted.check(&words, yen(3851), PLAN, NOW), Err(Problem::QuoteInvalid));
}
