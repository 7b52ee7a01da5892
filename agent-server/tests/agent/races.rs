//! Twenty at the same time want what one of them can have (TRUST.md T09, T24): always one legal
//! end, everybody is told the same, and the credit is held exactly where it should be.
//! `WARIFU_TEST_EFFORT=20` makes a thousand rounds of each.

use agent_server::{
    config::Config,
    domain::{
        ConfirmationToken,
        bank_files::{FileFault, Made},
        confirm, expiry,
        settlement::settle_day,
        turn::Turned,
    },
    files::Format,
    store::Fault,
};
use futures_util::future::{join_all, join3};
use shared_protocol::{Grant, Outcome, Problem, PurchaseState, Signed, Span};

use crate::{
    bank_files::{in_japan, wanted},
    market::Market,
    sale::Sale,
    shopper::{Order, id},
    trade::number,
};

/// So many at the same time.
pub const AT_ONCE: usize = 20;
const CONTRACT: &str = "C900000000047";

/// How often each of them race.
pub fn rounds() -> usize {
    50 * usize::try_from(number("WARIFU_TEST_EFFORT")).unwrap()
}

/// A market whose shopper may owe as much as it takes.
pub async fn market() -> Market {
    market_with(|_| {}).await
}

async fn market_with(change: impl FnOnce(&mut Config)) -> Market {
    let market = Market::open_with(change).await;
    market.add_contract(CONTRACT, 1 << 40, None).await;
    market
}

/// An order of that shopper's.
pub async fn order(market: &Market) -> Order {
    Order { contract: CONTRACT, ..market.order().await }
}

async fn granted(market: &Market) -> Signed<Grant> {
    market.grant(&order(market).await.seal()).await.unwrap()
}

async fn accepted(market: &Market) -> Signed<Grant> {
    let grant = granted(market).await;
    let word = market.merchant.accept(&grant, market.now());
    market.tell(&grant, "acceptance", &word).await.unwrap();
    grant
}

/// One that is confirmed.
pub async fn sale(market: &Market) -> Sale<'_> {
    let sale = Sale { market, grant: accepted(market).await };
    sale.confirm().await;
    sale
}

#[tokio::test]
async fn a_purchase_asked_for_twenty_times_at_once_is_granted_once() {
    let market = market().await;
    for round in 1..=rounds() {
        let attempt = order(&market).await.seal();
        let answers = join_all((0..AT_ONCE).map(|_| market.ask_grant(&attempt))).await;
        let first = answers[0].as_ref().unwrap();
        assert!(answers.iter().all(|answer| answer.as_ref() == Ok(first)), "round {round}");
        assert_eq!(market.reserved("47").await, 3850 * round as u64);
    }
}

#[tokio::test]
async fn of_two_offers_taken_up_under_one_id_one_is_granted() {
    let market = market().await;
    for round in 1..=rounds() {
        let order = order(&market).await;
        let one = order.seal();
        let two = Order { quantity: 2, amount: crate::market::yen(7150), ..order }.seal();
        assert_eq!(one.purchase, two.purchase);
        let ask = |n: usize| market.ask_grant([&one, &two][n % 2]);
        let answers = join_all((0..AT_ONCE).map(ask)).await;
        let won = usize::from(answers[0].is_err());
        let first = answers[won].as_ref().unwrap();
        for (n, answer) in answers.iter().enumerate() {
            match n % 2 == won {
                true => assert_eq!(answer.as_ref(), Ok(first), "round {round}"),
                false => assert_eq!(*answer, Err(Problem::PurchaseConflict), "round {round}"),
            }
        }
    }
}

