//! Shops that hold no key (Fig 2): where their Mark and the frame's policy say that orders go, and
//! what comes of a Grant that comes back from them.

use agent_server::domain::expiry;
use reqwest::{Method, StatusCode};
use shared_protocol::{Mark, Problem, PurchaseState, Signed, Span};

use crate::{
    market::{Market, answer, signed},
    shopper::id,
};

const FORM: &str = "/order";

impl Market {
    async fn hands_over_by_form(&self) -> String {
        let mut merchant = self.merchant.registration();
        let address = format!("{}{FORM}", merchant.origins[0]);
        merchant.hand_over = Some(address.clone());
        self.agent.app.store.put_merchant(merchant, self.now()).await.unwrap();
        self.advance(agent_server::merchants::FRESH);
        address
    }

    async fn jws(&self, path: &str) -> String {
        self.http.get(self.url(path)).send().await.unwrap().text().await.unwrap()
    }

    async fn come_back(&self, path: &str, grant: &str, kind: &str) -> Result<Vec<u8>, Problem> {
        let request = self.http.request(Method::PUT, self.url(path));
        let request = request.header("content-type", kind).body(grant.to_owned());
        answer(request.send().await.unwrap()).await
    }
}

#[tokio::test]
async fn mark_and_policy_name_the_address_and_no_other() {
    let market = Market::open().await;
    let address = market.hands_over_by_form().await;
    let mark = market.http.get(market.url("/v1/marks/mrc_tea")).send().await.unwrap();
    let mark = signed::<Mark>(&answer(mark).await.unwrap()).claimed().unwrap();
    assert_eq!(mark.hand_over.as_deref(), Some(address.as_str()));
    let teapot = market.merchant.teapot(market.now());
    market.merchant.show(Signed::sign(&teapot, &market.merchant.key));
    let frame = market.url("/v1/frame?merchant=mrc_tea&item=TEAPOT-01");
    let frame = market.http.get(frame).send().await.unwrap();
    let policy = frame.headers()["content-security-policy"].to_str().unwrap();
    let origin = address.strip_suffix(FORM).unwrap();
    assert!(policy.contains(&format!("form-action {origin};")), "{policy}");
}

#[tokio::test]
async fn a_grant_that_comes_back_is_an_accepted_order_once() {
    let market = Market::open().await;
    market.hands_over_by_form().await;
    let purchase = id(&market.granted().await);
    let path = format!("/v1/purchases/{purchase}/grant.jws");
    let grant = market.jws(&path).await;
    for _ in 0..3 {
        market.come_back(&path, &grant, "application/jose").await.unwrap();
    }
    assert_eq!(market.state(&purchase).await, PurchaseState::Accepted);
    assert_eq!(market.letters(1).await.len(), 1, "the shopper is asked once");
    let status = market.http.get(market.url(&format!("/v1/purchases/{purchase}")));
    let status = status.header("accept", "application/json").send().await.unwrap();
    assert_eq!(status.headers()["content-type"], "application/json");
    let status: serde_json::Value = serde_json::from_slice(&status.bytes().await.unwrap()).unwrap();
    assert_eq!((&status["state"], &status["amount"]), (&"accepted".into(), &3850.into()));
}

#[tokio::test]
async fn what_is_not_this_purchases_grant_moves_nothing() {
    let market = Market::open().await;
    let signs_itself = id(&market.granted().await);
    let path = format!("/v1/purchases/{signs_itself}/grant.jws");
    let its_grant = market.jws(&path).await;
    let refused = market.come_back(&path, &its_grant, "application/jose").await;
    assert_eq!(refused, Err(Problem::AcceptanceInvalid), "a shop that signs for itself");
    market.hands_over_by_form().await;
    let other = id(&market.granted().await);
    let other = market.jws(&format!("/v1/purchases/{other}/grant.jws")).await;
    for (grant, kind, problem) in [
        (other.as_str(), "application/jose", Problem::GrantInvalid),
        ("e30.e30.e30", "application/jose", Problem::GrantInvalid),
        ("", "application/jose", Problem::GrantInvalid),
        (its_grant.as_str(), "text/plain", Problem::UnsupportedMediaType),
        (&"x".repeat(3000), "application/jose", Problem::MessageTooLarge),
    ] {
        assert_eq!(market.come_back(&path, grant, kind).await, Err(problem));
    }
    assert_eq!(market.state(&signs_itself).await, PurchaseState::Granted);
}

#[tokio::test]
async fn it_may_come_back_late_but_not_after_the_end() {
    let market = Market::open().await;
    market.hands_over_by_form().await;
    let [late, never] = [id(&market.granted().await), id(&market.granted().await)];
    let path = |purchase| format!("/v1/purchases/{purchase}/grant.jws");
    let (first, second) = (market.jws(&path(late)).await, market.jws(&path(never)).await);
    // The shop answers `purchase.lapsed` with nothing, so what it has not handed back is closed.
    market.come_back(&path(late), &first, "application/jose").await.unwrap();
    market.advance(Span::minutes(12));
    market.wait_for_state(&never, PurchaseState::Expired).await;
    let closed = market.come_back(&path(never), &second, "application/jose").await;
    assert_eq!(closed, Err(Problem::NotConfirmed));
    assert_eq!(market.state(&late).await, PurchaseState::Accepted);
    // The answer to a question that was under way when the Grant came back closes nothing.
    expiry::close(&market.agent.app, late, market.now()).await.unwrap();
    assert_eq!(market.state(&late).await, PurchaseState::Accepted);
    let get = market.http.get(market.url(&path(never))).send().await.unwrap();
    assert_eq!(get.status(), StatusCode::OK);
}
