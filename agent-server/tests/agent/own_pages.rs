//! The shopper's own pages: purchases, a yes or a no, an objection, limits, code, number.

use reqwest::StatusCode;
use shared_protocol::{Grant, Problem, PurchaseState, Signed, Span};

use crate::{
    market::Market,
    sale::Sale,
    shopper::{Order, id},
    visitor::Visitor,
};

const NUMBER: &str = "C100000000042";
const ADDRESS: &str = "someone@example.jp";

/// A market with a contract of one's own, code 2468.
async fn open() -> Market {
    let market = Market::open().await;
    market.add_contract(NUMBER, 100_000, None).await;
    market
}

async fn buy(market: &Market, contract: &'static str) -> Result<Signed<Grant>, Problem> {
    market.grant(&Order { contract, ..market.order().await }.seal()).await
}

fn path(grant: &Signed<Grant>) -> String {
    format!("/me/purchases/{}", grant.claimed().unwrap().handling_number)
}

async fn accept(market: &Market, grant: &Signed<Grant>) {
    let word = market.merchant.accept(grant, market.now());
    market.tell(grant, "acceptance", &word).await.unwrap();
}

async fn decide(visitor: &mut Visitor<'_>, grant: &Signed<Grant>, decision: &str) -> StatusCode {
    let (page, to) = (path(grant), format!("{}/decision", path(grant)));
    visitor.submit(&page, &to, &[("decision", decision)]).await.status
}

#[tokio::test]
async fn purchases_are_listed_with_what_happened_and_who_has_what() {
    let market = open().await;
    let grant = buy(&market, NUMBER).await.unwrap();
    accept(&market, &grant).await;
    let others = market.granted().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let list = visitor.get("/me").await;
    assert!(list.has("Yamada Tea") && list.has(&path(&grant)) && !list.has(&path(&others)));
    assert!(list.has("¥3,850") && list.has("data-state=\"accepted\""));
    let page = visitor.get(&path(&grant)).await;
    for text in ["handling number (60)", "accepted the order (62)", "Delivery address", "Approve"] {
        assert!(page.has(text), "{text} in {}", page.html);
    }
    let csp = page.header("content-security-policy");
    assert!(csp.contains("frame-ancestors 'none'") && !csp.contains("script-src"));
    assert_eq!(visitor.get(&path(&others)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(visitor.get("/me/purchases/nonsense").await.status, StatusCode::NOT_FOUND);
    let japanese = visitor.get(&format!("{}?locale=ja", path(&grant))).await;
    assert!(japanese.has("だれに何を渡したか") && japanese.has("山田茶舗"));
}

#[tokio::test]
async fn a_yes_here_is_a_yes_and_can_be_taken_back_before_shipping() {
    let market = open().await;
    let grant = buy(&market, NUMBER).await.unwrap();
    accept(&market, &grant).await;
    let link = market.letters(1).await.swap_remove(0).link.unwrap();
    let mut visitor = market.signed_in(ADDRESS).await;
    assert_eq!(decide(&mut visitor, &grant, "ok").await, StatusCode::SEE_OTHER);
    assert_eq!(decide(&mut visitor, &grant, "ok").await, StatusCode::SEE_OTHER, "again: the same");
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Confirmed);
    let told = market.merchant.notices(1).await;
    assert_eq!(told[0].json()["type"], "purchase.confirmed");

    let mail = link.split_once("/confirm/").unwrap().1.to_owned();
    let mut reader = market.visitor();
    let no = reader.post(&format!("/confirm/{mail}"), &[("decision", "cancel")]).await;
    assert_eq!(no.status, StatusCode::CONFLICT, "the mail was answered");
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Confirmed);

    assert_eq!(decide(&mut visitor, &grant, "cancel").await, StatusCode::SEE_OTHER);
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Cancelled);
    assert_eq!(market.reserved("42").await, 0);
    let told = market.merchant.notices(2).await;
    assert_eq!(told[1].json()["type"], "purchase.cancelled");
    let page = visitor.get(&path(&grant)).await;
    assert!(page.has("You cancelled it after approving") && !page.has("/decision"));
    let token = visitor.get("/me").await.hidden("form_token");
    let form = [("decision", "ok"), ("form_token", token.as_str())];
    let late = visitor.post(&format!("{}/decision", path(&grant)), &form).await;
    assert_eq!(late.status.as_u16(), Problem::CancelledByShopper.status());
}

