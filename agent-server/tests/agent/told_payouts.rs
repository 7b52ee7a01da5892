//! A merchant's own payouts, told to whoever has its key: what each settles, word by word, adds up
//! to what is paid.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;
use shared_protocol::Signer;

use crate::market::Market;

/// Asks as the merchant's desk does: what it says that it asks for, and where it asks.
async fn ask(market: &Market, key: &impl Signer, said: (&str, i64), at: &str) -> (u16, Value) {
    let ((what, time), agent) = (said, market.agent.app.config.agent_id.as_str());
    let text = format!("warifu payouts\n{agent}\nmrc_tea\n{what}\n{time}");
    let signature = BASE64URL.encode(key.sign(text.as_bytes()).as_bytes());
    let url = market.url(&format!("/v1/merchants/mrc_tea/payouts{at}"));
    let request = market.http.get(url).header("warifu-time", time);
    let answer = request.header("warifu-signature", signature).send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap())
}

const YEARS: &str = "2000-01-01 2099-12-31";
const YEARS_AT: &str = "?from=2000-01-01&until=2099-12-31";

#[tokio::test]
async fn a_payout_is_told_word_by_word_and_adds_up() {
    let market = Market::open().await;
    let (one, two) = (market.sale().await, market.sale().await);
    one.ship("S").await.unwrap();
    one.claim("C", 3850).await.unwrap();
    two.claim("C-1", 1000).await.unwrap();
    two.claim("C-2", 1000).await.unwrap();
    two.refund("R", 500).await.unwrap();
    two.void("V", 100).await.unwrap();
    let key = &market.merchant.key;
    let all = async || ask(&market, key, (YEARS, market.now().as_secs()), YEARS_AT).await;
    assert_eq!(all().await.1["payouts"], serde_json::json!([]));
    market.days(3).await;
    let told = all().await.1["payouts"].clone();
    assert_eq!(told.as_array().unwrap().len(), 1);
    let payout = &told[0];
    let (claimed, refunded) = (&payout["claimed"], &payout["refunded"]);
    assert_eq!((claimed, refunded), (&5850.into(), &500.into()));
    assert_eq!((&payout["amount"], &payout["fees"]), (&5190.into(), &160.into()));
    assert_eq!(payout["words"], 4, "neither the shipment nor what was let go is paid");
    let id = payout["id"].as_str().unwrap();
    let (status, one_of_them) =
        ask(&market, key, (id, market.now().as_secs()), &format!("/{id}")).await;
    assert_eq!((status, &one_of_them["payout"]), (200, payout));
    let lines = one_of_them["lines"].as_array().unwrap();
    let sum = |name: &str| lines.iter().map(|line| line[name].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("minor"), sum("fee"), sum("share")), (5350, 160, 5190));
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["C", "C-1", "C-2", "R"]);
    assert_eq!(lines[3]["minor"], -500);
    assert_eq!(lines[0]["purchase"], one.id().to_string());
    let none = ask(&market, key, ("pay_1", market.now().as_secs()), "/pay_1").await;
    assert_eq!((none.0, &none.1["code"]), (404, &"not_found".into()));
    let days = ("2000-01-01 2000-12-31", market.now().as_secs());
    let none = ask(&market, key, days, "?from=2000-01-01&until=2000-12-31").await;
    assert_eq!(none.1["payouts"], serde_json::json!([]));
}

#[tokio::test]
async fn only_the_merchant_itself_is_told_of_its_payouts() {
    let market = Market::open().await;
    let (key, now) = (&market.merchant.key, market.now().as_secs());
    assert_eq!(ask(&market, key, (YEARS, now), YEARS_AT).await.0, 200);
    let early = (YEARS, now - 301);
    for (said, at) in [
        (("2000-01-01 2000-12-31", now), YEARS_AT),
        (("pay_1", now), YEARS_AT),
        ((YEARS, now), "/pay_1"),
        (early, YEARS_AT),
    ] {
        let (status, told) = ask(&market, key, said, at).await;
        assert_eq!((status, &told["code"]), (401, &"webhook_invalid".into()), "{said:?} {at}");
    }
    let stranger = crate::merchant::Merchant::open().await;
    let (_, told) = ask(&market, &stranger.key, (YEARS, now), YEARS_AT).await;
    assert_eq!(told["code"], "webhook_invalid");
    let bad = ask(&market, key, ("x y", now), "?from=x&until=y").await;
    assert_eq!(bad.1["code"], "malformed_message");
}