#[tokio::test]
async fn accept_and_refuse_at_once_end_in_one_of_the_two() {
    let market = market().await;
    let mut held = 0;
    for round in 1..=rounds() {
        let grant = granted(&market).await;
        let accept = market.merchant.accept(&grant, market.now());
        let refuse = market.merchant.refuse(&grant, market.now());
        let accepts = (0..AT_ONCE / 2).map(|_| market.tell(&grant, "acceptance", &accept));
        let refuses = (0..AT_ONCE / 2).map(|_| market.tell(&grant, "refusal", &refuse));
        let (accepted, refused) = tokio::join!(join_all(accepts), join_all(refuses));
        let (won, lost) = match market.state(&id(&grant)).await {
            PurchaseState::Accepted => (accepted, refused),
            PurchaseState::Refused => (refused, accepted),
            other => panic!("{other:?}"),
        };
        assert!(won.iter().all(Result::is_ok) && lost.iter().all(Result::is_err), "{round}");
        held += if market.state(&id(&grant)).await == PurchaseState::Accepted { 3850 } else { 0 };
    }
    assert_eq!(market.reserved("47").await, held);
}

#[tokio::test]
async fn yes_no_and_silence_at_once_end_in_one_of_the_three() {
    let market = market().await;
    let mut held = 0;
    for round in 1..=rounds() {
        let grant = accepted(&market).await;
        let token = ConfirmationToken::of(&id(&grant), &market.agent.app.keys);
        let (token, app, now) = (token.expose(), &market.agent.app, market.now());
        let answers = join_all((1..AT_ONCE).map(|n| {
            let wanted = if (n + round) % 2 == 0 { Outcome::Confirmed } else { Outcome::Cancelled };
            confirm::decide(app, &token, wanted, now)
        }));
        let silence = expiry::silence(app, id(&grant), now);
        let (answers, _) = match round % 3 {
            0 => {
                let (silence, answers) = tokio::join!(silence, answers);
                (answers, silence)
            }
            _ => tokio::join!(answers, silence),
        };
        let state = market.state(&id(&grant)).await;
        use PurchaseState::{Cancelled, Confirmed, Expired};
        assert!(matches!(state, Confirmed | Cancelled | Expired), "{state:?}");
        let mut agreeing = answers.iter().flatten();
        assert!(agreeing.all(|question| question.state == state), "round {round}");
        let confirmation = market.status(&id(&grant)).await.confirmation.unwrap();
        let outcome = confirmation.claimed().unwrap().outcome;
        assert_eq!(state == Confirmed, outcome == Outcome::Confirmed);
        held += if state == Confirmed { 3850 } else { 0 };
    }
    assert_eq!(market.reserved("47").await, held);
}

#[tokio::test]
async fn of_twenty_claims_for_what_is_left_one_is_booked() {
    let market = market().await;
    let names: Vec<_> = (0..AT_ONCE).map(|n| format!("C-{n}")).collect();
    for round in 1..=rounds() {
        let sale = sale(&market).await;
        let claims = join_all(names.iter().map(|name| sale.claim(name, 2000))).await;
        let won = claims.iter().filter(|claim| claim.is_ok()).count();
        let lost = claims.iter().filter(|claim| **claim == Err(Problem::AmountExceeded)).count();
        assert_eq!((won, lost), (1, AT_ONCE - 1), "round {round}");
        let back = join_all(names.iter().map(|name| sale.refund(name, 2000))).await;
        assert_eq!(back.iter().filter(|back| back.is_ok()).count(), 1, "round {round}");
    }
    let entries = market.agent.app.store.journal(0, u32::MAX).await.unwrap().len();
    assert_eq!(entries, 2 * rounds());
    market.audit_is_clean().await;
}

/// The shop claims all, lets go of all, and the shopper takes the yes back: each of them often.
#[tokio::test]
async fn claim_void_and_withdrawal_at_once_end_in_one_of_the_three() {
    let market = market().await;
    let mut held = 0;
    for round in 1..=rounds() {
        let sale = sale(&market).await;
        let (claim, void) = (sale.claiming("C", 3850, None), sale.voiding("V", 3850));
        let claims = join_all((0..7).map(|_| sale.say("C", &claim)));
        let voids = join_all((0..7).map(|_| sale.say("V", &void)));
        let withdrawals = join_all((0..6).map(|_| crate::claims::withdraw_from(&sale, "47")));
        let (claims, voids, withdrawn) = join3(claims, voids, withdrawals).await;
        let all_or_none = |won: Vec<bool>| {
            assert!(won.iter().all(|one| *one == won[0]), "round {round}: {won:?}");
            won[0]
        };
        let claimed = all_or_none(claims.iter().map(Result::is_ok).collect());
        let voided = all_or_none(voids.iter().map(Result::is_ok).collect());
        let withdrawn = withdrawn.contains(&Turned::Now(PurchaseState::Cancelled));
        let won = [claimed, voided, withdrawn];
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "round {round}: {won:?}");
        let state = market.state(&sale.id()).await;
        assert_eq!(state == PurchaseState::Confirmed, claimed);
        held += if claimed { 3850 } else { 0 };
    }
    assert_eq!(market.reserved("47").await, held);
    market.audit_is_clean().await;
}