#[tokio::test]
async fn what_no_shop_has_taken_yet_can_be_called_off_and_no_letter_is_sent() {
    let market = open().await;
    let grant = buy(&market, NUMBER).await.unwrap();
    let mut visitor = market.signed_in(ADDRESS).await;
    let page = visitor.get(&path(&grant)).await;
    assert!(!page.has("Approve") && page.has("Cancel the order"));
    assert_eq!(decide(&mut visitor, &grant, "cancel").await, StatusCode::SEE_OTHER);
    assert_eq!(market.merchant.notices(1).await[0].json()["type"], "purchase.cancelled");
    assert_eq!(market.reserved("42").await, 0);
    let word = market.merchant.accept(&grant, market.now());
    let told = market.tell(&grant, "acceptance", &word).await.unwrap_err();
    assert_eq!(told, Problem::CancelledByShopper);
    assert_eq!(market.letters(0).await.len(), 1, "the code to sign in");
    assert!(market.agent.app.store.outbox("dead", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_yes_after_the_deadline_is_none() {
    let market = open().await;
    let grant = buy(&market, NUMBER).await.unwrap();
    accept(&market, &grant).await;
    market.advance(Span::hours(72));
    let mut visitor = market.signed_in(ADDRESS).await;
    market.wait_for_state(&id(&grant), PurchaseState::Expired).await;
    let page = visitor.get(&path(&grant)).await;
    assert!(!page.has("/decision") && page.has("the time ran out"));
}

#[tokio::test]
async fn an_objection_reaches_the_operator_once() {
    let market = open().await;
    let grant = buy(&market, NUMBER).await.unwrap();
    let mut visitor = market.signed_in(ADDRESS).await;
    let (page, to) = (path(&grant), format!("{}/objection", path(&grant)));
    let token = visitor.get(&page).await.hidden("form_token");
    for (reason, words) in [("not-received", "箱が<空>でした"), ("other", "")] {
        let form = [("reason", reason), ("words", words), ("form_token", &token)];
        assert_eq!(visitor.post(&to, &form).await.status, StatusCode::SEE_OTHER);
    }
    let all = market.agent.app.store.objections().await.unwrap();
    assert_eq!((all.len(), all[0].words.as_str()), (1, "箱が<空>でした"));
    assert_eq!(all[0].reason.name(), "not-received");
    assert!(visitor.get(&page).await.has("It has not arrived"));
    let bad = [("reason", "because"), ("form_token", token.as_str())];
    assert_eq!(visitor.post(&to, &bad).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn limits_of_ones_own_hold_by_purchase_by_day_and_by_shop() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let page = visitor.submit("/me/limits", "/me/limits", &[("purchase", "many"), ("day", "5")]);
    let page = page.await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.has("value=\"many\"") && page.has("value=\"5\""), "what was typed stays");

    let set = async |visitor: &mut Visitor<'_>, form: &[(&str, &str)]| {
        let page = visitor.submit("/me/limits", "/me/limits", form).await;
        assert_eq!(page.header("location"), "/me?done=limits", "{}", page.html);
    };
    set(&mut visitor, &[("purchase", "3,849")]).await;
    assert_eq!(buy(&market, NUMBER).await.unwrap_err(), Problem::LimitExceeded);
    set(&mut visitor, &[("purchase", "¥3850"), ("day", "7700")]).await;
    assert!(visitor.get("/me/limits").await.has("value=\"7700\""));
    buy(&market, NUMBER).await.unwrap();
    let second = buy(&market, NUMBER).await.unwrap();
    assert_eq!(buy(&market, NUMBER).await.unwrap_err(), Problem::LimitExceeded);
    assert_eq!(decide(&mut visitor, &second, "cancel").await, StatusCode::SEE_OTHER);
    buy(&market, NUMBER).await.expect("what was called off does not count");
    set(&mut visitor, &[("merchant", "7700")]).await;
    assert_eq!(buy(&market, NUMBER).await.unwrap_err(), Problem::LimitExceeded);
    market.advance(Span::hours(24));
    buy(&market, NUMBER).await.expect("another day");
}

#[tokio::test]
async fn a_lost_number_is_stopped_at_once_and_replaced_by_another() {
    let market = open().await;
    let grant = buy(&market, NUMBER).await.unwrap();
    let mut visitor = market.signed_in(ADDRESS).await;
    assert!(visitor.get("/me/number").await.has("C-1000-0000-0042"));
    visitor.submit("/me/number", "/me/number/lost", &[]).await;
    assert_eq!(buy(&market, NUMBER).await.unwrap_err(), Problem::ContractSuspended);

    let wrong = visitor.submit("/me/number", "/me/number/replace", &[("code", "1111")]).await;
    assert_eq!(wrong.status.as_u16(), Problem::ContractNotRecognised.status());
    let done = visitor.submit("/me/number", "/me/number/replace", &[("code", "2468")]).await;
    assert_eq!(done.header("location"), "/me/number");
    let page = visitor.get("/me/number").await;
    let new = page.between("data-test=\"contract-number\">", "<").replace('-', "");
    assert_ne!(new, NUMBER);
    assert_eq!(buy(&market, NUMBER).await.unwrap_err(), Problem::ContractNotRecognised);
    buy(&market, new.leak()).await.unwrap();
    assert!(visitor.get("/me").await.has(&path(&grant)), "purchases stay");
    let taken = agent_server::store::NewContract {
        id: 1,
        number_hash: agent_server::domain::contract::Claim::of_code(
            &shared_protocol::ContractNumber::new(NUMBER),
            &shared_protocol::SecurityCode::new(""),
            &market.agent.app.keys,
        )
        .number_hash,
        number_sealed: Vec::new(),
        number_tail: "42".into(),
        code_hash: agent_server::domain::code::CodeHash::new(
            &[0; 32].into(),
            agent_server::domain::code::CodeCost::LEAST,
            [0; 16],
        ),
        credit_limit: crate::market::yen(1),
        valid_until: None,
        email: "x@example.jp".into(),
        locale: shared_protocol::Locale::En,
    };
    let added = market.agent.app.store.add_contract(taken, market.now()).await.unwrap();
    assert!(!added, "a lost number is never issued again");
}

#[tokio::test]
async fn the_code_is_changed_by_who_knows_it_and_guessing_locks() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    let mut elsewhere = market.signed_in(ADDRESS).await;
    let change = async |visitor: &mut Visitor<'_>, code: &str, new: &str| {
        visitor.submit("/me/code", "/me/code", &[("code", code), ("new", new)]).await
    };
    let trivial = change(&mut visitor, "2468", "1234").await;
    assert_eq!(trivial.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = change(&mut visitor, "1111", "739182").await;
    assert_eq!(wrong.status.as_u16(), Problem::ContractNotRecognised.status());
    let done = change(&mut visitor, "2468", "739182").await;
    assert_eq!(done.header("location"), "/me?done=code");
    assert_eq!(elsewhere.get("/me").await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(visitor.get("/me").await.status, StatusCode::OK);
    assert_eq!(buy(&market, NUMBER).await.unwrap_err(), Problem::ContractNotRecognised);
    let order = Order { contract: NUMBER, code: "739182", ..market.order().await };
    market.grant(&order.seal()).await.unwrap();

    for _ in 0..5 {
        change(&mut visitor, "1111", "73918264").await;
    }
    let locked = change(&mut visitor, "739182", "73918264").await;
    assert_eq!(locked.status.as_u16(), Problem::ContractLocked.status());
    let order = Order { contract: NUMBER, code: "739182", ..market.order().await };
    assert_eq!(market.grant(&order.seal()).await.unwrap_err(), Problem::ContractLocked);
}

#[tokio::test]
async fn the_language_is_kept_with_the_contract() {
    let market = open().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    assert!(visitor.get("/me").await.has("My page"));
    visitor.submit("/me", "/me/language", &[("locale", "ja")]).await;
    assert!(visitor.get("/me").await.has("マイページ"));
    assert!(visitor.get("/me?locale=en").await.has("My page"));
}

#[tokio::test]
async fn what_was_shipped_claimed_and_given_back_is_shown_and_not_cancelled() {
    let market = open().await;
    let grant = buy(&market, NUMBER).await.unwrap();
    accept(&market, &grant).await;
    let sale = Sale { market: &market, grant };
    sale.confirm().await;
    let mut visitor = market.signed_in(ADDRESS).await;
    assert!(visitor.get(&path(&sale.grant)).await.has("value=\"cancel\""));
    sale.ship("S").await.unwrap();
    sale.claim("C", 3000).await.unwrap();
    sale.void("V", 850).await.unwrap();
    sale.refund("R", 500).await.unwrap();
    let page = visitor.get(&path(&sale.grant)).await;
    for text in ["shipped it (67)", "claimed ¥3,000 (66)", "not claim ¥850", "gave back ¥500"] {
        assert!(page.has(text), "{text} in {}", page.html);
    }
    assert!(!page.has("value=\"cancel\""), "it is too late to cancel");
    let japanese = visitor.get(&format!("{}?locale=ja", path(&sale.grant))).await;
    assert!(japanese.has("お店が¥3,000を請求（66）"));
}
