//! Bad assertions (TRUST.md T32): each refused by the rule itself and over HTTP, where nothing is
//! entered, nothing locks, and the good one still passes.

use agent_server::domain::passkey::{Passkey, Place, RelyingParty, verify_assertion};
use shared_protocol::{Digest, PasskeyAssertion, PasskeyPart, Problem, PurchaseState, Timestamp};

use crate::{
    authenticator::{
        ATTESTED, Authenticator, BACKED_UP, ELIGIBLE, EXTENSIONS, Moment, PRESENT, VERIFIED,
    },
    market::Market,
    shopper::Order,
};

type Said = fn(&mut Moment);
type Sent = fn(&mut PasskeyAssertion);

/// What browser or authenticator say wrongly and sign all the same.
const BADLY_SAID: [(&str, Said); 17] = [
    ("another site's page", |m| m.origin = "http://localhost:7071".into()),
    ("another scheme", |m| m.origin = "https://localhost:7070".into()),
    ("a page that merely begins alike", |m| m.origin.push_str(".evil.example")),
    ("a shop that is not registered", |m| m.top_origin = Some("https://evil.example".into())),
    ("no shop where there is one", |m| m.top_origin = None),
    ("a shop where there is none", |m| m.cross_origin = false),
    ("another agent's passkey", |m| m.rp_id = "agent.example"),
    ("a registration", |m| m.kind = "webauthn.create"),
    ("a payment confirmation", |m| m.kind = "payment.get"),
    ("the user not verified", |m| m.flags = PRESENT),
    ("the user not present", |m| m.flags = VERIFIED),
    ("another challenge", |m| m.challenge[0] ^= 1),
    ("a shorter challenge", |m| m.challenge.truncate(31)),
    ("more CBOR than is said", |m| m.tail = vec![0xa0]),
    ("less CBOR than is said", |m| m.flags |= EXTENSIONS),
    ("a key in an assertion", |m| m.flags |= ATTESTED),
    ("a backup of what has none", |m| m.flags |= BACKED_UP),
];

/// What is changed after it was signed.
const BADLY_SENT: [(&str, Sent); 8] = [
    ("authenticator data cut short", |s| shorten(&mut s.authenticator_data)),
    ("authenticator data of nothing", |s| s.authenticator_data = PasskeyPart::new([])),
    ("client data cut short", |s| shorten(&mut s.client_data)),
    ("client data in other words", |s| {
        let text = [s.client_data.expose(), b" "].concat();
        s.client_data = PasskeyPart::new(text);
    }),
    ("a signature cut short", |s| shorten(&mut s.signature)),
    ("no signature", |s| s.signature = PasskeyPart::new([])),
    ("somebody else's handle", |s| s.user_handle = PasskeyPart::new([6; 32])),
    ("no handle", |s| s.user_handle = PasskeyPart::new([])),
];

#[test]
fn each_bad_assertion_is_refused_by_the_rule_itself() {
    let (passkey, challenge) = (Authenticator::new(), Digest::new([9; 32]));
    let known = known(&passkey);
    let shops = [SHOP.to_owned()];
    let check = |known: &Passkey, said: &PasskeyAssertion| {
        let place = Place::Checkout(&shops);
        verify_assertion(known, said, challenge.as_bytes(), &party(), place).map(|_| ())
    };
    let good = Moment::in_shop(challenge, SHOP, 7);
    assert_eq!(check(&known, &passkey.assert(&good)), Ok(()));
    for (what, spoil) in BADLY_SAID {
        let mut moment = good.clone();
        spoil(&mut moment);
        let told = check(&known, &passkey.assert(&moment));
        assert_eq!(told, Err(Problem::PasskeyInvalid), "{what}");
    }
    for (what, spoil) in BADLY_SENT {
        let mut said = passkey.assert(&good);
        spoil(&mut said);
        assert_eq!(check(&known, &said), Err(Problem::PasskeyInvalid), "{what}");
    }
    // Signed by another key; kept with another key, with none, with no algorithm.
    let mut other = Authenticator::new();
    other.credential_id = passkey.credential_id.clone();
    assert_eq!(check(&known, &other.assert(&good)), Err(Problem::PasskeyInvalid));
    let mut no_algorithm = passkey.cose_key();
    no_algorithm[4] = 0;
    for public_key in [other.cose_key(), Vec::new(), no_algorithm] {
        let kept = Passkey { public_key, ..known.clone() };
        assert_eq!(check(&kept, &passkey.assert(&good)), Err(Problem::PasskeyInvalid));
    }
    let kept = Passkey { credential_id: vec![1; 32], ..known };
    assert_eq!(check(&kept, &passkey.assert(&good)), Err(Problem::PasskeyInvalid));
}

