//! Registering a passkey and signing in with one: each challenge once and not for long, bound to
//! who asked; only a passkey that is well made, only on the agent's own pages.

use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use shared_protocol::{Problem, Span};

use crate::{
    authenticator::{
        Authenticator, ELIGIBLE, EXTENSIONS, Moment, PRESENT, assertion, registration, unbase64,
    },
    market::{Market, answer},
};

impl Market {
    async fn challenge(&self, path: &str, cookie: &str) -> Vec<u8> {
        unbase64(&self.posted(path, cookie, &json!({})).await["challenge"])
    }

    async fn refused(&self, path: &str, cookie: &str, body: &Value) -> Problem {
        answer(self.post(path, cookie, body).await).await.unwrap_err()
    }
}

type Spoil = fn(&mut Moment);

const REGISTER: &str = "/me/passkeys";
const PAGE: HeaderValue = HeaderValue::from_static("/me/passkeys");
const SIGN_IN: &str = "/sign-in/passkey";

#[tokio::test]
async fn a_registration_asks_for_what_the_purchase_needs() {
    let market = Market::open().await;
    let cookie = market.cookie("01").await;
    let first = market.posted("/me/passkeys/options", &cookie, &json!({})).await;
    assert_eq!(first["rp"]["id"], "localhost");
    assert_eq!(first["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(first["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(first["attestation"], "none");
    assert_eq!(first["excludeCredentials"], json!([]));
    assert_eq!(unbase64(&first["user"]["id"]).len(), 32);
    assert!(!first.to_string().contains("900000000001"));
    let passkey = market.enrolled("01").await;
    let second = market.posted("/me/passkeys/options", &cookie, &json!({})).await;
    assert_eq!(second["user"]["id"], first["user"]["id"], "one contract, one handle");
    assert_ne!(second["challenge"], first["challenge"]);
    let known = &second["excludeCredentials"][0];
    assert_eq!(unbase64(&known["id"]), passkey.credential_id);
    assert_eq!(known["transports"], json!(["internal", "hybrid"]));
    let other = market.cookie("04").await;
    let other = market.posted("/me/passkeys/options", &other, &json!({})).await;
    assert_ne!(other["user"]["id"], first["user"]["id"]);
}

#[tokio::test]
async fn a_badly_made_registration_is_refused_and_the_next_one_passes() {
    let market = Market::open().await;
    let (cookie, passkey) = (market.cookie("01").await, Authenticator::new());
    let spoilt: [(&str, Spoil); 9] = [
        ("another site's page", |m| m.origin = "http://127.0.0.1:8080".into()),
        ("in a frame", |m| m.cross_origin = true),
        ("in a shop's page", |m| m.top_origin = Some("http://localhost:7070".into())),
        ("an assertion", |m| m.kind = "webauthn.get"),
        ("another agent's", |m| m.rp_id = "agent.example"),
        ("the user not verified", |m| m.flags = PRESENT),
        ("the user not present", |m| m.flags = 0),
        ("less CBOR than is said", |m| m.flags |= EXTENSIONS),
        ("more CBOR than is said", |m| m.tail = vec![0]),
    ];
    for (what, spoil) in spoilt {
        let challenge = market.challenge("/me/passkeys/options", &cookie).await;
        let mut moment = Moment::new("webauthn.create", &challenge);
        spoil(&mut moment);
        let told = market.refused(REGISTER, &cookie, &registration(&passkey, &moment)).await;
        assert_eq!(told, Problem::PasskeyInvalid, "{what}");
        moment = Moment::new("webauthn.create", &challenge);
        moment.flags |= ELIGIBLE;
        let fresh = Authenticator::new();
        market.posted(REGISTER, &cookie, &registration(&fresh, &moment)).await;
    }
    let contract = market.contract("01").await;
    let all = market.agent.app.store.passkeys(contract).await.unwrap();
    assert_eq!(all.len(), spoilt.len());
    assert!(all.iter().all(|known| known.backup_eligible && known.name == "My phone"));
}

#[tokio::test]
async fn a_challenge_is_answered_once_by_whom_it_was_given_in_time() {
    let market = Market::open().await;
    let (cookie, other) = (market.cookie("01").await, market.cookie("04").await);
    let create = |challenge: &[u8]| {
        registration(&Authenticator::new(), &Moment::new("webauthn.create", challenge))
    };
    let challenge = market.challenge("/me/passkeys/options", &cookie).await;
    let told = market.refused(REGISTER, &other, &create(&challenge)).await;
    assert_eq!(told, Problem::ChallengeInvalid, "somebody else's");
    market.posted(REGISTER, &cookie, &create(&challenge)).await;
    let market = market.restart().await;
    let told = market.refused(REGISTER, &cookie, &create(&challenge)).await;
    assert_eq!(told, Problem::ChallengeInvalid, "answered before the restart");
    let made_up = market.refused(REGISTER, &cookie, &create(&[1; 56])).await;
    assert_eq!(made_up, Problem::ChallengeInvalid);
    let for_sign_in = market.challenge("/sign-in/passkey/options", "").await;
    let told = market.refused(REGISTER, &cookie, &create(&for_sign_in)).await;
    assert_eq!(told, Problem::ChallengeInvalid, "asked for something else");
    let late = market.challenge("/me/passkeys/options", &cookie).await;
    market.advance(Span::minutes(6));
    let told = market.refused(REGISTER, &cookie, &create(&late)).await;
    assert_eq!(told, Problem::ChallengeExpired);
}

#[tokio::test]
async fn a_passkey_is_registered_once_and_by_nobody_else() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    for tail in ["01", "04"] {
        let cookie = market.cookie(tail).await;
        let challenge = market.challenge("/me/passkeys/options", &cookie).await;
        let moment = Moment::new("webauthn.create", &challenge);
        let told = market.refused(REGISTER, &cookie, &registration(&passkey, &moment)).await;
        assert_eq!(told, Problem::PasskeyInvalid);
    }
    let none = market.post("/me/passkeys/options", "", &json!({})).await;
    assert_eq!(none.status(), 303, "who is not signed in is sent to where they can");
}

/// As the script would: it goes where it is sent, and finds the page that says why.
#[tokio::test]
async fn a_contract_has_ten_passkeys_at_most() {
    let market = Market::open().await;
    let cookie = market.cookie("01").await;
    let early = market.challenge("/me/passkeys/options", &cookie).await;
    for _ in 0..10 {
        let page = market.mine("/me/passkeys?locale=en", &cookie).await;
        assert!(page.says("data-test=\"add-passkey\"") && !page.says("data-test=\"full\""));
        market.enrolled("01").await;
    }
    let eleventh = registration(&Authenticator::new(), &Moment::new("webauthn.create", &early));
    for (path, body) in [("/me/passkeys/options", json!({})), (REGISTER, eleventh)] {
        let sent = market.post(path, &cookie, &body).await;
        assert_eq!((sent.status().as_u16(), &sent.headers()["location"]), (303, &PAGE), "{path}");
    }
    let page = market.mine("/me/passkeys?locale=en", &cookie).await;
    assert!(page.says("You have 10 passkeys") && !page.says("data-test=\"add-passkey\""));
    assert_eq!(page.html.matches("data-test=\"passkey\"").count(), 10);
    let removal = page.html.split("action=\"").find(|form| form.contains("/removal\"")).unwrap();
    let removal = removal.split('"').next().unwrap();
    market.submit(removal, &cookie, "").await;
    market.enrolled("01").await;
    market.enrolled("04").await;
}

#[tokio::test]
async fn a_passkey_signs_its_owner_in() {
    let market = Market::open().await;
    let passkey = market.enrolled("04").await;
    let options = market.posted("/sign-in/passkey/options", "", &json!({})).await;
    assert_eq!(
        (&options["rpId"], &options["userVerification"]),
        (&json!("localhost"), &json!("required"))
    );
    assert_eq!(options["allowCredentials"], Value::Null, "it says itself whose it is");
    let mut moment = Moment::new("webauthn.get", &unbase64(&options["challenge"]));
    moment.counter = 1;
    let body = assertion(&passkey.assert(&moment));
    let signed_in = market.post(SIGN_IN, "", &body).await;
    assert_eq!(signed_in.status(), 200);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite="), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let page = market.browse(reqwest::Method::GET, "/me/passkeys").header("cookie", cookie);
    assert_eq!(page.send().await.unwrap().status(), 200);
    let next: Value = serde_json::from_slice(&signed_in.bytes().await.unwrap()).unwrap();
    assert_eq!(next, json!({ "next": "/me" }));
    // The same again is a replay, also after a restart.
    assert_eq!(market.refused(SIGN_IN, "", &body).await, Problem::ChallengeInvalid);
    let market = market.restart().await;
    assert_eq!(market.refused(SIGN_IN, "", &body).await, Problem::ChallengeInvalid);
}

#[tokio::test]
async fn whoever_signs_in_by_passkey_comes_back_to_where_they_wanted() {
    let market = Market::open().await;
    let passkey = market.enrolled("04").await;
    for (counter, to, next) in [
        (1, "?to=/me/limits%3Flocale%3Den", "/me/limits?locale=en"),
        (2, "?to=//evil.example", "/me"),
        (3, "?to=https://evil.example/", "/me"),
    ] {
        let challenge = market.challenge("/sign-in/passkey/options", "").await;
        let mut moment = Moment::new("webauthn.get", &challenge);
        moment.counter = counter;
        let request = market.http.post(market.url(SIGN_IN));
        let request = request.header("referer", market.url(&format!("/sign-in{to}")));
        let request = request.header("content-type", "application/json");
        let body = assertion(&passkey.assert(&moment)).to_string();
        let answer = request.body(body).send().await.unwrap();
        let said: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(said, json!({ "next": next }));
    }
}

#[tokio::test]
async fn a_bad_sign_in_is_refused() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    let stranger = Authenticator::new();
    let bad: [(Problem, Spoil); 6] = [
        (Problem::PasskeyInvalid, |m| m.flags = PRESENT),
        (Problem::PasskeyInvalid, |m| m.origin = "http://localhost:7071".into()),
        (Problem::PasskeyInvalid, |m| m.cross_origin = true),
        (Problem::PasskeyInvalid, |m| m.kind = "webauthn.create"),
        (Problem::ChallengeInvalid, |m| m.challenge[30] ^= 1),
        (Problem::ChallengeInvalid, |m| m.challenge = vec![7; 32]),
    ];
    for (problem, spoil) in bad {
        let challenge = market.challenge("/sign-in/passkey/options", "").await;
        let mut moment = Moment::new("webauthn.get", &challenge);
        spoil(&mut moment);
        let told = market.refused(SIGN_IN, "", &assertion(&passkey.assert(&moment))).await;
        assert_eq!(told, problem);
    }
    let mut good = Moment::new("webauthn.get", &[]);
    for (counter, expected) in [(3, None), (3, Some(Problem::PasskeyCloned))] {
        good.challenge = market.challenge("/sign-in/passkey/options", "").await;
        good.counter = counter;
        let body = assertion(&passkey.assert(&good));
        let told = answer(market.post(SIGN_IN, "", &body).await).await.err();
        assert_eq!(told, expected, "{counter}");
    }
    good.challenge = market.challenge("/sign-in/passkey/options", "").await;
    let told = market.refused(SIGN_IN, "", &assertion(&stranger.assert(&good))).await;
    assert_eq!(told, Problem::PasskeyUnknown);
}

#[tokio::test]
async fn what_is_not_the_script_s_json_is_refused() {
    let market = Market::open().await;
    let good = json!({ "id": "", "authenticatorData": "", "clientDataJSON": "", "signature": "" });
    assert_eq!(market.refused(SIGN_IN, "", &good).await, Problem::PasskeyInvalid);
    let mut spoilt = good.clone();
    spoilt["signature"] = json!("not base64!");
    for body in [json!({}), json!([]), spoilt] {
        assert_eq!(market.refused(SIGN_IN, "", &body).await, Problem::MalformedMessage, "{body}");
    }
    // A form of another site's page may send this media type without asking.
    let request = market.http.post(market.url(SIGN_IN)).body(good.to_string());
    let sent = request.header("content-type", "text/plain").send().await.unwrap();
    assert_eq!(answer(sent).await.unwrap_err(), Problem::UnsupportedMediaType);
}
