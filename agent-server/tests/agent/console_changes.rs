//! What one administrator changes at the console by a passkey over exactly that: a merchant's
//! origins and keys, who may use the console. The last who can govern stays.

use agent_server::domain::{merchant_keys::KnownMerchant, operator::Role};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use reqwest::StatusCode;
use shared_protocol::{Problem, Span, jws};

use crate::{clerk::Clerk, market::Market};

impl Clerk<'_> {
    /// Fills in a form; the address of what it prepared.
    async fn prepares(&self, path: &str, form: &[(&str, &str)]) -> String {
        let answer = self.post(path, form).await;
        assert!(answer.to.starts_with("/console/changes/"), "{} {}", answer.status, answer.text);
        answer.to
    }

    /// Fills in a form that changes nothing; what the page says.
    async fn refused(&self, path: &str, form: &[(&str, &str)]) -> String {
        let answer = self.post(path, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.to);
        answer.text
    }
}

async fn tea(market: &Market) -> KnownMerchant {
    let store = &market.agent.app.store;
    store.known_merchant(&"mrc_tea".parse().unwrap()).await.unwrap().unwrap()
}

const ORIGINS: &str = "/console/merchants/mrc_tea/origins";
const KEYS: &str = "/console/merchants/mrc_tea/keys";
const OPERATORS: &str = "/console/operators";

#[tokio::test]
async fn origins_are_changed_by_a_signature_over_exactly_what_changes() {
    let market = Market::open().await;
    let mut admin = market.clerk("admin", Role::Admin).await;
    let before = tea(&market).await.origins.clone();
    let wrong = admin.refused(ORIGINS, &[("origins", "https://tea.example/path")]).await;
    assert!(wrong.contains("https://tea.example/path is no origin"), "{wrong}");
    assert!(wrong.contains(">\nhttps://tea.example/path</textarea>"), "what was typed is kept");
    let same = before.join("%0A");
    assert!(admin.refused(ORIGINS, &[("origins", &same)]).await.contains("changes nothing"));
    let form = [("origins", "https://tea.example%0D%0Ahttps://m.tea.example")];
    let change = admin.prepares(ORIGINS, &form).await;
    assert_eq!(tea(&market).await.origins, before, "nothing yet");
    let page = admin.page(&change).await;
    assert!(
        page.contains("https://tea.example\nhttps://m.tea.example") && page.contains(&before[0])
    );
    let other = market.clerk("other", Role::Admin).await;
    assert_eq!(other.get(&change).await.status, StatusCode::NOT_FOUND, "another's change");
    let second = admin.prepares(ORIGINS, &[("origins", "https://else.example")]).await;
    let of_second = admin.challenge(&second).await;
    let refused = admin.sends(&change, &of_second).await;
    assert_eq!(refused.status.as_u16(), Problem::ChallengeInvalid.status(), "of another change");
    assert_eq!(admin.signs(&change).await, "done");
    assert_eq!(tea(&market).await.origins, ["https://tea.example", "https://m.tea.example"]);
    assert_eq!(admin.signs(&change).await, "not-done", "once");
    assert_eq!(admin.signs(&second).await, "not-done", "it began from other origins");
    assert_eq!(tea(&market).await.origins.len(), 2);
    let late = admin.prepares(ORIGINS, &[("origins", "https://late.example")]).await;
    market.advance(Span::minutes(31));
    admin.signs_in().await;
    assert_eq!(admin.signs(&late).await, "closed");
    assert_eq!(admin.standing(&late).await, "lapsed");
    let acts = market.agent.app.store.acts(i64::MAX, 50).await.unwrap();
    let set: Vec<_> = acts.iter().filter(|act| act.act == "origins-set").collect();
    assert_eq!((set.len(), set[0].name.as_str(), set[0].about.as_str()), (1, "admin", "mrc_tea"));
}

#[tokio::test]
async fn an_origin_that_looks_like_anothers_is_refused() {
    let market = Market::open().await;
    let other = agent_server::domain::Merchant {
        id: "mrc_other".parse().unwrap(),
        origins: vec!["https://teapots.example".into()],
        ..market.merchant.registration()
    };
    market.agent.app.store.put_merchant(other, market.now()).await.unwrap();
    let admin = market.clerk("admin", Role::Admin).await;
    let wrong = admin.refused(ORIGINS, &[("origins", "https://tea-pots.example")]).await;
    assert!(wrong.contains("could be taken for https://teapots.example of mrc_other"), "{wrong}");
}

