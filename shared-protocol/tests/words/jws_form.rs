//! The Grant as JWS: an ordinary JWT library takes what we write and we take what it writes, and
//! nothing that differs in algorithm, header, claims or form is taken.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD as BASE64URL},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, jwk::JwkSet,
};
use serde_json::{Map, Value, json};
use shared_protocol::{Grant, Problem, Signed, Signer, Timestamp, VerifyingKey, jws};

use crate::{
    effort::did,
    examples,
    hex::hex,
    party::{Deal, Party},
};

/// A Grant that the JWT library's own clock does not find expired.
fn lasting(deal: &Deal) -> Grant {
    Grant { expires: Timestamp::from_millis(32_503_680_000_123), ..examples::grant(deal) }
}

fn parts(jws: &str) -> [String; 3] {
    jws.split('.').map(String::from).collect::<Vec<_>>().try_into().unwrap()
}

fn object(part: &str) -> Map<String, Value> {
    serde_json::from_slice(&BASE64URL.decode(part).unwrap()).unwrap()
}

/// Signed as it should be, whatever it says.
fn signed(header: &str, claims: &str, signer: &impl Signer) -> String {
    let input = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(claims));
    let signature = signer.sign(input.as_bytes());
    format!("{input}.{}", BASE64URL.encode(signature.as_bytes()))
}

fn refused(what: &str, jws: &str, keys: &[VerifyingKey]) {
    assert_eq!(jws::verify(jws, keys).err(), Some(Problem::GrantInvalid), "{what}: {jws}");
}

/// The usual JWS with header and claims as texts.
fn usual() -> (Deal, String, String, String) {
    let deal = Deal::new();
    let jws = jws::sign(&lasting(&deal), &deal.agent);
    let [header, claims, _] = parts(&jws);
    let text = |part: &str| String::from_utf8(BASE64URL.decode(part).unwrap()).unwrap();
    (deal, jws.clone(), text(&header), text(&claims))
}

