//! The desk at work: orders are found, shipped in parts, claimed, given back and let go; each word
//! is said once, and money moves by a signature over exactly what moves.

use merchant_server::domain::Order;
use merchant_server::domain::desk::Role;
use shared_protocol::{Amount, Outcome, PurchaseState, Span};

use crate::clerk::{Ask, Clerk};
use crate::market::{Market, form};

/// A confirmed order of three teapots, of which the agent will book whatever adds up.
async fn sold(market: &Market) -> Order {
    let mut form = form();
    form.quantity = 3;
    let attempt = market.prepare_form("TEAPOT-01", form).await;
    let grant = market.grant(&attempt);
    assert_eq!(market.submit(&attempt, market.signed(&grant)).await.status, 200);
    market.tell(&grant, Outcome::Confirmed).await;
    let order = market.order(attempt.purchase).await.unwrap();
    market.books_all(whole(&order));
    order
}

fn whole(order: &Order) -> Amount {
    order.deal.as_ref().unwrap().amount
}

fn at(order: &Order) -> String {
    format!("/desk/orders/{}", order.purchase)
}

/// Asks for a movement of money; where it is to be signed for.
async fn drafts(clerk: &Clerk<'_>, order: &Order, form: &[(&str, &str)]) -> String {
    clerk.post(&format!("{}/money", at(order)), form).await.to
}

#[tokio::test]
async fn an_order_is_shipped_in_parts_and_claimed_given_back_and_let_go() {
    let market = Market::start().await;
    let order = sold(&market).await;
    let mut clerk = market.clerk("hanako", Role::Manager).await;
    let page = clerk.page(&at(&order)).await;
    assert!(page.text.contains("銀座1-2-3") && page.text.contains("山田 花子"), "{page:?}");
    let parcels = format!("{}/parcels", at(&order));
    let one = [("name", "S-1"), ("quantity", "1"), ("carrier", "Yamato"), ("tracking", "123-4")];
    for _ in 0..2 {
        let shipped = clerk.post(&parcels, &one).await;
        assert_eq!(shipped.to, format!("{}?said=shipped", at(&order)), "a double click");
    }
    assert_eq!(market.agent.settled().len(), 2, "the very same twice");
    let other = [("name", "S-1"), ("quantity", "2")];
    assert!(clerk.post(&parcels, &other).await.to.ends_with("said=p.purchase_conflict"));
    let much = [("name", "S-2"), ("quantity", "3")];
    assert!(clerk.post(&parcels, &much).await.to.ends_with("said=too-many"));
    assert!(clerk.post(&parcels, &[("name", "S 2")]).await.to.ends_with("said=unlike"));
    let page = clerk.page(&at(&order)).await;
    assert!(page.text.contains("Yamato") && page.text.contains("123-4"));
    assert!(page.text.contains("value=\"S-2\"") && page.text.contains("2 left"), "{page:?}");

    let claim = [("way", "claim"), ("name", "C-1"), ("amount", "3,000"), ("shipment", "S-1")];
    let act = drafts(&clerk, &order, &claim).await;
    let shown = clerk.page(&act).await;
    assert!(shown.text.contains("¥3,000") && shown.text.contains("S-1"), "{shown:?}");
    assert_eq!(market.agent.settled().len(), 2, "nothing was said before it was signed");
    assert!(clerk.signs(&act).await.contains("said=claimed"));
    assert!(clerk.signs(&act).await.contains("said=claimed"), "once more, and once in all");
    let refund = [("way", "refund"), ("name", "R-1"), ("amount", "500")];
    let act = drafts(&clerk, &order, &refund).await;
    assert!(clerk.signs(&act).await.contains("said=gave-back"));
    let more = [("way", "refund"), ("name", "R-2"), ("amount", "2501")];
    let act = drafts(&clerk, &order, &more).await;
    assert!(clerk.signs(&act).await.contains("said=p.amount_exceeded"));
    let void = [("way", "void"), ("name", "V-1"), ("amount", "100")];
    let act = drafts(&clerk, &order, &void).await;
    assert!(clerk.signs(&act).await.contains("said=let-go"));
    let money = clerk.page(&at(&order)).await.between("data-test=\"money\"", "</dl>");
    for sum in ["¥3,000", "¥500", "¥100"] {
        assert!(money.contains(&format!("<dd>{sum}</dd>")), "{sum} in {money}");
    }
    let acts = market.running().app.store().acts(100).await.unwrap();
    let acts: Vec<_> = acts.iter().map(|done| done.act.as_str()).collect();
    let tail = ["let-go", "gave-back", "claimed", "claimed", "shipped", "shipped"];
    assert_eq!(acts[..6], tail);
}

