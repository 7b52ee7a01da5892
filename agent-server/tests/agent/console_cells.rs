//! Every role at every address of the console, with and without a session, from another site and
//! with another session's form (TRUST.md T37): each cell as it is declared here. The addresses are
//! those of the table of which the router is built; one that is not declared fails.

use std::collections::BTreeMap;

use agent_server::{
    domain::operator::Role,
    http::console::{Needs, table},
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use shared_protocol::Span;

use crate::{
    clerk::{Answer, Ask, Clerk},
    market::Market,
};

/// Who may: viewer, support, finance, admin; `o`: whoever comes, `d`: in a demo, whoever comes.
const DECLARED: &str = "
GET  oooo /console/sign-in
POST oooo /console/sign-in
POST oooo /console/sign-in/options
POST dddd /console/sign-in/demo
POST dddd /console/sign-in/demo/passkey
GET  oooo /console/enrol/{token}
POST oooo /console/enrol/{token}
POST oooo /console/enrol/{token}/options
POST vsfa /console/sign-out
GET  vsfa /console
GET  vsfa /console/purchases
GET  vsfa /console/purchases/{id}
GET  vsfa /console/merchants
GET  vsfa /console/merchants/{id}
POST ---a /console/merchants/{id}/status
POST ---a /console/merchants/{id}/origins
POST ---a /console/merchants/{id}/keys
GET  vsfa /console/operators
POST ---a /console/operators
GET  ---a /console/changes/{id}
POST ---a /console/changes/{id}
POST ---a /console/changes/{id}/options
GET  vsfa /console/contracts
POST -s-a /console/contracts/{id}/status
GET  vsfa /console/deliveries
GET  vsfa /console/deliveries/{id}
POST -s-a /console/deliveries/{id}/resend
GET  vsfa /console/letters
GET  vsfa /console/settlements
GET  vsfa /console/bills
GET  vsfa /console/lines
GET  vsfa /console/objections
POST --fa /console/notices
GET  --fa /console/files/{message}
GET  vsfa /console/proposals
GET  vsfa /console/proposals/{id}
POST --fa /console/proposals
POST --fa /console/proposals/{id}
POST --fa /console/proposals/{id}/options
POST --fa /console/proposals/{id}/refusal
POST --fa /console/proposals/{id}/again
GET  vsfa /console/audit
POST vsfa /console/audit
GET  vsfa /console/record
";

fn declared() -> BTreeMap<(String, String), String> {
    let read = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, who, path) = (words.next()?, words.next()?, words.next()?);
        Some(((method, path), who))
    };
    DECLARED.lines().filter_map(read).collect()
}

/// The address with something in it that is nowhere: whoever is let in finds nothing there, and
/// changes nothing.
fn at(path: &str) -> String {
    path.replace("{token}", "nobody").replace("{id}", "0").replace("{message}", "none")
}

fn is_let_in(answer: &Answer) -> bool {
    let is_sent_away = answer.to.starts_with("/console/sign-in");
    answer.status != StatusCode::FORBIDDEN && answer.status.as_u16() < 500 && !is_sent_away
}

/// One who is signed in, with the token in their forms.
struct Seat<'m> {
    clerk: Clerk<'m>,
    token: String,
}

impl Seat<'_> {
    async fn asks(&self, method: &Method, path: &str, token: &str, origin: &str) -> Answer {
        let is_json = path.ends_with("/options")
            || path.matches('/').count() == 3 && path.starts_with("/console/proposals/");
        let ask = Ask {
            cookie: Some(&self.clerk.cookie),
            origin: (*method == Method::POST).then_some(origin),
            token: Some(token),
            json: (is_json && *method == Method::POST).then(|| json!({})),
            ..Ask::default()
        };
        self.clerk.market.ask_console(method.clone(), &at(path), ask).await
    }
}

#[tokio::test]
async fn every_role_at_every_address_is_let_in_or_not_as_declared() {
    let market = Market::open().await;
    let own = market.url("");
    let declared = declared();
    let cells = table();
    assert_eq!(cells.len(), declared.len(), "an address is not declared, or is there no more");
    let mut seats = Vec::new();
    for (role, letter) in Role::ALL.into_iter().zip(['v', 's', 'f', 'a']) {
        let clerk = market.clerk(role.name(), role).await;
        let token = clerk.token().await;
        seats.push((letter, Seat { clerk, token }));
    }
    let mut tried = 0;
    for cell in &cells {
        let key = (cell.method.to_string(), cell.path.to_owned());
        let who = declared.get(&key).unwrap_or_else(|| panic!("{key:?} is not declared"));
        let is_open = cell.needs == Needs::Nothing;
        assert_eq!(is_open, !who.contains(['v', 's', 'f', 'a']), "{key:?}");
        assert_eq!(cell.is_of_demo, who.contains('d'), "{key:?}");
        let origin = (cell.method == Method::POST).then_some(own.as_str());
        let ask = Ask { origin, ..Ask::default() };
        let nobody = market.ask_console(cell.method.clone(), &at(cell.path), ask).await;
        let is_sent_to_sign_in = nobody.to.starts_with("/console/sign-in");
        assert_eq!(is_sent_to_sign_in, !is_open, "nobody at {key:?}: {}", nobody.status);
        for (at, (letter, seat)) in seats.iter().enumerate() {
            // Whoever signs out is out: they come in again for what is left.
            if cell.path == "/console/sign-out" {
                continue;
            }
            let other = &seats[(at + 1) % seats.len()].1.token;
            let may = is_open || who.contains(*letter);
            let asked = seat.asks(&cell.method, cell.path, &seat.token, &own).await;
            assert_eq!(is_let_in(&asked), may, "{letter} at {key:?}: {}", asked.status);
            tried += 1;
            if cell.method != Method::POST {
                continue;
            }
            let away = seat.asks(&cell.method, cell.path, &seat.token, "https://evil.example");
            assert_eq!(away.await.status, StatusCode::FORBIDDEN, "from elsewhere: {key:?}");
            let spoilt = seat.asks(&cell.method, cell.path, other, &own).await;
            assert_eq!(is_let_in(&spoilt), is_open, "another's form: {key:?}");
            let none = seat.asks(&cell.method, cell.path, "", &own).await;
            assert_eq!(is_let_in(&none), is_open, "no token: {key:?}");
            tried += 3;
        }
    }
    println!("  {tried} cells at {} addresses", cells.len());
}

