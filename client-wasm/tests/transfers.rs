//! A purchase by transfer against both counterparts in memory: where the money goes comes from the
//! Mark; what became of it is asked once the shop has accepted, and believed only if it is signed.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use client_wasm::{
    course::{Answer, Start, run},
    stage::Ending,
    transfer::Sending,
};
use party::{Deal, NOW, payee, yen};
use pollster::block_on;
use shared_protocol::{
    Date, Field, GrantRequest, Locale, Problem, PurchaseId, Remittance, Signed, Signer, Standing,
    decode,
};
use world::{Counterparts, PLATFORM, good};

fn remittance(world: &Counterparts, standing: Standing) -> Remittance {
    Remittance {
        agent: world.deal.agent.id.clone(),
        merchant: world.deal.merchant.id.clone(),
        purchase: party::purchase(42),
        amount: yen(3850),
        standing,
        at: NOW,
    }
}

/// Buys by transfer; `said` is the agent's word on the money.
fn buy(world: &Counterparts, said: Option<Signed<Remittance>>) -> Ending {
    world.remittance.replace(said);
    let words = world.words();
    let mut typed = good();
    typed.set(Field::PaymentPlan, "transfer".into());
    let form = typed.form(&words.offer, Locale::Ja, PLATFORM).unwrap();
    let attempt = world.attempt_with(form, &words);
    block_on(run(world, &words, &attempt, Start::Anew, &|_| {}))
}

fn signed(said: &Remittance, by: &impl Signer) -> Option<Signed<Remittance>> {
    Some(Signed::sign(said, by))
}

fn sending(ending: &Ending) -> Option<Sending> {
    let Ending::Accepted(receipt) = ending else { panic!("{ending:?}") };
    receipt.sending
}

#[test]
fn the_half_orders_a_transfer_to_the_account_in_the_mark() {
    let world = Counterparts::with_every_plan();
    buy(&world, None);
    let request: GrantRequest = decode(&world.bodies("/grant")[0]).unwrap();
    let context = request.context().unwrap();
    let half = request.payment.open(&context, &world.deal.agent.opening).unwrap();
    assert_eq!(half.payee, Some(payee()));
    assert_eq!(half.quote, None);
}

#[test]
fn each_standing_of_the_money_is_told_as_it_is() {
    let day = Date::new(2026, 11, 25).unwrap();
    for (standing, expected) in [
        (Some(Standing::Received), Sending::Sent),
        (Some(Standing::Scheduled(day)), Sending::Scheduled(day)),
        (None, Sending::Waits),
    ] {
        let world = Counterparts::with_every_plan();
        let said = standing.map(|standing| remittance(&world, standing));
        let said = said.map(|said| Signed::sign(&said, &world.deal.agent));
        assert_eq!(sending(&buy(&world, said)), Some(expected));
    }
    let world = Counterparts::with_every_plan();
    let said = signed(&remittance(&world, Standing::NotReceived), &world.deal.agent);
    let Ending::Failed(trouble) = buy(&world, said) else { panic!("nothing was sent") };
    assert_eq!((trouble.problem, trouble.known), (Problem::PayeeAccountWrong, true));
}

#[test]
fn a_word_that_does_not_hold_is_never_taken_for_sent() {
    let world = Counterparts::with_every_plan();
    let good = remittance(&world, Standing::Received);
    let stranger = Deal::new().merchant;
    for said in [
        signed(&good, &stranger),
        signed(
            &Remittance { purchase: PurchaseId::new([1; 16]), ..good.clone() },
            &world.deal.agent,
        ),
        signed(&Remittance { amount: yen(1), ..good }, &world.deal.agent),
    ] {
        assert_eq!(sending(&buy(&world, said)), Some(Sending::Waits));
    }
}

#[test]
fn silence_of_the_agent_after_the_acceptance_is_not_called_sent() {
    let world = Counterparts::with_every_plan();
    let silent = [None, None, None].into_iter().chain((0..4).map(|_| Some(Answer::Silence)));
    world.answer_instead(silent.collect());
    let said = signed(&remittance(&world, Standing::Received), &world.deal.agent);
    assert_eq!(sending(&buy(&world, said)), Some(Sending::Waits));
}
