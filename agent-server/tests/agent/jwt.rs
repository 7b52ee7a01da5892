//! A merchant with nothing but an ordinary JWT library and our published keys can check a Grant.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use shared_protocol::{Signer as _, jws};

use crate::{market::Market, shopper::id};

#[tokio::test]
async fn a_jwt_library_verifies_a_grant_with_the_published_keys() {
    let market = Market::open().await;
    let grant = market.granted().await;
    let text = async |path: String| market.http.get(market.url(&path)).send().await.unwrap();
    let answer = text(format!("/v1/purchases/{}/grant.jws", id(&grant))).await;
    assert_eq!(answer.headers()["content-type"], "application/jose");
    let token = answer.text().await.unwrap();
    let keys: JwkSet = text("/.well-known/jwks.json".into()).await.json_set().await;

    let header = decode_header(&token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::EdDSA, Some("warifu-grant+jwt")));
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&["agt_demo"]);
    validation.set_audience(&["mrc_tea"]);
    let claims = decode::<serde_json::Value>(&token, &key, &validation).unwrap().claims;
    assert_eq!(claims["purchase"], id(&grant).to_string());
    assert_eq!((&claims["amount"], &claims["currency"]), (&3850.into(), &"JPY".into()));

    let ours = jws::verify(&token, &[market.agent.app.keys.verifying_key()]).unwrap();
    assert_eq!(*ours, grant.claimed().unwrap());
}

trait JsonSet {
    async fn json_set(self) -> JwkSet;
}

impl JsonSet for reqwest::Response {
    async fn json_set(self) -> JwkSet {
        serde_json::from_slice(&self.bytes().await.unwrap()).unwrap()
    }
}
