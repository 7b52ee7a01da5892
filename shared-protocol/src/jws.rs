//! A Grant as compact JWS (RFC 7515, EdDSA of RFC 8037), so that a merchant in any language can
//! verify it with an ordinary JWT library and the agent's published keys. Servers only.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};

use crate::{
    Amount, Digest, PlanClass, codec,
    grant::Grant,
    problem::Problem,
    sign::{Signature, Signed, Signer, Verified, VerifyingKey},
    time::Timestamp,
};

/// The `kid` of a key: the first 12 base64url symbols of its digest.
pub fn key_id(key: &VerifyingKey) -> String {
    let mut id = BASE64URL.encode(crate::digest("key-id", key.as_bytes()).as_bytes());
    id.truncate(12);
    id
}

/// The agent's keys as a JWK set (RFC 7517, OKP keys of RFC 8037 §2).
pub fn jwk_set(keys: &[VerifyingKey]) -> String {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| Jwk {
            kid: Some(key_id(key)),
            alg: Some(ALG.into()),
            r#use: Some("sig".into()),
            ..Jwk::of(key)
        })
        .collect();
    serde_json::json!({ "keys": keys }).to_string()
}

/// Writes the Grant as a compact JWS, signed by the agent.
pub fn sign(grant: &Grant, signer: &impl Signer) -> String {
    let header = Header { alg: ALG.into(), typ: TYP.into(), kid: key_id(&signer.verifying_key()) };
    let mut jws = BASE64URL.encode(json(&header));
    jws.push('.');
    jws.push_str(&BASE64URL.encode(json(&Claims::of(grant))));
    let signature = signer.sign(jws.as_bytes());
    jws.push('.');
    jws.push_str(&BASE64URL.encode(signature.as_bytes()));
    jws
}

/// Verifies a compact JWS against the agent's keys. Nothing but our own header is accepted: no
/// other algorithm, no `none`, no `crit`.
///
/// # Errors
/// [`Problem::GrantInvalid`].
pub fn verify(jws: &str, keys: &[VerifyingKey]) -> Result<Verified<Grant>, Problem> {
    read(jws, keys).ok_or(Problem::GrantInvalid)
}

fn read(jws: &str, keys: &[VerifyingKey]) -> Option<Verified<Grant>> {
    if jws.len() > JWS_BYTES_MAX {
        return None;
    }
    let (signed, signature) = jws.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: Header = serde_json::from_slice(&BASE64URL.decode(header).ok()?).ok()?;
    if header.alg != ALG || header.typ != TYP {
        return None;
    }
    let key = keys.iter().find(|key| key_id(key) == header.kid)?;
    let signature = Signature::try_from(BASE64URL.decode(signature).ok()?.as_slice()).ok()?;
    if !crate::ed25519::verifies(key, signed.as_bytes(), &signature) {
        return None;
    }
    let claims: Claims = serde_json::from_slice(&BASE64URL.decode(claims).ok()?).ok()?;
    let grant = claims.grant()?;
    let digest = Signed::<Grant>::from_parts(codec::encode(&grant), signature).digest();
    Some(Verified::vouched(grant, digest))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// RFC 7519 names where there are any; `cnf` is RFC 7800. NumericDates are whole seconds, so the
/// exact moments stand beside them: both forms of a Grant are the same Grant, digest and all.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    jti: String,
    iat: i64,
    exp: i64,
    issued_ms: i64,
    expires_ms: i64,
    purchase: String,
    order_digest: String,
    offer_digest: String,
    tally_digest: String,
    amount: u64,
    currency: String,
    plan_class: String,
    provisional: bool,
    cnf: Cnf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cnf {
    jwk: Jwk,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r#use: Option<String>,
}

impl Jwk {
    /// The bare form, as a confirmation key stands in the claims.
    fn of(key: &VerifyingKey) -> Self {
        let x = BASE64URL.encode(key.as_bytes());
        Self { kty: KTY.into(), crv: CRV.into(), x, kid: None, alg: None, r#use: None }
    }

    fn key(&self) -> Option<VerifyingKey> {
        let bytes = BASE64URL.decode(&self.x).ok()?;
        let key = VerifyingKey::try_from(bytes.as_slice()).ok()?;
        (self.kty == KTY && self.crv == CRV).then_some(key)
    }
}

impl Claims {
    fn of(grant: &Grant) -> Self {
        Self {
            iss: grant.agent.to_string(),
            aud: grant.merchant.to_string(),
            jti: grant.handling_number.compact(),
            iat: grant.issued.as_secs(),
            exp: grant.expires.as_secs(),
            issued_ms: grant.issued.as_millis(),
            expires_ms: grant.expires.as_millis(),
            purchase: grant.purchase.to_string(),
            order_digest: BASE64URL.encode(grant.order.as_bytes()),
            offer_digest: BASE64URL.encode(grant.offer.as_bytes()),
            tally_digest: BASE64URL.encode(grant.tally.as_bytes()),
            amount: grant.amount.minor,
            currency: grant.amount.currency.code().into(),
            plan_class: grant.plan_class.name().into(),
            provisional: grant.provisional,
            cnf: Cnf { jwk: Jwk::of(&grant.session_key) },
        }
    }

    fn grant(&self) -> Option<Grant> {
        let digest = |text: &str| Digest::try_from(BASE64URL.decode(text).ok()?.as_slice()).ok();
        let moment = |millis: i64, secs: i64| {
            let moment = Timestamp::from_millis(millis);
            (moment.as_secs() == secs).then_some(moment)
        };
        Some(Grant {
            agent: self.iss.parse().ok()?,
            merchant: self.aud.parse().ok()?,
            handling_number: self.jti.parse().ok()?,
            purchase: self.purchase.parse().ok()?,
            order: digest(&self.order_digest)?,
            offer: digest(&self.offer_digest)?,
            tally: digest(&self.tally_digest)?,
            amount: Amount::new(self.amount, self.currency.parse().ok()?)?,
            plan_class: PlanClass::ALL.into_iter().find(|c| c.name() == self.plan_class)?,
            session_key: self.cnf.jwk.key()?,
            provisional: self.provisional,
            issued: moment(self.issued_ms, self.iat)?,
            expires: moment(self.expires_ms, self.exp)?,
        })
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings and numbers always become JSON")
}

const ALG: &str = "EdDSA";
const KTY: &str = "OKP";
const CRV: &str = "Ed25519";
const TYP: &str = "warifu-grant+jwt";
const JWS_BYTES_MAX: usize = 2048;