#[tokio::test]
async fn a_signature_at_the_desk_counts_for_its_own_act_person_and_moment_and_once() {
    let market = Market::start().await;
    let order = sold(&market).await;
    let (mut one, mut other) =
        (market.clerk("a", Role::Manager).await, market.clerk("b", Role::Owner).await);
    let claim = |amount| [("way", "claim"), ("name", "C-1"), ("amount", amount)];
    let little = drafts(&one, &order, &claim("1")).await;
    let much = drafts(&one, &order, &claim("9000")).await;
    let code = async |clerk: &Clerk<'_>, at: &str, said| {
        let reply = clerk.post_json(at, said).await;
        (reply.status, reply.json()["code"].clone())
    };
    let challenge = one.challenge(&little).await;
    let said = one.passkey.sign(&challenge);
    assert_eq!(code(&one, &much, said.clone()).await.1, "challenge_invalid", "another act");
    let by_other = other.passkey.sign(&challenge);
    assert_eq!(code(&one, &little, by_other).await.1, "passkey_unknown", "another person");
    let said_by_other = other.challenge(&little).await;
    let signed = one.passkey.sign(&said_by_other);
    assert_eq!(code(&one, &little, signed).await.1, "challenge_invalid", "asked of another");
    let mut spoilt = said.clone();
    spoilt["signature"] = spoilt["authenticatorData"].clone();
    assert_eq!(code(&one, &little, spoilt).await.1, "passkey_invalid");
    assert!(market.agent.settled().is_empty());
    let challenge = one.challenge(&little).await;
    let said = one.passkey.sign(&challenge);
    assert_eq!(code(&one, &little, said.clone()).await.0, 200);
    assert_eq!(code(&one, &little, said).await.1, "challenge_invalid", "a second time");
    let challenge = one.challenge(&much).await;
    let late = one.passkey.sign(&challenge);
    market.advance(Span::minutes(6));
    assert_eq!(code(&one, &much, late).await.1, "challenge_expired");
    let challenge = one.challenge(&much).await;
    one.passkey.counter -= 3;
    let copied = one.passkey.sign(&challenge);
    assert_eq!(code(&one, &much, copied).await.1, "passkey_cloned");
    one.passkey.counter += 3;
    let conflict = one.signs(&much).await;
    assert!(conflict.contains("said=p.purchase_conflict"), "one name, one act: {conflict}");
    assert_eq!(market.agent.settled().len(), 1);
    let clerk = market.clerk("c", Role::Clerk).await;
    assert_eq!(clerk.get(&little).await.status, 403);
    assert_eq!(clerk.post(&format!("{}/money", at(&order)), &claim("1")).await.status, 403);
}

#[tokio::test]
async fn while_the_agent_is_silent_the_same_is_told_again_and_booked_once() {
    let market = Market::start().await;
    let order = sold(&market).await;
    market.agent.will_book(|_| (503, Vec::new()));
    let mut clerk = market.clerk("hanako", Role::Manager).await;
    let parcel = [("name", "S-1"), ("quantity", "3")];
    let parcels = format!("{}/parcels", at(&order));
    assert!(clerk.post(&parcels, &parcel).await.to.ends_with("said=silent"));
    let act = drafts(&clerk, &order, &[("way", "claim"), ("name", "C-1"), ("amount", "700")]).await;
    let again = clerk.signs(&act).await;
    assert!(again.starts_with(&act) && again.contains("said=silent"), "{again}");
    let page = clerk.page(&at(&order)).await;
    assert!(page.text.contains(&act) && page.text.contains("Not told yet"), "{page:?}");
    market.books_all(whole(&order));
    assert!(clerk.post(&parcels, &parcel).await.to.ends_with("said=shipped"));
    assert!(clerk.signs(&act).await.contains("said=claimed"));
    let page = clerk.page(&at(&order)).await;
    assert!(!page.text.contains("Not told yet"), "{page:?}");
}

#[tokio::test]
async fn orders_are_found_by_what_people_know_of_them() {
    let market = Market::start().await;
    let order = sold(&market).await;
    let (waiting, _) = market.buy("SENCHA-01").await;
    let clerk = market.clerk("hanako", Role::Clerk).await;
    let found = async |query: &str| {
        let page = clerk.page(&format!("/desk?{query}")).await;
        let has = |id: String| page.text.contains(&format!("/desk/orders/{id}"));
        (has(order.purchase.to_string()), has(waiting.purchase.to_string()))
    };
    let deal = order.deal.clone().unwrap();
    assert_eq!(found("").await, (true, true));
    assert_eq!(found(&format!("q={}", deal.reference.unwrap())).await, (true, false));
    assert_eq!(found(&format!("q={}", deal.handling_number)).await, (true, false));
    assert_eq!(found("q=TEAPOT-01").await, (true, false));
    assert_eq!(found("q=hanako%40example").await, (true, true));
    assert_eq!(found("q=%E8%8A%B1%E5%AD%90&state=accepted").await, (false, true));
    for nobody in ["q=%25", "q=_____", "q=nobody", "state=refused"] {
        assert_eq!(found(nobody).await, (false, false), "{nobody}");
    }
    assert_eq!(found("state=to-ship").await, (true, false));
    let parcels = format!("{}/parcels", at(&order));
    clerk.post(&parcels, &[("name", "S-1"), ("quantity", "2")]).await;
    assert_eq!(found("state=to-ship").await, (true, false), "one is left");
    clerk.post(&parcels, &[("name", "S-2"), ("quantity", "1")]).await;
    assert_eq!(found("state=to-ship").await, (false, false));
    let japanese = clerk.page("/desk?locale=ja").await;
    assert!(japanese.text.contains("南部鉄器") && japanese.text.contains("ご本人の確認待ち"));
    assert_eq!(order.state, PurchaseState::Confirmed);
}

