//! Every role at every address of the desk, with and without a session, from another site and with
//! another session's form (TRUST.md T37): each cell as it is declared here. The addresses are those
//! of the table of which the router is built; one that is not declared fails.

use std::collections::BTreeMap;

use merchant_server::domain::desk::Role;
use merchant_server::http::desk::{Needs, table};
use reqwest::Method;
use serde_json::json;
use shared_protocol::Span;

use crate::clerk::{Ask, Clerk, DESK, Reply};
use crate::market::Market;

/// Who may: clerk, manager, owner; `-`: whoever comes, `d`: in a demo, whoever comes.
const DECLARED: &str = "
GET  --- /desk/passkey.js
GET  --- /desk/sign-in
POST --- /desk/sign-in
POST --- /desk/sign-in/options
POST ddd /desk/sign-in/demo
POST ddd /desk/sign-in/demo/passkey
GET  --- /desk/enrol/{token}
POST --- /desk/enrol/{token}
POST --- /desk/enrol/{token}/options
POST cmo /desk/sign-out
GET  cmo /desk
GET  cmo /desk/orders/{id}
POST cmo /desk/orders/{id}/parcels
POST .mo /desk/orders/{id}/money
GET  .mo /desk/money/{act}
POST .mo /desk/money/{act}
POST .mo /desk/money/{act}/options
GET  cmo /desk/payouts
GET  cmo /desk/payouts/{id}
GET  cmo /desk/reports
GET  cmo /desk/reports.csv
GET  ..o /desk/people
POST ..o /desk/people
GET  ..o /desk/staff/{act}
POST ..o /desk/staff/{act}
POST ..o /desk/staff/{act}/options
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
    path.replace("{token}", "nobody").replace("{id}", "0").replace("{act}", "AAAA")
}

/// Refused for who asks, not for what.
fn is_let_in(reply: &Reply) -> bool {
    reply.status != 403 && !reply.to.starts_with("/desk/sign-in")
}

async fn asks(seat: &Clerk<'_>, method: &Method, path: &str, token: &str, origin: &str) -> Reply {
    let acts = ["/desk/money/{act}", "/desk/staff/{act}"];
    let is_json = path.ends_with("/options") || acts.contains(&path);
    let is_json = is_json || ["/desk/sign-in", "/desk/enrol/{token}"].contains(&path);
    let ask = Ask {
        cookie: Some(&seat.cookie),
        origin: (*method == Method::POST).then_some(origin),
        token: Some(token),
        json: (is_json && *method == Method::POST).then(|| json!({})),
        ..Ask::default()
    };
    seat.market.ask_desk(method.clone(), &at(path), ask).await
}

#[tokio::test]
async fn every_role_at_every_address_of_the_desk_is_let_in_or_not_as_declared() {
    let market = Market::start_with(crate::market::SAMPLE, |config| config.demo = true).await;
    let (cells, declared) = (table(), declared());
    assert_eq!(cells.len(), declared.len(), "an address is not declared, or is there no more");
    let mut seats = Vec::new();
    for (role, letter) in Role::ALL.into_iter().zip(['c', 'm', 'o']) {
        let clerk = market.clerk(role.name(), role).await;
        let token = clerk.token().await;
        seats.push((letter, clerk, token));
    }
    let mut tried = 0;
    for cell in &cells {
        let key = (cell.method.to_string(), cell.path.to_owned());
        let who = declared.get(&key).unwrap_or_else(|| panic!("{key:?} is not declared"));
        let is_open = cell.needs == Needs::Nothing;
        assert_eq!(is_open, who == "---" || who == "ddd", "{key:?}");
        assert_eq!(cell.is_of_demo, who == "ddd", "{key:?}");
        let origin = (cell.method == Method::POST).then_some(DESK);
        let ask = Ask { origin, ..Ask::default() };
        let nobody = market.ask_desk(cell.method.clone(), &at(cell.path), ask).await;
        assert_eq!(nobody.to == "/desk/sign-in", !is_open, "nobody at {key:?}: {nobody:?}");
        tried += 1;
        // Whoever signs out is out: they come in again for what is left.
        if cell.path == "/desk/sign-out" {
            continue;
        }
        for (place, (letter, seat, token)) in seats.iter().enumerate() {
            let other = &seats[(place + 1) % seats.len()].2;
            let may = is_open || who.contains(*letter);
            let asked = asks(seat, &cell.method, cell.path, token, DESK).await;
            assert_eq!(is_let_in(&asked), may, "{letter} at {key:?}: {asked:?}");
            tried += 1;
            if cell.method != Method::POST {
                continue;
            }
            let away = asks(seat, &cell.method, cell.path, token, "https://evil.example").await;
            assert_eq!(away.status, 403, "from elsewhere: {key:?}");
            let spoilt = asks(seat, &cell.method, cell.path, other, DESK).await;
            assert_eq!(is_let_in(&spoilt), is_open, "another's form: {key:?}: {spoilt:?}");
            let none = asks(seat, &cell.method, cell.path, "", DESK).await;
            assert_eq!(is_let_in(&none), is_open, "no token: {key:?}");
            tried += 3;
        }
    }
    println!("  {tried} cells at {} addresses", cells.len());
}