#[test]
fn a_page_of_ours_alone_in_its_window_is_as_good_as_the_frame() {
    let (passkey, challenge) = (Authenticator::new(), Digest::new([9; 32]));
    let mut moment = Moment::new("webauthn.get", challenge.as_bytes());
    moment.flags |= EXTENSIONS;
    moment.tail = vec![0xa0];
    let said = passkey.assert(&moment);
    for place in [Place::OurPage, Place::Checkout(&[SHOP.to_owned()])] {
        let told = verify_assertion(&known(&passkey), &said, &[9; 32], &party(), place);
        assert!(told.is_ok(), "{place:?}");
    }
    let framed = passkey.assert(&Moment::in_shop(challenge, SHOP, 0));
    let told = verify_assertion(&known(&passkey), &framed, &[9; 32], &party(), Place::OurPage);
    assert_eq!(told, Err(Problem::PasskeyInvalid), "signing in is no matter for a frame");
}

#[test]
fn a_passkey_that_may_be_on_several_devices_says_so_every_time() {
    let passkey = Authenticator::new();
    let eligible = Passkey { backup_eligible: true, ..known(&passkey) };
    let moment = Moment::new("webauthn.get", &[9; 32]);
    let told = |flags| {
        let said = passkey.assert(&Moment { flags: moment.flags | flags, ..moment.clone() });
        verify_assertion(&eligible, &said, &[9; 32], &party(), Place::OurPage)
    };
    assert!(told(ELIGIBLE).is_ok_and(|asserted| !asserted.backed_up()));
    assert!(told(ELIGIBLE | BACKED_UP).is_ok_and(|asserted| asserted.backed_up()));
    assert_eq!(told(0), Err(Problem::PasskeyInvalid));
}

#[tokio::test]
async fn each_bad_assertion_buys_nothing_and_spoils_nothing() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    let shop = market.merchant.registration().origins[0].clone();
    let order = Order { by_passkey: true, ..market.order().await };
    let mut attempt = order.seal();
    let good = Moment::in_shop(attempt.request.tally.tally.digest(), &shop, 1);
    let mut bad: Vec<(&str, PasskeyAssertion)> = Vec::new();
    for (what, spoil) in BADLY_SAID {
        let mut moment = good.clone();
        spoil(&mut moment);
        bad.push((what, passkey.assert(&moment)));
    }
    for (what, spoil) in BADLY_SENT {
        let mut said = passkey.assert(&good);
        spoil(&mut said);
        bad.push((what, said));
    }
    let mut forger = Authenticator::new();
    forger.credential_id = passkey.credential_id.clone();
    forger.user_handle = passkey.user_handle.clone();
    bad.push(("a swapped key", forger.assert(&good)));
    for (what, said) in bad {
        attempt.add(&said);
        let told = market.grant(&attempt).await;
        assert_eq!(told.unwrap_err(), Problem::PasskeyInvalid, "{what}");
    }
    attempt.request.passkey = None;
    assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::PasskeyInvalid, "none at all");
    assert_eq!(market.reserved("01").await, 0);
    attempt.add(&passkey.assert(&good));
    market.grant(&attempt).await.unwrap();
    assert_eq!(market.state(&attempt.purchase).await, PurchaseState::Granted);
}

#[tokio::test]
async fn a_passkey_s_word_beside_a_code_is_refused() {
    let market = Market::open().await;
    let passkey = market.enrolled("01").await;
    let sign =
        |challenge: Digest| passkey.assert(&Moment::new("webauthn.get", challenge.as_bytes()));
    let attempt = market.order().await.seal_with(sign);
    assert_eq!(market.grant(&attempt).await.unwrap_err(), Problem::PasskeyInvalid);
}

fn known(passkey: &Authenticator) -> Passkey {
    Passkey {
        id: 1,
        contract: 2,
        user_handle: passkey.user_handle.as_slice().try_into().unwrap(),
        credential_id: passkey.credential_id.clone(),
        public_key: passkey.cose_key(),
        counter: 0,
        transports: String::new(),
        backup_eligible: false,
        backed_up: false,
        name: String::new(),
        created_at: Timestamp::from_millis(0),
        last_used_at: None,
    }
}

fn party() -> RelyingParty {
    RelyingParty { id: "localhost".into(), origin: "http://localhost:7070".into() }
}

fn shorten(part: &mut PasskeyPart) {
    let bytes = part.expose();
    *part = PasskeyPart::new(&bytes[..bytes.len() - 1]);
}

const SHOP: &str = "https://tea.example";
