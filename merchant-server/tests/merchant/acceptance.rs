//! Steps 54–63: the order is checked, the Grant is consumed, the Acceptance is signed, the agent
//! is told.

use futures_util::future::join_all;
use shared_protocol::{
    Acceptance, Delivery, GrantProof, Problem, PurchaseState, Signed, Span, decode, jws,
};

use crate::market::{Market, NOW, form};

#[tokio::test]
async fn an_order_is_checked_taken_and_told_to_the_agent() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let checked = market.check(&attempt).await;
    assert_eq!(checked.status, 204, "{}", checked.text());
    assert_eq!(market.status(attempt.purchase).await.problem(), Problem::PurchaseUnknown);

    let grant = market.grant(&attempt);
    let answer = market.submit(&attempt, market.signed(&grant)).await;
    let signed = answer.acceptance();
    let acceptance = signed.verify(&market.verifying_key()).unwrap();
    assert_eq!(acceptance.merchant.as_str(), "mrc_tea");
    assert_eq!(acceptance.agent, market.agent.id);
    assert_eq!(acceptance.purchase, attempt.purchase);
    assert_eq!(acceptance.handling_number, grant.handling_number);
    assert_eq!(acceptance.amount.minor, 3850, "¥3,300 and ¥550 delivery");
    assert_eq!(acceptance.order_reference, "Y-20261118-0001", "the shop's day, in Japan");
    assert_eq!(acceptance.accepted, NOW);

    let told = market.agent.told_so_much(1).await;
    assert_eq!(told, vec![("acceptance".to_owned(), answer.body.clone())]);
    let status = market.status(attempt.purchase).await.purchase_status();
    assert_eq!(status.state, PurchaseState::Accepted);
    assert_eq!(status.acceptance, Some(signed));
    assert_eq!(status.grant.unwrap().digest(), acceptance.grant);
    assert!(status.confirmation.is_none());
}

#[tokio::test]
async fn the_shop_keeps_whom_and_where_and_counts_its_days_orders() {
    let market = Market::start().await;
    let (first, _) = market.buy("TEAPOT-01").await;
    let order = market.order(first.purchase).await.unwrap();
    let recipient = market.running().app.store().recipient(order.id).await.unwrap().unwrap();
    assert_eq!(recipient.contact.email.expose(), "hanako@example.jp");
    let Delivery::Physical(address) = &recipient.delivery else { panic!("a teapot is carried") };
    assert_eq!(address.line1.expose(), "銀座1-2-3");
    let (second, _) = market.buy("SENCHA-01").await;
    let order = market.order(second.purchase).await.unwrap();
    assert_eq!(order.deal.unwrap().reference.unwrap(), "Y-20261118-0002");
    market.advance(Span::hours(24));
    let (third, _) = market.buy("SENCHA-01").await;
    let order = market.order(third.purchase).await.unwrap();
    assert_eq!(order.deal.unwrap().reference.unwrap(), "Y-20261119-0001");
}

#[tokio::test]
async fn intangible_goods_go_to_the_mail_address() {
    let market = Market::start().await;
    let mut form = form();
    form.delivery = Delivery::Intangible;
    let attempt = market.prepare_form("TEA-CLASS-01", form).await;
    assert_eq!(market.check(&attempt).await.status, 204);
    let answer = market.submit(&attempt, market.signed(&market.grant(&attempt))).await;
    assert_eq!(answer.acceptance().claimed().unwrap().amount.minor, 2200, "nothing to carry");
    let order = market.order(attempt.purchase).await.unwrap();
    let recipient = market.running().app.store().recipient(order.id).await.unwrap().unwrap();
    assert!(matches!(recipient.delivery, Delivery::Intangible));
}

#[tokio::test]
async fn a_grant_as_jws_is_as_good() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let proof = GrantProof::Jws(jws::sign(&market.grant(&attempt), &market.agent.keys));
    let answer = market.submit(&attempt, proof.clone()).await;
    answer.acceptance().verify(&market.verifying_key()).unwrap();
    assert_eq!(market.submit(&attempt, proof).await.body, answer.body);
}

#[tokio::test]
async fn without_consent_to_wait_for_the_order_is_confirmed_at_once() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let mut grant = market.grant(&attempt);
    grant.provisional = false;
    market.submit(&attempt, market.signed(&grant)).await.acceptance();
    let order = market.order(attempt.purchase).await.unwrap();
    assert_eq!(order.state, PurchaseState::Confirmed);
}

/// TRUST.md F03.
#[tokio::test]
async fn fifty_times_the_same_at_once_is_one_order_with_one_answer() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let proof = market.signed(&market.grant(&attempt));
    let all = (0..50).map(|_| market.submit(&attempt, proof.clone()));
    let answers = join_all(all).await;
    let first = answers[0].acceptance();
    for answer in &answers {
        assert_eq!(answer.acceptance(), first);
    }
    assert_eq!(market.orders().await.len(), 1);
    market.agent.told_so_much(1).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(market.agent.told().len(), 1, "told once");
    let taken = market.running().app.store().stock_taken(&"TEAPOT-01".parse().unwrap()).await;
    assert_eq!(taken.unwrap(), 1);
}

#[tokio::test]
async fn the_same_answer_comes_long_after_the_grant_has_expired() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let proof = market.signed(&market.grant(&attempt));
    let first = market.submit(&attempt, proof.clone()).await;
    first.acceptance();
    market.advance(Span::hours(48));
    assert_eq!(market.submit(&attempt, proof).await.body, first.body);
}

#[tokio::test]
async fn an_agent_that_is_down_is_told_when_it_is_back() {
    let market = Market::start().await;
    market.agent.will_answer(&[503, 404, 429]);
    let (attempt, _) = market.buy("TEAPOT-01").await;
    for _ in 0..2000 {
        if !market.agent.told().is_empty() {
            break;
        }
        market.advance(Span::secs(1));
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    let told = market.agent.told();
    let acceptance: Signed<Acceptance> = decode(&told[0].1).unwrap();
    assert_eq!(acceptance.claimed().unwrap().purchase, attempt.purchase);
    assert_eq!(market.running().app.store().vitals().await.unwrap().parcels_waiting, 0);
}

#[tokio::test]
async fn what_the_agent_refuses_for_good_stays_visible() {
    let market = Market::start().await;
    market.agent.will_answer(&[409]);
    market.buy("TEAPOT-01").await;
    for _ in 0..2000 {
        let vitals = market.running().app.store().vitals().await.unwrap();
        if (vitals.parcels_dead, vitals.parcels_waiting) == (1, 0) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    panic!("a message that was refused for good is still tried");
}

#[tokio::test]
async fn an_offer_taken_up_in_time_is_honoured_after_its_end() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let offer = market.offer("TEAPOT-01").await.claimed().unwrap();
    market.advance(offer.expires.minus(Span::secs(5)).since(market.now()));
    let grant = market.grant(&attempt);
    market.advance(Span::secs(10));
    let answer = market.submit(&attempt, market.signed(&grant)).await;
    assert_eq!(answer.status, 200, "granted in time: {}", answer.text());
}
