//! The course of a purchase against both counterparts in memory: what goes out, in which order,
//! what is believed, and what happens when somebody is silent.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use std::cell::RefCell;

use client_wasm::{
    calls::Party,
    course::{Answer, Refused, Start, run},
    progress::{Check, News},
    stage::{Ending, Trouble},
    ways,
    words::Words,
};
use party::NOW;
use pollster::block_on;
use shared_protocol::{
    Acceptance, Amount, AtOnce, Digest, Field, FieldProblem, Grant, Problem, Span,
};
use world::{Counterparts, refused};

/// Runs a good attempt and gives its end and its news.
fn buy(world: &Counterparts) -> (Ending, Vec<News>) {
    let words = world.words();
    let attempt = world.attempt(&words);
    let news = RefCell::new(Vec::new());
    let ending =
        block_on(run(world, &words, &attempt, Start::Anew, &|new| news.borrow_mut().push(new)));
    (ending, news.into_inner())
}

fn failed(ending: &Ending) -> &Trouble {
    let Ending::Failed(trouble) = ending else { panic!("{ending:?}") };
    trouble
}

#[test]
fn the_shop_checks_the_agent_grants_the_shop_accepts() {
    let world = Counterparts::new();
    let (ending, news) = buy(&world);
    let Ending::Accepted(receipt) = ending else { panic!("{ending:?}") };
    assert_eq!(receipt.amount, party::yen(3850));
    assert_eq!(receipt.order, "TEA-1");
    assert!(receipt.provisional);
    let number = News::Number(receipt.number);
    let expected = [
        News::Begun(Check::Shop),
        News::Passed(Check::Shop),
        News::Begun(Check::Agent),
        News::Passed(Check::Agent),
        number,
        News::Begun(Check::Acceptance),
        News::Passed(Check::Acceptance),
    ];
    assert_eq!(news, expected);
    let calls = world.calls.borrow();
    let sent: Vec<_> = calls.iter().map(|call| (call.method, call.url.as_str())).collect();
    let purchase = party::purchase(42).to_string();
    let shop = format!("http://127.0.0.1:8080/warifu/v1/purchases/{purchase}");
    let expected = [
        ("POST", format!("{shop}/check")),
        ("PUT", format!("/v1/purchases/{purchase}/grant")),
        ("PUT", shop),
    ];
    assert_eq!(sent, expected.each_ref().map(|(method, url)| (*method, url.as_str())));
    assert!(calls[2].outlives_page, "a closing tab still delivers");
    assert!(world.sent_off.borrow()[0].url.ends_with("/acceptance"), "the agent is told");
}

#[test]
fn a_shop_without_a_server_is_asked_nothing_and_gets_a_form() {
    let world = Counterparts::handing_over("https://tea.example/order");
    let words = world.words();
    let attempt = world.attempt(&words);
    for start in [Start::Anew, Start::Again] {
        let ending = pollster::block_on(run(&world, &words, &attempt, start, &|_| {}));
        let Ending::Granted(promise) = ending else { panic!("{ending:?}") };
        assert_eq!(promise.grant, "a.b.c");
        assert_eq!(promise.amount, attempt.amount);
    }
    let calls = world.calls.borrow();
    assert!(calls.iter().all(|call| call.to == Party::Agent), "the shop cannot answer");
    let form = attempt.form.unwrap();
    let names: Vec<_> = form.fields().map(|(name, _)| name).collect();
    assert!(names.contains(&"delivery.line1") && !names.iter().any(|n| n.contains("payment")));
}

#[test]
fn nothing_readable_of_either_half_leaves_the_browser() {
    let world = Counterparts::new();
    buy(&world);
    let sent: Vec<u8> = world.bodies("").concat();
    for secret in ["C900000000001", "9000000000", "2468", "山田", "hanako", "銀座", "1040061"] {
        let found = sent.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is readable in what was sent");
    }
}

#[test]
fn a_silent_party_is_asked_again_with_the_same_bytes() {
    let world = Counterparts::new();
    let silence = || Some(Answer::Silence);
    world.answer_instead(vec![silence(), silence(), None, silence(), None, silence(), None]);
    let (ending, _) = buy(&world);
    assert!(matches!(ending, Ending::Accepted(_)), "{ending:?}");
    for (tail, tries) in [("/check", 3), ("/grant", 2)] {
        let bodies = world.bodies(tail);
        assert_eq!(bodies.len(), tries, "{tail}");
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{tail} changed");
    }
    assert_eq!(world.waited.get(), 2_000 + 5_000 + 2_000 + 2_000);
}