/// The newest of so many payouts; perhaps the driver was first to settle the day.
async fn paid_out(market: &Market, count: usize) -> i64 {
    for _ in 0..2400 {
        let payouts = market.agent.app.store.payouts(u32::MAX).await.unwrap();
        if payouts.len() == count {
            return payouts[0].id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no payout in round {count}");
}

#[tokio::test]
async fn of_twenty_at_the_same_time_one_makes_the_file() {
    // A day each: it may take longer than holidays are listed for.
    let plans = tempfile::NamedTempFile::new().unwrap();
    let sample = include_str!("../../plans.sample.toml");
    let (before, rest) = sample.split_once("holidays = [").unwrap();
    let (_, after) = rest.split_once(']').unwrap();
    std::fs::write(&plans, format!("{before}holidays = []{after}")).unwrap();
    let named = plans.path().to_owned();
    let market = market_with(|config| config.plans_file = Some(named)).await;
    market.bank_of_merchant(in_japan()).await;
    let store = &market.agent.app.store;
    for round in 1..=rounds() {
        sale(&market).await.claim("C", 3850).await.unwrap();
        market.advance(Span::hours(24));
        settle_day(&market.agent.app, market.now()).await.unwrap();
        let payout = paid_out(&market, round).await;
        let make = || market.file_as(wanted(Format::Zengin));
        let mut files = Vec::new();
        for made in join_all((0..AT_ONCE).map(|_| make())).await {
            match made {
                Ok(Made { file, .. }) => files.extend(file),
                Err(FileFault::Store(Fault::Raced)) => {}
                Err(fault) => panic!("{fault}"),
            }
        }
        assert_eq!(files.len(), 1, "round {round}");
        assert_eq!(files[0].payouts, [payout]);
    }
    assert_eq!(store.payout_files(u32::MAX).await.unwrap().len(), rounds());
    market.audit_is_clean().await;
}

#[tokio::test]
async fn an_acceptance_and_the_sweep_at_once_lose_nothing() {
    let market = Market::open().await;
    let grant = market.granted().await;
    let word = market.merchant.accept(&grant, market.now());
    *market.merchant.shop.acceptance.lock().unwrap() = Some(word.clone());
    market.advance(Span::minutes(12));
    let told = market.tell(&grant, "acceptance", &word).await;
    assert!(told.is_ok(), "{told:?}");
    market.wait_for_state(&id(&grant), PurchaseState::Accepted).await;
    assert_eq!(market.reserved("01").await, 3850);
}

#[tokio::test]
async fn the_same_answer_twice_shows_the_same_and_the_other_is_refused() {
    let market = Market::open().await;
    let grant = market.accepted().await;
    let token = ConfirmationToken::of(&id(&grant), &market.agent.app.keys).expose();
    let app = &market.agent.app;
    for _ in 0..2 {
        let shown = confirm::decide(app, &token, Outcome::Cancelled, market.now()).await.unwrap();
        assert_eq!(shown.state, PurchaseState::Cancelled);
    }
    let first = market.status(&id(&grant)).await.confirmation;
    let other = confirm::decide(app, &token, Outcome::Confirmed, market.now()).await;
    assert_eq!(other.unwrap_err(), Problem::CancelledByShopper);
    assert_eq!(market.status(&id(&grant)).await.confirmation, first);
    assert_eq!(market.reserved("01").await, 0);
}