#[tokio::test]
async fn a_merchants_keys_are_replaced_and_revoked() {
    let market = Market::open().await;
    let mut admin = market.clerk("admin", Role::Admin).await;
    let before = tea(&market).await.verifying_key;
    let wrong = admin.refused(KEYS, &[("keys", "not JSON <"), ("hours", "72")]).await;
    assert!(wrong.contains("no pair of keys") && wrong.contains("not JSON &#60;"), "{wrong}");
    let pair = |fill: u8| {
        let key = |fill| BASE64URL.encode([fill; 32]);
        format!("{{\"verifying_key\":\"{}\",\"sealing_key\":\"{}\"}}", key(fill), key(fill + 1))
    };
    let wrong = admin.refused(KEYS, &[("keys", &pair(7)), ("hours", "x")]).await;
    assert!(wrong.contains("no pair of keys"));
    let form = [("keys", pair(7)), ("hours", "24".into())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let change = admin.prepares(KEYS, &form).await;
    let next = tea(&market).await.keys().len();
    assert_eq!(admin.signs(&change).await, "done");
    let known = tea(&market).await;
    assert_eq!((known.verifying_key.as_bytes(), known.keys().len()), (&[7; 32], next + 1));
    let until = known.keys().iter().find(|key| key.verifying == before).unwrap().until;
    let soon = market.now().plus(Span::hours(23));
    assert!(until.is_some_and(|until| until > soon), "the one before goes on");
    let page = admin.page("/console/merchants/mrc_tea").await;
    assert_eq!(page.matches("data-test=\"key\"").count(), next + 1);
    let old = jws::key_id(&before);
    let change = admin.prepares(KEYS, &[("revoke", &old)]).await;
    assert_eq!(admin.signs(&change).await, "done");
    assert!(tea(&market).await.is_revoked(&before));
    assert!(admin.refused(KEYS, &[("revoke", &old)]).await.contains("changes nothing"));
}

#[tokio::test]
async fn somebody_is_invited_by_a_link_that_is_shown_once_given_a_role_and_removed() {
    let market = Market::open().await;
    let store = &market.agent.app.store;
    let mut admin = market.clerk("admin", Role::Admin).await;
    let taken = admin.refused(OPERATORS, &invite("admin", "viewer")).await;
    assert!(taken.contains("cannot be had") && taken.contains("value=\"admin\""), "{taken}");
    admin.refused(OPERATORS, &invite("a b%3C", "viewer")).await;
    admin.refused(OPERATORS, &invite("jiro", "emperor")).await;
    let change = admin.prepares(OPERATORS, &invite("jiro", "support")).await;
    assert!(!admin.page(&change).await.contains("/console/enrol/"));
    assert_eq!(admin.signs(&change).await, "done");
    let page = admin.page(&change).await;
    let (_, link) = page.split_once("/console/enrol/").unwrap();
    let token = link.split('<').next().unwrap().to_owned();
    let jiro = market.clerk_by(&token).await;
    assert!(!admin.page(&change).await.contains("/console/enrol/"), "it was used");
    assert_eq!(jiro.page("/console").await.matches("Support").count(), 1);
    assert_eq!(jiro.post(OPERATORS, &invite("x", "admin")).await.status, StatusCode::FORBIDDEN);
    let list = jiro.page(OPERATORS).await;
    assert!(list.contains("jiro") && !list.contains("<form method=\"post\" action=\"/console/op"));

    let link = admin.prepares(OPERATORS, &[("change", "link"), ("name", "jiro")]).await;
    assert_eq!(admin.signs(&link).await, "done");
    assert!(admin.page(&link).await.contains("/console/enrol/"));
    market.advance(Span::minutes(11));
    assert!(!admin.page(&link).await.contains("/console/enrol/"), "shown for a short while");

    market.clerk("hanako", Role::Finance).await;
    for form in [
        invite("sock", "finance"),
        invite("sock", "admin"),
        [("change", "role"), ("name", "jiro"), ("role", "admin")],
        [("change", "link"), ("name", "hanako"), ("role", "")],
    ] {
        let wrong = admin.refused(OPERATORS, &form).await;
        assert!(wrong.contains("role=\"alert\"") && wrong.contains("by command alone"), "{form:?}");
    }
    let own = admin.prepares(OPERATORS, &[("change", "link"), ("name", "admin")]).await;
    assert_eq!(admin.signs(&own).await, "done", "another device of one's own");

    let role = [("change", "role"), ("name", "jiro"), ("role", "viewer")];
    let role = admin.prepares(OPERATORS, &role).await;
    assert_eq!(admin.signs(&role).await, "done");
    assert_eq!(jiro.page("/console").await.matches("Viewer").count(), 1);
    let remove = admin.prepares(OPERATORS, &[("change", "remove"), ("name", "jiro")]).await;
    assert_eq!(admin.signs(&remove).await, "done");
    assert_eq!(jiro.get("/console").await.status, StatusCode::SEE_OTHER, "signed out");
    let acts = store.acts(i64::MAX, 50).await.unwrap();
    let did = acts.iter().rev().filter(|act| act.name == "admin" && act.about == "jiro");
    let did: Vec<_> = did.map(|act| act.act.as_str()).collect();
    let all = ["operator-added", "operator-invited", "operator-role-given", "operator-removed"];
    assert_eq!(did, all);
    assert!(admin.page("/console/record").await.contains("invited an operator"));
    market.audit_is_clean().await;
}

fn invite<'a>(name: &'a str, role: &'a str) -> [(&'a str, &'a str); 3] {
    [("change", "invite"), ("name", name), ("role", role)]
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let market = Market::open().await;
    let store = &market.agent.app.store;
    let mut first = market.clerk("first", Role::Admin).await;
    let leave = [("change", "remove"), ("name", "first")];
    let step_down = [("change", "role"), ("name", "first"), ("role", "viewer")];
    for form in [&leave[..], &step_down] {
        // The demo's own have no passkey: they do not count.
        let wrong = first.refused(OPERATORS, form).await;
        assert!(wrong.contains("last administrator"), "{wrong}");
    }
    let mut second = market.clerk("second", Role::Admin).await;
    let own = first.prepares(OPERATORS, &leave).await;
    let others = second.prepares(OPERATORS, &[("change", "remove"), ("name", "second")]).await;
    assert_eq!(first.signs(&own).await, "done");
    assert_eq!(second.signs(&others).await, "last-admin", "what was so is not any more");
    assert!(!store.remove_operator_sparing("second".into(), market.now()).await.unwrap());
    let role = store.set_role_sparing("second".into(), Role::Viewer, market.now()).await;
    assert!(!role.unwrap());
    second.page(OPERATORS).await;
    assert_eq!(first.get("/console").await.status, StatusCode::SEE_OTHER);
}