#[tokio::test]
async fn an_owner_invites_changes_and_removes_by_signing() {
    let market = Market::start().await;
    let mut owner = market.clerk("owner", Role::Owner).await;
    let invite = [("act", "invite"), ("name", "taro"), ("role", "clerk")];
    let act = owner.post("/desk/people", &invite).await.to;
    let next = owner.signs(&act).await;
    let page = owner.page(&next).await;
    let link = page.between("data-test=\"link\">", "</code>");
    let token = link.strip_prefix("http://localhost:8080/desk/enrol/").unwrap();
    let taro = market.clerk_by(token).await;
    assert_eq!(taro.get("/desk/people").await.status, 403);
    assert!(owner.signs(&act).await.contains("said=name-taken"));
    let promote = [("act", "role"), ("name", "taro"), ("role", "owner")];
    let act = owner.post("/desk/people", &promote).await.to;
    assert!(owner.signs(&act).await.contains("said=role-given"));
    assert_eq!(taro.get("/desk/people").await.status, 200, "from now on");
    let remove = [("act", "remove"), ("name", "taro")];
    let act = owner.post("/desk/people", &remove).await.to;
    assert!(owner.signs(&act).await.contains("said=removed"));
    assert_eq!(taro.get("/desk").await.to, "/desk/sign-in");
    for wrong in [[("act", "invite"), ("name", "x")], [("act", "remove"), ("name", "")]] {
        assert!(owner.post("/desk/people", &wrong).await.to.ends_with("said=unlike"));
    }
}

#[tokio::test]
async fn payments_and_reports_are_the_agents_words_and_our_own() {
    let market = Market::start().await;
    let order = sold(&market).await;
    let mut clerk = market.clerk("hanako", Role::Manager).await;
    let act = drafts(&clerk, &order, &[("way", "claim"), ("name", "C-1"), ("amount", "700")]).await;
    clerk.signs(&act).await;
    let silent = clerk.page("/desk/payouts").await;
    assert!(silent.text.contains("does not answer"), "{silent:?}");
    assert_eq!(clerk.get("/desk/reports.csv").await.status, 503);
    market.agent.will_pay(&order.purchase.to_string());
    let list = clerk.page("/desk/payouts").await;
    assert!(list.text.contains("/desk/payouts/pay_77") && list.text.contains("¥679"), "{list:?}");
    let one = clerk.page("/desk/payouts/pay_77").await;
    let reference = order.deal.unwrap().reference.unwrap();
    assert!(one.text.contains(&reference) && one.text.contains("¥21"), "{one:?}");
    assert_eq!(clerk.get("/desk/payouts/pay_78").await.status, 404);
    let csv = clerk.page("/desk/reports.csv?of=2026-11").await;
    let lines: Vec<_> = csv.text.lines().collect();
    assert_eq!(lines[0], "period,currency,orders,ordered,claimed,refunded,fees,paid");
    assert_eq!(lines[1], format!("2026-11-18,JPY,1,{},700,0,0,0", whole_of(&market).await));
    assert_eq!(lines[2], "2026-11-24,JPY,0,0,0,0,21,679");
    let year = clerk.page("/desk/reports?of=2026").await;
    assert!(year.text.contains("2026-11") && year.text.contains("¥679"), "{year:?}");
    assert_eq!(year.headers["cache-control"], "no-store");
}

async fn whole_of(market: &Market) -> u64 {
    whole(&market.orders().await[0]).minor
}

#[tokio::test]
async fn a_page_of_the_desk_runs_nothing_and_is_framed_by_nobody() {
    let market = Market::start().await;
    let clerk = market.clerk("hanako", Role::Owner).await;
    for path in ["/desk", "/desk/people", "/desk/reports", "/desk/payouts"] {
        let page = clerk.page(path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("script-src"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert!(!page.text.contains("<script") && !page.text.contains(" style="), "{path}");
    }
    let ask = Ask { cookie: Some("warifu-desk=nonsense"), ..Ask::default() };
    let away = market.ask_desk(reqwest::Method::GET, "/desk", ask).await;
    assert_eq!(away.to, "/desk/sign-in");
}
