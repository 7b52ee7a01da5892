//! From the merchant's word to the shopper's (61–65).

use agent_server::domain::confirm;
use shared_protocol::{
    Acceptance, Amount, Outcome, Problem, PurchaseState, Signed, Signer as _, Span,
};

use crate::{
    market::{Market, yen},
    merchant::Key,
    shopper::id,
};

async fn token(market: &Market) -> String {
    let link = market.letters(1).await[0].link.clone().unwrap();
    link.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_acceptance_sends_one_question_and_may_come_twice() {
    let market = Market::open().await;
    let grant = market.granted().await;
    let word = market.merchant.accept(&grant, market.now());
    for _ in 0..3 {
        market.tell(&grant, "acceptance", &word).await.unwrap();
    }
    let status = market.status(&id(&grant)).await;
    assert_eq!((status.state, status.acceptance), (PurchaseState::Accepted, Some(word)));
    let letters = market.letters(1).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(market.letters(1).await.len(), 1);
    assert!(letters[0].subject.contains("3,850"), "{}", letters[0].subject);
    let link = letters[0].link.as_ref().unwrap();
    assert!(link.starts_with("http://localhost:7070/confirm/"), "{link}");
    // 128 bits, base64url.
    assert_eq!(link.rsplit('/').next().unwrap().len(), 22);
}

#[tokio::test]
async fn only_the_merchants_own_word_about_this_very_grant_counts() {
    let market = Market::open().await;
    let grant = market.granted().await;
    let other = market.granted().await;
    let now = market.now();
    let good = market.merchant.acceptance(&grant, now);
    let other_amount: Amount = yen(1);
    let spoiled: Vec<(Problem, Acceptance)> = vec![
        (Problem::AcceptanceInvalid, Acceptance { amount: other_amount, ..good.clone() }),
        (Problem::AcceptanceInvalid, Acceptance { grant: other.digest(), ..good.clone() }),
        (Problem::AcceptanceInvalid, market.merchant.acceptance(&other, now)),
        (
            Problem::AcceptanceInvalid,
            Acceptance { agent: "agt_x".parse().unwrap(), ..good.clone() },
        ),
        (
            Problem::AcceptanceInvalid,
            Acceptance { merchant: "mrc_x".parse().unwrap(), ..good.clone() },
        ),
        (
            Problem::GrantExpired,
            Acceptance { accepted: now.plus(Span::minutes(12)), ..good.clone() },
        ),
    ];
    for (problem, acceptance) in spoiled {
        let word = Signed::sign(&acceptance, &market.merchant.key);
        let told = market.tell(&grant, "acceptance", &word).await;
        assert_eq!(told.unwrap_err(), problem, "{acceptance:?}");
    }
    let forged = Signed::sign(&good, &Key::random());
    let told = market.tell(&grant, "acceptance", &forged).await;
    assert_eq!(told.unwrap_err(), Problem::AcceptanceInvalid);
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Granted);
}

#[tokio::test]
async fn a_second_other_acceptance_is_a_conflict() {
    let market = Market::open().await;
    let grant = market.accepted().await;
    let other = market.merchant.accept(&grant, market.now().plus(Span::millis(1)));
    let told = market.tell(&grant, "acceptance", &other).await;
    assert_eq!(told.unwrap_err(), Problem::PurchaseConflict);
}

#[tokio::test]
async fn a_refusal_frees_the_credit_at_once() {
    let market = Market::open().await;
    let grant = market.granted().await;
    assert_eq!(market.reserved("01").await, 3850);
    let word = market.merchant.refuse(&grant, market.now());
    for _ in 0..2 {
        market.tell(&grant, "refusal", &word).await.unwrap();
    }
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Refused);
    assert_eq!(market.reserved("01").await, 0);
    let late = market.merchant.accept(&grant, market.now());
    let told = market.tell(&grant, "acceptance", &late).await;
    assert_eq!(told.unwrap_err(), Problem::OrderRefused);
}

#[tokio::test]
async fn a_yes_is_signed_kept_and_told_to_the_merchant() {
    let market = Market::open().await;
    let grant = market.accepted().await;
    let token = token(&market).await;
    let app = &market.agent.app;
    let asked = confirm::question(app, &token).await.unwrap();
    assert_eq!((asked.state, asked.amount), (PurchaseState::Accepted, yen(3850)));
    assert_eq!(asked.item_name.en, "Nambu iron teapot");
    assert_eq!(asked.contract_tail, "01");
    confirm::decide(app, &token, Outcome::Confirmed, market.now()).await.unwrap();
    let status = market.status(&id(&grant)).await;
    assert_eq!(status.state, PurchaseState::Confirmed);
    let said = status.confirmation.unwrap().verify(&app.keys.verifying_key()).unwrap();
    assert_eq!((said.outcome, said.purchase), (Outcome::Confirmed, id(&grant)));
    let notice = market.merchant.notices(1).await[0].json();
    assert_eq!(notice["type"], "purchase.confirmed");
    assert_eq!(notice["data"]["purchase"], id(&grant).to_string());
    assert_eq!(notice["data"]["sequence"], 2);
    assert_eq!(market.reserved("01").await, 3850);
}

#[tokio::test]
async fn a_no_frees_the_credit_and_tells_both() {
    let market = Market::open().await;
    let grant = market.accepted().await;
    let token = token(&market).await;
    let app = &market.agent.app;
    confirm::decide(app, &token, Outcome::Cancelled, market.now()).await.unwrap();
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Cancelled);
    assert_eq!(market.reserved("01").await, 0);
    assert_eq!(market.merchant.notices(1).await[0].json()["type"], "purchase.cancelled");
    assert!(market.letters(2).await[0].link.is_none());
}

#[tokio::test]
async fn a_link_that_was_not_sent_opens_nothing() {
    let market = Market::open().await;
    market.accepted().await;
    let app = &market.agent.app;
    for token in ["", "AAAAAAAAAAAAAAAAAAAAAA", "nonsense", "../../etc/passwd"] {
        let told = confirm::decide(app, token, Outcome::Confirmed, market.now()).await;
        assert_eq!(told.unwrap_err(), Problem::LinkInvalid, "{token}");
    }
}
