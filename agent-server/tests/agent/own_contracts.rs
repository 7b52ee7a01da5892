//! An address with several contracts: whoever has shown that it is theirs sees them all, one at a
//! time; whoever has a passkey of one sees that one.

use reqwest::StatusCode;
use shared_protocol::{Problem, Span};

use crate::{market::Market, visitor::Page};

const ADDRESS: &str = "someone@example.jp";
const SHOWN: [&str; 2] = ["<dd>ending in 42</dd>", "<dd>ending in 43</dd>"];

async fn open() -> Market {
    let market = Market::open().await;
    for number in ["C100000000042", "C100000000043"] {
        market.advance(Span::minutes(1));
        market.add_contract(number, 10_000, None).await;
    }
    market
}

fn other(page: &Page) -> String {
    page.between("name=\"contract\" value=\"", "\"")
}

#[tokio::test]
async fn both_are_shown_one_at_a_time() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    for turn in [0, 1, 0] {
        let page = visitor.get("/me").await;
        assert!(page.has(SHOWN[turn]) && !page.has(SHOWN[1 - turn]), "{turn}: {}", page.html);
        let wanted = other(&page);
        let done = visitor.submit("/me", "/me/contract", &[("contract", &wanted)]).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/me"));
    }
}

#[tokio::test]
async fn a_form_that_was_open_changes_nothing_of_the_other_contract() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let (before, open) = (visitor.cookie.clone(), visitor.get("/me/limits").await);
    let wanted = other(&visitor.get("/me").await);
    visitor.submit("/me", "/me/contract", &[("contract", &wanted)]).await;
    let token = open.hidden("form_token");
    let late = visitor.post("/me/limits", &[("day", "1"), ("form_token", &token)]).await;
    assert_eq!(late.status.as_u16(), Problem::FormExpired.status());
    visitor.cookie = before;
    assert_eq!(visitor.get("/me").await.status, StatusCode::SEE_OTHER, "that session is over");
}

#[tokio::test]
async fn nobody_gets_to_a_contract_of_another_address_or_that_has_ended() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let foreign = market.contract("01").await.to_string();
    for wanted in [foreign.as_str(), "0", "-1", "", "x"] {
        let page = visitor.submit("/me", "/me/contract", &[("contract", wanted)]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{wanted}");
    }
    let ended = market.contract("43").await;
    let lapsed =
        agent_server::store::Change::Status(agent_server::domain::contract::ContractStatus::Lapsed);
    market.agent.app.store.change(ended, lapsed, market.now()).await.unwrap();
    assert!(!visitor.get("/me").await.has("/me/contract"));
    let ended = ended.to_string();
    let page = visitor.submit("/me", "/me/contract", &[("contract", &ended)]).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

/// A passkey says nothing of who reads the address's mail.
#[tokio::test]
async fn a_passkey_opens_its_own_contract_alone() {
    let market = open().await;
    let mut visitor = market.visitor();
    visitor.cookie = Some(market.cookie("42").await);
    let page = visitor.get("/me").await;
    assert!(page.has(SHOWN[0]) && !page.has("/me/contract"));
    let wanted = market.contract("43").await.to_string();
    let page = visitor.submit("/me", "/me/contract", &[("contract", &wanted)]).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}