#[test]
fn a_shop_that_stays_silent_before_the_grant_has_charged_nothing_for_sure() {
    let world = Counterparts::new();
    world.answer_instead(vec![Some(Answer::Silence); 4]);
    let (ending, _) = buy(&world);
    let trouble = failed(&ending);
    assert_eq!((trouble.problem, trouble.known), (Problem::MerchantUnavailable, true));
    assert!(world.bodies("/grant").is_empty(), "the agent was never asked");
}

#[test]
fn an_agent_that_stays_silent_leaves_the_outcome_open() {
    let world = Counterparts::new();
    let silence = Some(Answer::Silence);
    world.answer_instead(vec![None, silence.clone(), silence.clone(), silence.clone(), silence]);
    let (ending, _) = buy(&world);
    let trouble = failed(&ending);
    assert_eq!((trouble.problem, trouble.known), (Problem::AgentUnavailable, false));
}

#[test]
fn asking_again_goes_on_from_where_it_stands() {
    let world = Counterparts::new();
    let words = world.words();
    let attempt = world.attempt(&words);
    let ask = || block_on(run(&world, &words, &attempt, Start::Again, &|_| {}));

    let nothing = ask();
    assert!(failed(&nothing).known, "the agent never heard of it: {nothing:?}");

    let silence = Some(Answer::Silence);
    world.answer_instead([vec![None, None], vec![silence; 4]].concat());
    let open = block_on(run(&world, &words, &attempt, Start::Anew, &|_| {}));
    assert!(!failed(&open).known, "{open:?}");
    let accepted = ask();
    assert!(matches!(accepted, Ending::Accepted(_)), "granted, so handed over: {accepted:?}");
    let submissions = world.bodies(&party::purchase(42).to_string());
    assert!(submissions.windows(2).all(|pair| pair[0] == pair[1]), "the same order each time");

    let calls = world.calls.borrow().len();
    assert_eq!(ask(), accepted, "accepted, so thanked");
    assert_eq!(world.calls.borrow().len(), calls + 1, "by asking for it, no more");
}

#[test]
fn a_grant_for_anything_else_is_not_believed() {
    let forgeries: [fn(&mut Grant); 9] = [
        |grant| grant.merchant = "mrc_other".parse().unwrap(),
        |grant| grant.agent = "agt_other".parse().unwrap(),
        |grant| grant.purchase = party::purchase(43),
        |grant| grant.order = Digest::new([1; 32]),
        |grant| grant.offer = Digest::new([1; 32]),
        |grant| grant.tally = Digest::new([1; 32]),
        |grant| grant.amount = party::yen(3851),
        |grant| grant.session_key = shared_protocol::VerifyingKey::new([1; 32]),
        |grant| grant.plan_class = shared_protocol::PlanClass::Bonus,
    ];
    for (at, forge) in forgeries.into_iter().enumerate() {
        let world = Counterparts::new();
        world.forge_grant.set(forge);
        let (ending, news) = buy(&world);
        assert_eq!(failed(&ending).problem, Problem::GrantInvalid, "forgery {at}");
        assert!(!news.iter().any(|new| matches!(new, News::Number(_))), "forgery {at} was shown");
        assert_eq!(world.calls.borrow().len(), 2, "forgery {at} was handed over");
    }
}

#[test]
fn a_grant_whose_time_is_over_is_not_handed_over() {
    let world = Counterparts::new();
    world.forge_grant.set(|grant| grant.expires = NOW.minus(Span::minutes(2)));
    let (ending, _) = buy(&world);
    assert_eq!(failed(&ending).problem, Problem::GrantExpired);
}

