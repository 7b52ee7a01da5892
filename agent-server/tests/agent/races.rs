//! Merchant, shopper and clock speak at the same time: always one legal end, and the credit is
//! held exactly where it should be.

use agent_server::domain::{confirm, expiry};
use futures_util::future::join_all;
use shared_protocol::{Outcome, Problem, PurchaseState, Span};

use crate::{market::Market, shopper::id};

async fn token(market: &Market) -> String {
    let link = market.letters(1).await[0].link.clone().unwrap();
    link.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn accept_and_refuse_at_once_end_in_one_of_the_two() {
    let market = Market::open().await;
    for _ in 0..10 {
        let grant = market.granted().await;
        let accept = market.merchant.accept(&grant, market.now());
        let refuse = market.merchant.refuse(&grant, market.now());
        let (accepted, refused) = tokio::join!(
            market.tell(&grant, "acceptance", &accept),
            market.tell(&grant, "refusal", &refuse),
        );
        let state = market.state(&id(&grant)).await;
        match state {
            PurchaseState::Accepted => assert!(accepted.is_ok() && refused.is_err()),
            PurchaseState::Refused => assert!(accepted.is_err() && refused.is_ok()),
            other => panic!("{other:?}"),
        }
    }
    let held = market.reserved("01").await;
    assert_eq!(held % 3850, 0);
}

#[tokio::test]
async fn yes_no_and_silence_at_once_end_in_one_of_the_three() {
    let market = Market::open().await;
    let mut held = 0;
    for round in 0..8 {
        let grant = market.accepted().await;
        let token =
            agent_server::domain::ConfirmationToken::of(&id(&grant), &market.agent.app.keys);
        let (token, app, now) = (token.expose(), &market.agent.app, market.now());
        let answers = join_all((0..6).map(|n| {
            let wanted = if (n + round) % 2 == 0 { Outcome::Confirmed } else { Outcome::Cancelled };
            confirm::decide(app, &token, wanted, now)
        }));
        let silence = expiry::silence(app, id(&grant), now);
        let (answers, _) = tokio::join!(answers, silence);
        let state = market.state(&id(&grant)).await;
        assert!(
            matches!(
                state,
                PurchaseState::Confirmed | PurchaseState::Cancelled | PurchaseState::Expired
            ),
            "{state:?}"
        );
        let agreeing = answers.iter().flatten();
        assert!(agreeing.clone().all(|question| question.state == state));
        let confirmation = market.status(&id(&grant)).await.confirmation.unwrap();
        let outcome = confirmation.claimed().unwrap().outcome;
        assert_eq!(state == PurchaseState::Confirmed, outcome == Outcome::Confirmed);
        held += if state == PurchaseState::Confirmed { 3850 } else { 0 };
    }
    assert_eq!(market.reserved("01").await, held);
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
    let token = token(&market).await;
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
