//! What a merchant's own programs read as JSON, by their token: a purchase, a payout, a statement,
//! events. It is what the books say, of that merchant alone, and nothing of who pays.

use agent_server::{
    domain::{
        ledger::Account,
        merchant_books::{Asked, statement},
        merchant_token::MerchantToken,
        settlement::settle_day,
    },
    entropy::Entropy,
    files::write_statement,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared_protocol::{Problem, Span};

use crate::market::{Market, answer};

impl Market {
    /// A token of this merchant's, and its row.
    async fn token_of(&self, merchant: &str) -> (String, i64) {
        let token = MerchantToken::random(&Entropy::new());
        let (store, merchant) = (&self.agent.app.store, merchant.parse().unwrap());
        let row = store.add_merchant_token(merchant, "till".into(), token.digest(), self.now());
        (token.expose().to_string(), row.await.unwrap())
    }

    async fn own(&self, token: &str, path: &str) -> Result<Value, Problem> {
        let request = self.http.get(self.url(&format!("/v1/merchants/mrc_tea/{path}")));
        let sent = request.bearer_auth(token).send().await.unwrap();
        answer(sent).await.map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    /// The statement of all days, and that it is the journal's.
    async fn statement(&self, token: &str) -> Value {
        let said = self.own(token, "statement?from=2020-01-01&to=2099-12-31").await.unwrap();
        let owed = -self.balances().await.of(&Account::Payable("mrc_tea".parse().unwrap()), "JPY");
        assert_eq!(i128::from(said["closing"].as_i64().unwrap()), owed);
        for sums in ["totals", "lines"] {
            let net = said[sums].as_array().unwrap().iter().map(|one| one["net"].as_i64().unwrap());
            assert_eq!(said["opening"].as_i64().unwrap() + net.sum::<i64>(), said["closing"]);
        }
        said
    }
}

#[tokio::test]
async fn a_purchase_its_payout_and_the_statement_say_what_the_books_say() {
    let market = Market::open().await;
    let (token, _) = market.token_of("mrc_tea").await;
    let sale = market.sale().await;
    sale.ship("s-1").await.unwrap();
    sale.claim("c-1", 3000).await.unwrap();
    let purchase = format!("purchases/{}", sale.id());
    let said = market.own(&token, &purchase).await.unwrap();
    assert_eq!((&said["state"], &said["amount"]), (&json!("confirmed"), &json!(3850)));
    assert_eq!((&said["claimed"], &said["open"]), (&json!(3000), &json!(850)));
    assert_eq!(said["words"][1]["payout"], Value::Null);
    let before = market.statement(&token).await;
    assert_eq!(before["lines"][0]["name"], "c-1");
    assert_eq!(before["lines"][0]["gross"], 3000);
    market.advance(Span::hours(48));
    settle_day(&market.agent.app, market.now()).await.unwrap();
    sale.refund("r-1", 1000).await.unwrap();
    let said = market.own(&token, &purchase).await.unwrap();
    let payout = said["words"][1]["payout"].as_str().unwrap();
    assert_eq!((&said["refunded"], &said["words"][2]["payout"]), (&json!(1000), &Value::Null));
    let paid = market.own(&token, &format!("payouts/{payout}")).await.unwrap();
    let (of, lines) = (&paid["payout"], paid["lines"].as_array().unwrap());
    assert_eq!((&of["state"], &of["amount"]), (&json!("waiting"), &said["words"][1]["share"]));
    assert_eq!((lines.len(), &lines[0]["share"]), (1, &of["amount"]));
    let days = "payouts?from=2020-01-01&until=2099-12-31";
    assert_eq!(market.own(&token, days).await.unwrap()["payouts"], json!([of]));
    let after = market.statement(&token).await;
    let kinds: Vec<_> = after["lines"].as_array().unwrap().iter().map(|l| &l["kind"]).collect();
    assert_eq!(kinds, ["claim", "payout", "refund"]);
    assert_eq!(after["lines"][1]["payout"], payout);
    assert_eq!(csv(&market).await, ["opening", "claim", "payout", "refund", "closing"]);
    let later = after["lines"][1]["entry"].as_str().unwrap();
    let rest = format!("statement?from=2020-01-01&to=2099-12-31&after={later}");
    assert_eq!(market.own(&token, &rest).await.unwrap()["lines"].as_array().unwrap().len(), 1);
    let none = market.own(&token, "statement?from=2020-01-01&to=2020-01-31").await.unwrap();
    assert_eq!((&none["opening"], &none["closing"]), (&json!(0), &json!(0)));
    let all = [said, paid, after].map(|json| json.to_string()).concat();
    for secret in ["C100000000001", "2468", "contract", "@example.jp", "instalments"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

/// The kinds of the records that an accountant gets; the balance goes on from one to the next.
async fn csv(market: &Market) -> Vec<String> {
    let (from, to) = ("2020-01-01".parse().unwrap(), "2099-12-31".parse().unwrap());
    let currency = shared_protocol::Currency::JPY;
    let asked = Asked { merchant: "mrc_tea".parse().unwrap(), currency, from, to };
    let (store, zone) = (&market.agent.app.store, market.agent.app.config.zone());
    let made = statement(store, &zone, asked, (0, 1000)).await.unwrap().unwrap();
    let text = String::from_utf8(write_statement(&made, &zone).unwrap()).unwrap();
    let records: Vec<Vec<_>> = text.lines().map(|line| line.split(',').collect()).collect();
    let number = |text: &str| text.parse::<i64>().unwrap();
    for pair in records[1..records.len() - 1].windows(2) {
        assert_eq!(number(pair[0][10]) + number(pair[1][9]), number(pair[1][10]), "{text}");
    }
    let [.., last, closing] = records.as_slice() else { panic!("{text}") };
    assert_eq!((last[10], number(closing[10])), (closing[10], made.closing));
    records[1..].iter().map(|record| record[3].to_owned()).collect()
}

#[tokio::test]
async fn a_token_opens_what_is_its_merchants_and_nothing_once_it_is_revoked() {
    let market = Market::open().await;
    let other = agent_server::domain::Merchant {
        id: "mrc_other".parse().unwrap(),
        origins: vec!["https://other.example".into()],
        ..market.merchant.registration()
    };
    market.agent.app.store.put_merchant(other, market.now()).await.unwrap();
    let (token, row) = market.token_of("mrc_tea").await;
    let (others, _) = market.token_of("mrc_other").await;
    let sale = market.sale().await;
    let purchase = format!("purchases/{}", sale.id());
    let no = Err(Problem::TokenInvalid);
    for path in [purchase.as_str(), "statement?from=2026-01-01&to=2026-01-02"] {
        assert_eq!(market.own(&others, path).await, no, "{path}");
        assert_eq!(market.own("wmt_x", path).await, no, "{path}");
        let url = market.url(&format!("/v1/merchants/mrc_tea/{path}"));
        let bare = market.http.get(url).send().await.unwrap();
        assert_eq!(bare.headers()["www-authenticate"], "Bearer");
        assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    }
    let path = format!("/v1/merchants/mrc_other/{purchase}");
    let sent = market.http.get(market.url(&path)).bearer_auth(&others).send().await.unwrap();
    assert_eq!(answer(sent).await, Err(Problem::PurchaseUnknown), "another merchant's purchase");
    let events = market.own(&token, "events?after=0&wait=10").await.unwrap();
    assert!(events["events"][0]["webhook-id"].as_str().unwrap().starts_with("evt_"));
    assert_eq!(market.own(&others, "events?after=0").await, no);
    let (store, now) = (&market.agent.app.store, market.now());
    let (tea, else_) = ("mrc_tea".parse().unwrap(), "mrc_other".parse().unwrap());
    assert!(!store.revoke_merchant_token(else_, row, now).await.unwrap());
    assert!(store.revoke_merchant_token(tea, row, now).await.unwrap());
    assert_eq!(market.own(&token, &purchase).await, no);
}

#[tokio::test]
async fn a_purchase_that_was_declined_is_none_of_the_merchants() {
    let market = Market::open().await;
    let (token, _) = market.token_of("mrc_tea").await;
    let mut order = market.order().await;
    order.code = "1357";
    let sealed = order.seal();
    assert_eq!(market.grant(&sealed).await.err(), Some(Problem::ContractNotRecognised));
    let path = format!("purchases/{}", sealed.purchase);
    assert_eq!(market.own(&token, &path).await, Err(Problem::PurchaseUnknown));
    let wrong = ["statement?from=2026-02-01&to=2026-01-31", "statement?from=x&to=2026-01-31"];
    for path in wrong {
        assert_eq!(market.own(&token, path).await, Err(Problem::MalformedMessage), "{path}");
    }
    for path in ["payouts/pay_1", "payouts/1", "payouts/pay_x"] {
        assert_eq!(market.own(&token, path).await, Err(Problem::NotFound), "{path}");
    }
}