#[tokio::test]
async fn a_form_of_the_desk_must_say_where_it_comes_from() {
    let market = Market::start().await;
    let clerk = market.clerk("c", Role::Owner).await;
    let token = clerk.token().await;
    for (origin, site, may) in [
        (None, None, false),
        (Some("null"), None, false),
        (Some("https://evil.example"), Some("same-origin"), false),
        (Some("http://127.0.0.1:8080"), None, false),
        (Some(DESK), Some("cross-site"), false),
        (Some(DESK), Some("same-site"), false),
        (None, Some("same-origin"), true),
        (Some(DESK), Some("same-origin"), true),
    ] {
        let (cookie, token) = (Some(clerk.cookie.as_str()), Some(token.as_str()));
        let form = &[("act", "nothing")];
        let ask = Ask { cookie, token, origin, site, form, ..Ask::default() };
        let done = market.ask_desk(Method::POST, "/desk/people", ask).await;
        assert_eq!(done.status == 303, may, "{origin:?} {site:?}");
    }
}

#[tokio::test]
async fn a_session_at_the_desk_ends_by_itself_by_signing_out_and_with_the_person() {
    let market = Market::start().await;
    let mut clerk = market.clerk("hanako", Role::Clerk).await;
    assert!(clerk.cookie.starts_with("warifu-desk="));
    let is_in = async |cookie: &str| {
        let ask = Ask { cookie: Some(cookie), ..Ask::default() };
        market.ask_desk(Method::GET, "/desk", ask).await.status == 200
    };
    let first = clerk.cookie.clone();
    clerk.signs_in().await;
    let second = clerk.cookie.clone();
    assert!(is_in(&first).await && is_in(&second).await);
    let out = clerk.post("/desk/sign-out", &[]).await;
    assert!(out.cookie.ends_with('=') && !is_in(&second).await && is_in(&first).await);
    clerk.signs_in().await;
    clerk.post("/desk/sign-out", &[("everywhere", "yes")]).await;
    assert!(!is_in(&first).await && !is_in(&clerk.cookie).await);

    clerk.signs_in().await;
    market.advance(Span::minutes(29));
    assert!(is_in(&clerk.cookie).await);
    market.advance(Span::minutes(30));
    assert!(!is_in(&clerk.cookie).await, "unused for half an hour");
    clerk.signs_in().await;
    for _ in 0..26 {
        market.advance(Span::minutes(20));
        assert!(is_in(&clerk.cookie).await);
    }
    market.advance(Span::minutes(20));
    assert!(!is_in(&clerk.cookie).await, "nine hours");

    clerk.signs_in().await;
    let (store, now) = (market.running().app.store(), market.now());
    assert!(merchant_server::domain::desk::remove(store, "hanako", None, now).await.unwrap());
    assert!(!is_in(&clerk.cookie).await);
    let options = market.json_to("/desk/sign-in/options", json!({})).await.json();
    let said = clerk.passkey.sign(&crate::clerk::bytes(&options["challenge"]));
    let refused = market.json_to("/desk/sign-in", said).await;
    assert_eq!(refused.json()["code"], "passkey_unknown");
}

#[tokio::test]
async fn there_is_no_desk_as_long_as_nobody_may_use_it() {
    let market = Market::start().await;
    let page = async |path: &str| market.ask_desk(Method::GET, path, Ask::default()).await;
    assert_eq!(page("/desk").await.status, 404);
    assert_eq!(page("/desk/sign-in").await.status, 404);
    let token = market.invites("hanako", Role::Owner).await;
    assert_eq!(page("/desk/sign-in").await.status, 200);
    assert_eq!(page(&format!("/desk/enrol/{token}")).await.status, 200);
    assert_eq!(page("/desk/enrol/nonsense").await.status, 404);
    market.clerk_by(&token).await;
    let used = page(&format!("/desk/enrol/{token}")).await;
    assert_eq!(used.status, 404, "used");
    assert!(used.text.contains("data-screen=\"desk-refusal\""), "{used:?}");
    let late = market.invites("late", Role::Clerk).await;
    market.advance(Span::hours(24));
    assert_eq!(page(&format!("/desk/enrol/{late}")).await.status, 404, "too old");
    let demo = [("name", "owner%40demo")];
    let ask = Ask { origin: Some(DESK), form: &demo, ..Ask::default() };
    let away = market.ask_desk(Method::POST, "/desk/sign-in/demo", ask).await;
    assert_eq!(away.status, 404, "nothing of the demo");
}

#[tokio::test]
async fn in_a_demo_and_only_there_people_come_in_by_a_button() {
    let market = Market::start_with(crate::market::SAMPLE, |config| config.demo = true).await;
    let page = market.ask_desk(Method::GET, "/desk/sign-in", Ask::default()).await;
    assert!(page.text.contains("owner@demo") && page.text.contains("clerk@demo"), "{page:?}");
    market.clerk("somebody", Role::Owner).await;
    for (name, status) in [("owner%40demo", 303), ("somebody", 404), ("x", 404)] {
        for path in ["/desk/sign-in/demo", "/desk/sign-in/demo/passkey"] {
            let form = [("name", name)];
            let ask = Ask { origin: Some(DESK), form: &form, ..Ask::default() };
            let done = market.ask_desk(Method::POST, path, ask).await;
            assert_eq!(done.status, status, "{name} at {path}");
        }
    }
}