#[test]
fn an_ordinary_jwt_library_verifies_what_we_sign() {
    let (deal, jws, ..) = usual();
    let grant = lasting(&deal);
    let keys: JwkSet =
        serde_json::from_str(&jws::jwk_set(&[Party::new((), 9).key(), deal.agent.key()])).unwrap();
    let header = jsonwebtoken::decode_header(&jws).unwrap();
    assert_eq!(header.typ.as_deref(), Some("warifu-grant+jwt"));
    let key = keys.find(header.kid.as_deref().unwrap()).expect("the kid is in the set");
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&["agt_demo"]);
    validation.set_audience(&["mrc_tea"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    let key = DecodingKey::from_jwk(key).unwrap();
    let claims: Map<String, Value> = decode(&jws, &key, &validation).unwrap().claims;
    assert_eq!(claims["jti"], json!(grant.handling_number.compact()));
    assert_eq!(claims["amount"], json!(3850));
    assert_eq!(claims["order_digest"], json!(BASE64URL.encode(grant.order.as_bytes())));
    assert_eq!(claims["exp"], json!(32_503_680_000_i64));

    validation.set_audience(&["mrc_other"]);
    assert!(decode::<Map<String, Value>>(&jws, &key, &validation).is_err());
    let stranger: Party<()> = Party::new((), 9);
    let other = DecodingKey::from_ed_components(&BASE64URL.encode(stranger.key().as_bytes()));
    assert!(decode::<Map<String, Value>>(&jws, &other.unwrap(), &validation).is_err());
}

#[test]
fn we_verify_what_an_ordinary_jwt_library_signs() {
    let (deal, jws, ..) = usual();
    let claims = object(&parts(&jws)[1]);
    // RFC 8410's PKCS #8 wrapping of a seed.
    let der = [b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", &[1; 32][..]];
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("warifu-grant+jwt".into());
    header.kid = Some(jws::key_id(&deal.agent.key()));
    let theirs = encode(&header, &claims, &EncodingKey::from_ed_der(&der.concat())).unwrap();
    let verified = jws::verify(&theirs, &[deal.agent.key()]).unwrap();
    let grant = lasting(&deal);
    assert_eq!(verified.digest(), Signed::sign(&grant, &deal.agent).digest());
    assert_eq!(verified.into_inner(), grant);
}

#[test]
fn keys_are_told_apart_by_kid_while_they_rotate() {
    let (deal, jws, ..) = usual();
    let (old, new) = (deal.agent.key(), Party::new((), 9).key());
    assert!(jws::verify(&jws, &[new, old]).is_ok());
    refused("no key", &jws, &[]);
    refused("only the new key", &jws, &[new]);
    let ids: std::collections::BTreeSet<_> =
        (0..=255).map(|seed| jws::key_id(&Party::new((), seed).key())).collect();
    assert_eq!(ids.len(), 256);
    assert!(ids.iter().all(|id| id.len() == 12));
}

#[test]
fn no_other_algorithm_is_taken() {
    let (deal, jws, header, claims) = usual();
    let keys = [deal.agent.key()];
    for alg in [
        "none", "None", "NONE", "", "HS256", "HS512", "RS256", "ES256", "ES256K", "PS512",
        "Ed25519", "Ed448", "eddsa", "EDDSA", "EdDSA ",
    ] {
        let other = header.replace(r#""EdDSA""#, &format!("{alg:?}"));
        assert_ne!(other, header);
        refused(alg, &signed(&other, &claims, &deal.agent), &keys);
        let input = format!("{}.{}", BASE64URL.encode(&other), BASE64URL.encode(&claims));
        refused("unsigned", &format!("{input}."), &keys);
    }
    // HS256 with the public key as the secret, as in many a library's past.
    let mut hs256 = Header::new(Algorithm::HS256);
    hs256.typ = Some("warifu-grant+jwt".into());
    hs256.kid = Some(jws::key_id(&keys[0]));
    let spelled = [
        keys[0].as_bytes().to_vec(),
        hex(keys[0].as_bytes()).into_bytes(),
        BASE64URL.encode(keys[0].as_bytes()).into_bytes(),
    ];
    for secret in spelled {
        let forged = encode(&hs256, &object(&parts(&jws)[1]), &EncodingKey::from_secret(&secret));
        refused("HS256 with the public key", &forged.unwrap(), &keys);
    }
}

#[test]
fn no_other_header_is_taken_though_the_agent_signed_it() {
    let (deal, _, header, claims) = usual();
    let keys = [deal.agent.key()];
    let usual: Map<String, Value> = serde_json::from_str(&header).unwrap();
    assert!(jws::verify(&signed(&header, &claims, &deal.agent), &keys).is_ok());
    for (name, value) in [
        ("typ", json!("JWT")),
        ("typ", json!("warifu-grant")),
        ("typ", json!("WARIFU-GRANT+JWT")),
        ("typ", json!("application/warifu-grant+jwt")),
        ("typ", json!(null)),
        ("kid", json!("")),
        ("kid", json!("AAAAAAAAAAAA")),
        ("kid", json!(["a"])),
        ("kid", json!("../../etc/passwd")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("jwk", json!({"kty": "OKP"})),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5c", json!(["MII"])),
        ("x5u", json!("https://evil.example/cert")),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("iss", json!("agt_demo")),
        ("x", json!(1)),
    ] {
        let mut other = usual.clone();
        other.insert(name.into(), value.clone());
        let other = Value::from(other).to_string();
        refused(&format!("{name} {value}"), &signed(&other, &claims, &deal.agent), &keys);
    }
    for name in ["alg", "typ", "kid"] {
        let mut other = usual.clone();
        other.remove(name);
        refused(name, &signed(&Value::from(other).to_string(), &claims, &deal.agent), &keys);
        let twice = header.replacen('{', &format!("{{{name:?}:{},", usual[name]), 1);
        refused(&format!("{name} twice"), &signed(&twice, &claims, &deal.agent), &keys);
    }
    for other in ["", "{}", "[]", "null", "\"EdDSA\"", "{", &format!("{header}{header}")] {
        refused("no object", &signed(other, &claims, &deal.agent), &keys);
    }
}

#[test]
fn claims_are_all_there_once_and_nothing_else_though_the_agent_signed_them() {
    let (deal, _, header, claims) = usual();
    let keys = [deal.agent.key()];
    let usual: Map<String, Value> = serde_json::from_str(&claims).unwrap();
    let mut tried = 0;
    for name in usual.keys() {
        let mut less = usual.clone();
        less.remove(name);
        refused(name, &signed(&header, &Value::from(less).to_string(), &deal.agent), &keys);
        let twice = claims.replacen('{', &format!("{{{name:?}:{},", usual[name]), 1);
        refused(&format!("{name} twice"), &signed(&header, &twice, &deal.agent), &keys);
        for value in [json!(null), json!([]), json!({}), json!(""), json!(-1), json!(1.5)] {
            let mut other = usual.clone();
            other.insert(name.clone(), value.clone());
            let other = Value::from(other).to_string();
            refused(&format!("{name} {value}"), &signed(&header, &other, &deal.agent), &keys);
            tried += 1;
        }
    }
    for name in ["nbf", "sub", "amount2", "Amount", "contract", ""] {
        let mut more = usual.clone();
        more.insert(name.into(), json!("x"));
        refused(name, &signed(&header, &Value::from(more).to_string(), &deal.agent), &keys);
    }
    did("claims of another kind refused", tried);
}

#[test]
fn amounts_times_and_names_have_their_one_form() {
    let (deal, _, header, claims) = usual();
    let keys = [deal.agent.key()];
    let usual: Map<String, Value> = serde_json::from_str(&claims).unwrap();
    let with = |name: &str, written: &str| {
        let old = format!("{name:?}:{}", usual[name]);
        assert!(claims.contains(&old), "{old}");
        signed(&header, &claims.replace(&old, &format!("{name:?}:{written}")), &deal.agent)
    };
    assert!(jws::verify(&with("amount", "3851"), &keys).is_ok(), "the agent may say so");
    for amount in [
        "-3850",
        "3850.0",
        "3.85e3",
        "1e400",
        "NaN",
        "Infinity",
        "03850",
        "+3850",
        "0x1",
        "\"3850\"",
        "9007199254740992",
        "18446744073709551615",
        "18446744073709551616",
        "true",
    ] {
        refused(amount, &with("amount", amount), &keys);
    }
    for currency in ["\"jpy\"", "\"XXX\"", "\"XAU\"", "\"JP\"", "\"円\"", "\"JPY \"", "392"] {
        refused(currency, &with("currency", currency), &keys);
    }
    for (name, seconds) in [
        ("iat", "1795000001"),
        ("exp", "32503679999"),
        ("exp", "1e10"),
        ("issued_ms", "1795000000.0"),
        ("issued_ms", "1795000001000"),
        ("expires_ms", "9223372036854775808"),
    ] {
        refused(name, &with(name, seconds), &keys);
    }
    for (name, other) in [
        ("iss", "mrc_tea"),
        ("iss", "agt_"),
        ("iss", "agt_Demo"),
        ("aud", "agt_demo"),
        ("aud", "mrc_tea "),
        ("jti", "0000-0000-0001"),
        ("jti", "UUUUUUUUUUUU"),
        ("purchase", "pur_0"),
        ("purchase", "PUR_00000000000000000000000000"),
        ("plan_class", "Single"),
        ("plan_class", "lump"),
        ("order_digest", "AAAA"),
        ("offer_digest", "not base64url!"),
        ("provisional", "true"),
    ] {
        refused(name, &with(name, &format!("{other:?}")), &keys);
    }
}

#[test]
fn digests_and_session_keys_have_their_one_form() {
    let (deal, _, header, claims) = usual();
    let keys = [deal.agent.key()];
    let usual: Map<String, Value> = serde_json::from_str(&claims).unwrap();
    let with = |name: &str, value: Value| {
        let mut other = usual.clone();
        other.insert(name.into(), value);
        signed(&header, &Value::from(other).to_string(), &deal.agent)
    };
    let digest = usual["order_digest"].as_str().unwrap();
    let x = BASE64URL.encode(deal.session.key().as_bytes());
    let key = json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}});
    assert!(jws::verify(&with("cnf", key), &keys).is_ok());
    for other in [format!("{digest}="), format!("{digest}AAAA"), digest[..42].into()] {
        refused("another digest", &with("order_digest", json!(other)), &keys);
    }
    for jwk in [
        json!({"kty": "RSA", "crv": "Ed25519", "x": x}),
        json!({"kty": "OKP", "crv": "X25519", "x": x}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": x, "d": "secret"}),
        json!({"kty": "OKP", "crv": "Ed25519"}),
    ] {
        refused("session key", &with("cnf", json!({"jwk": jwk})), &keys);
        refused("session key", &with("cnf", jwk), &keys);
    }
}

#[test]
fn the_text_itself_has_one_form() {
    let (deal, jws, header, claims) = usual();
    let keys = [deal.agent.key()];
    let [h, c, s] = parts(&jws);
    let signature = BASE64URL.decode(&s).unwrap();
    let trailing_bits = {
        // The last symbol of 64 bytes carries four bits of nothing.
        let last = s.chars().last().unwrap();
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
        format!("{h}.{c}.{}{next}", &s[..s.len() - 1])
    };
    let wrong = [
        ("empty", String::new()),
        ("dots", "..".into()),
        ("no signature", format!("{h}.{c}")),
        ("empty signature", format!("{h}.{c}.")),
        ("trailing dot", format!("{jws}.")),
        ("leading dot", format!(".{jws}")),
        ("four parts", format!("{jws}.{s}")),
        ("five parts, as JWE", format!("{h}.{c}.{s}.{s}.{s}")),
        ("trailing newline", format!("{jws}\n")),
        ("leading space", format!(" {jws}")),
        ("space inside", format!("{h}. {c}.{s}")),
        ("padded signature", format!("{h}.{c}.{s}==")),
        ("padded header", format!("{}.{c}.{s}", URL_SAFE.encode(&header))),
        ("plain base64", format!("{h}.{c}.{}", STANDARD.encode(&signature))),
        ("trailing bits", trailing_bits),
        ("half a signature", format!("{h}.{c}.{}", BASE64URL.encode(&signature[..32]))),
        (
            "a longer signature",
            format!("{h}.{c}.{}", BASE64URL.encode([&signature[..], &[0]].concat())),
        ),
        ("claims and header swapped", format!("{c}.{h}.{s}")),
        ("JSON form", json!({"protected": h, "payload": c, "signature": s}).to_string()),
        ("NUL", format!("{jws}\0")),
        ("too long", format!("{h}.{}.{s}", "A".repeat(2048))),
    ];
    for (what, jws) in &wrong {
        refused(what, jws, &keys);
    }
    // Spaces that the agent itself signed are in the signed text, and so are another text.
    let spaced = signed(&header.replace(',', ", "), &claims, &deal.agent);
    assert_ne!(spaced, jws);
    assert_eq!(jws::verify(&spaced, &keys).unwrap().into_inner(), lasting(&deal));
    let padded = format!("{claims}{}", " ".repeat(1_000));
    refused("over 2048 bytes", &signed(&header, &padded, &deal.agent), &keys);
}

#[test]
fn both_forms_of_a_grant_have_one_digest_to_the_millisecond() {
    let deal = Deal::new();
    for millis in [0, 1, 500, 999, 1_000, 1_795_000_000_001] {
        let issued = Timestamp::from_millis(millis);
        let grant = Grant { issued, ..lasting(&deal) };
        let jws = jws::sign(&grant, &deal.agent);
        let verified = jws::verify(&jws, &[deal.agent.key()]).unwrap();
        assert_eq!(verified.digest(), Signed::sign(&grant, &deal.agent).digest());
        assert_eq!(verified.issued, issued);
    }
}