#[test]
fn an_acceptance_of_anything_else_is_not_believed() {
    let forgeries: [fn(&mut Acceptance); 4] = [
        |acceptance| acceptance.amount = party::yen(1),
        |acceptance| acceptance.grant = Digest::new([1; 32]),
        |acceptance| acceptance.purchase = party::purchase(43),
        |acceptance| acceptance.handling_number = "000000000000".parse().unwrap(),
    ];
    for (at, forge) in forgeries.into_iter().enumerate() {
        let world = Counterparts::new();
        world.forge_acceptance.set(forge);
        let (ending, _) = buy(&world);
        let trouble = failed(&ending);
        assert_eq!(trouble.problem, Problem::AcceptanceInvalid, "forgery {at}");
        assert!(!trouble.known, "the shop has something: only asking can tell what");
    }
}

#[test]
fn wrong_fields_are_those_that_the_answer_names() {
    let world = Counterparts::new();
    let fields = vec![(Field::DeliveryPostalCode, FieldProblem::NotDeliverable)];
    let answer =
        Refused { problem: Problem::FieldInvalid, fields: fields.clone(), reference: None };
    world.answer_instead(vec![Some(Answer::Refused(answer))]);
    assert_eq!(buy(&world).0, Ending::Wrong(fields));
}

#[test]
fn a_contract_that_is_not_recognised_opens_number_and_code() {
    let world = Counterparts::new();
    world.answer_instead(vec![None, Some(refused(Problem::ContractNotRecognised))]);
    let Ending::Wrong(wrong) = buy(&world).0 else { panic!("not Fig 9") };
    let expected = [Field::PaymentContractNumber, Field::PaymentCode];
    assert_eq!(wrong.iter().map(|(field, _)| *field).collect::<Vec<_>>(), expected);
}

#[test]
fn a_refusal_is_final_and_an_overloaded_server_is_not() {
    let world = Counterparts::new();
    world.answer_instead(vec![Some(refused(Problem::OutOfStock))]);
    let ending = buy(&world).0;
    assert_eq!(failed(&ending).problem, Problem::OutOfStock);
    assert_eq!(failed(&ending).reference.as_deref(), Some("req_1"));
    assert_eq!(world.calls.borrow().len(), 1);

    let world = Counterparts::new();
    world.answer_instead(vec![
        Some(refused(Problem::TooManyRequests)),
        Some(refused(Problem::Unavailable)),
    ]);
    assert!(matches!(buy(&world).0, Ending::Accepted(_)));
}

#[test]
fn time_without_a_network_does_not_count_as_a_try() {
    let world = Counterparts::new();
    world.offline.set(40);
    let (ending, _) = buy(&world);
    assert!(matches!(ending, Ending::Accepted(_)), "{ending:?}");
    assert_eq!(world.bodies("/check").len(), 2);
}

#[test]
fn words_that_do_not_hold_are_refused_with_their_problem() {
    let world = Counterparts::new();
    let bad = |change: fn(&mut client_wasm::words::Claims)| {
        let mut claims = world.claims();
        change(&mut claims);
        block_on(Words::verify(&claims, &AtOnce)).err()
    };
    assert_eq!(bad(|_| {}), None);
    assert_eq!(bad(|claims| claims.keys.clear()), Some(Problem::MarkInvalid));
    assert_eq!(bad(|claims| claims.keys[0][0] ^= 1), Some(Problem::MarkInvalid));
    assert_eq!(bad(|claims| claims.keys = vec![vec![1; 31]]), Some(Problem::MarkInvalid));
    assert_eq!(bad(|claims| claims.mark[9] ^= 1), Some(Problem::MarkInvalid));
    assert_eq!(bad(|claims| claims.offer[9] ^= 1), Some(Problem::OfferInvalid));
    assert_eq!(bad(|claims| claims.merchant = "mrc_other".into()), Some(Problem::MarkInvalid));
    assert_eq!(bad(|claims| claims.item = "OTHER-01".into()), Some(Problem::OfferInvalid));
    let stranger = Some(Problem::OriginNotRegistered);
    assert_eq!(bad(|claims| claims.origins.push("https://evil.example".into())), stranger);
    assert_eq!(bad(|claims| claims.origins = vec!["http://127.0.0.1:80800".into()]), stranger);
    assert_eq!(bad(|claims| claims.keys.insert(0, vec![9; 32])), None, "keys may rotate");
}