#[tokio::test]
async fn a_form_must_say_where_it_comes_from() {
    let market = Market::open().await;
    let clerk = market.clerk("v", Role::Viewer).await;
    let (token, own) = (clerk.token().await, market.url(""));
    let ask = |origin, site| Ask {
        cookie: Some(&clerk.cookie),
        token: Some(&token),
        origin,
        site,
        ..Ask::default()
    };
    for (origin, site, may) in [
        (None, None, false),
        (Some("null"), None, false),
        (Some("https://evil.example"), Some("same-origin"), false),
        (Some(own.as_str()), Some("cross-site"), false),
        (Some(own.as_str()), Some("same-site"), false),
        (None, Some("same-origin"), true),
        (Some(own.as_str()), Some("same-origin"), true),
    ] {
        let done = market.ask_console(Method::POST, "/console/audit", ask(origin, site)).await;
        assert_eq!(done.status == StatusCode::SEE_OTHER, may, "{origin:?} {site:?}");
    }
}

#[tokio::test]
async fn a_session_ends_by_itself_by_signing_out_and_with_the_operator() {
    let market = Market::open().await;
    let mut clerk = market.clerk("ops", Role::Support).await;
    assert!(clerk.cookie.starts_with("warifu-console="));
    let is_in = async |cookie: &str| {
        let ask = Ask { cookie: Some(cookie), ..Ask::default() };
        market.ask_console(Method::GET, "/console", ask).await.status == StatusCode::OK
    };
    let first = clerk.cookie.clone();
    clerk.signs_in().await;
    let second = clerk.cookie.clone();
    assert!(is_in(&first).await && is_in(&second).await);
    let out = clerk.post("/console/sign-out", &[]).await;
    assert!(out.cookie.ends_with('=') && !is_in(&second).await && is_in(&first).await);
    clerk.signs_in().await;
    clerk.post("/console/sign-out", &[("everywhere", "yes")]).await;
    assert!(!is_in(&first).await && !is_in(&clerk.cookie).await);

    clerk.signs_in().await;
    market.advance(Span::minutes(19));
    assert!(is_in(&clerk.cookie).await);
    market.advance(Span::minutes(20));
    assert!(!is_in(&clerk.cookie).await, "unused for twenty minutes");
    clerk.signs_in().await;
    for _ in 0..35 {
        market.advance(Span::minutes(15));
        assert!(is_in(&clerk.cookie).await);
    }
    market.advance(Span::minutes(15));
    assert!(!is_in(&clerk.cookie).await, "nine hours");

    clerk.signs_in().await;
    let store = &market.agent.app.store;
    assert!(store.remove_operator("ops".into(), market.now()).await.unwrap());
    assert!(!is_in(&clerk.cookie).await);
    assert!(store.operator_passkey(&clerk.passkey.credential_id).await.unwrap().is_none());
    let acts = store.acts(i64::MAX, 100).await.unwrap();
    assert_eq!(acts[0].act, "removed");
    assert!(acts.iter().any(|act| act.act == "signed-out" && act.about == "everywhere"));
}

#[tokio::test]
async fn a_link_is_good_once_and_for_a_day() {
    let market = Market::open().await;
    let token = market.link("ops", Role::Viewer).await.expose();
    let page = async |token: &str| {
        let path = format!("/console/enrol/{token}");
        market.ask_console(Method::GET, &path, Ask::default()).await.status
    };
    assert_eq!(page(&token).await, StatusCode::OK);
    assert_eq!(page("nonsense").await, StatusCode::NOT_FOUND);
    market.clerk_by(&token).await;
    assert_eq!(page(&token).await, StatusCode::NOT_FOUND, "used");
    let late = market.link("late", Role::Viewer).await.expose();
    market.advance(Span::hours(24));
    assert_eq!(page(&late).await, StatusCode::NOT_FOUND, "too old");
}

#[tokio::test]
async fn in_a_demo_and_only_there_two_come_in_by_a_button() {
    let market = Market::open().await;
    let origin = market.url("");
    let page = market.ask_console(Method::GET, "/console/sign-in", Ask::default()).await;
    assert!(page.text.contains("owner@demo") && page.text.contains("second@demo"));
    for (name, status) in [("owner%40demo", StatusCode::SEE_OTHER), ("x", StatusCode::NOT_FOUND)] {
        for path in ["/console/sign-in/demo", "/console/sign-in/demo/passkey"] {
            let form = [("name", name)];
            let ask = Ask { origin: Some(&origin), form: &form, ..Ask::default() };
            assert_eq!(market.ask_console(Method::POST, path, ask).await.status, status, "{path}");
        }
    }
    market.clerk("somebody", Role::Admin).await;
    let form = [("name", "somebody")];
    let ask = Ask { origin: Some(&origin), form: &form, ..Ask::default() };
    let other = market.ask_console(Method::POST, "/console/sign-in/demo", ask).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "only those whom every demo has");
}