#[test]
fn terms_that_changed_while_nobody_looked_are_noticed() {
    let world = Counterparts::new();
    let words = world.words();
    let renewed = |change: fn(&mut shared_protocol::Offer)| {
        let mut offer = party::offer(&world.deal.merchant.id);
        change(&mut offer);
        let offer = shared_protocol::Signed::sign(&offer, &world.deal.merchant);
        block_on(words.renew(&world.deal.signed_mark, offer, &AtOnce)).unwrap()
    };
    let later = renewed(|offer| offer.expires = offer.expires.plus(Span::hours(1)));
    assert_eq!(words.check_same(&later), Ok(()), "signed again, nothing else");
    let dearer =
        renewed(|offer| offer.unit_price = Amount::new(3301, party::yen(0).currency).unwrap());
    assert_eq!(words.check_same(&dearer), Err(Problem::TermsChanged));
}

#[test]
fn for_a_shop_without_a_server_the_agent_keeps_the_order() {
    let world = Counterparts::with_mailbox();
    let (ending, _) = buy(&world);
    let Ending::Accepted(receipt) = ending else { panic!("{ending:?}") };
    assert_eq!(receipt.waits, Some(NOW.plus(Span::hours(48))));
    assert_eq!(receipt.amount, party::yen(3850));
    let calls = world.calls.borrow();
    let purchase = party::purchase(42).to_string();
    let sent: Vec<_> = calls.iter().map(|call| call.url.clone()).collect();
    let expected = [format!("/v1/purchases/{purchase}/grant"), format!("/v1/mailbox/{purchase}")];
    assert_eq!(sent, expected, "nobody but the agent is asked");
    assert!(calls[1].outlives_page, "a closing tab still delivers");
    assert!(world.sent_off.borrow().is_empty(), "the shop has said nothing yet");
}

#[test]
fn what_the_agent_says_of_another_order_is_not_believed() {
    let forgeries: [fn(&mut shared_protocol::Deposit); 3] = [
        |deposit| deposit.grant = Digest::new([1; 32]),
        |deposit| deposit.purchase = party::purchase(43),
        |deposit| deposit.merchant = "mrc_other".parse().unwrap(),
    ];
    for forge in forgeries {
        let world = Counterparts::with_mailbox();
        world.forge_deposit.set(forge);
        let (ending, _) = buy(&world);
        let trouble = failed(&ending);
        assert_eq!((trouble.problem, trouble.known), (Problem::AcceptanceInvalid, false));
    }
}

#[test]
fn the_mark_of_a_shop_with_a_way_of_its_own_is_told_from_others() {
    let mark = |world: Counterparts| world.deal.signed_mark.claimed().unwrap();
    let plain = mark(Counterparts::new());
    assert!(!ways::needs_every(&plain));
    assert!(ways::needs_every(&mark(Counterparts::handing_over("https://tea.example/order"))));
    assert!(ways::needs_every(&shared_protocol::Mark { server: String::new(), ..plain }));
}

#[test]
fn a_borrowed_window_names_its_host_and_only_one_that_the_agent_vouches_for() {
    let world = Counterparts::new();
    let host = shared_protocol::Mark {
        merchant: "mrc_host".parse().unwrap(),
        name: shared_protocol::Localized::new("お菓子の鈴木", "Suzuki Sweets"),
        ..world.deal.signed_mark.claimed().unwrap()
    };
    let claims = |host: &shared_protocol::Mark,
                  signer: &dyn Fn(&shared_protocol::Mark) -> Vec<u8>| {
        client_wasm::words::Claims { host: signer(host), ..world.claims() }
    };
    let by_agent = |host: &shared_protocol::Mark| {
        shared_protocol::encode(&shared_protocol::Signed::sign(host, &world.deal.agent))
    };
    let by_host = |host: &shared_protocol::Mark| {
        shared_protocol::encode(&shared_protocol::Signed::sign(host, &world.deal.merchant))
    };
    let verified = |claims| block_on(Words::verify(&claims, &AtOnce));
    let words = verified(claims(&host, &by_agent)).unwrap();
    assert_eq!(words.host().unwrap().name.ja, "お菓子の鈴木");
    let forged = verified(claims(&host, &by_host));
    assert_eq!(forged.err(), Some(Problem::MarkInvalid));
    let elsewhere = shared_protocol::Mark { origins: vec!["https://x.example".into()], ..host };
    let elsewhere = verified(claims(&elsewhere, &by_agent));
    assert_eq!(elsewhere.err(), Some(Problem::OriginNotRegistered));
}
