//! More is asked than can be answered (TRUST.md F22): lists are refused, purchases are not.

use futures_util::future::join_all;
use reqwest::header::RETRY_AFTER;
use shared_protocol::{Problem, Signer as _};

use crate::market::Market;

#[tokio::test]
async fn lists_are_refused_while_purchases_go_on() {
    let market = Market::open_with(|config| config.requests_at_once = 24).await;
    let ask = |after: i64| {
        // Somebody waits for news: the dearest of lists.
        let time = market.now().as_secs();
        let said = format!("warifu events\nagt_demo\nmrc_tea\n{after}\n{time}");
        let signature = market.merchant.key.sign(said.as_bytes());
        use base64::Engine as _;
        let signature =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature.as_bytes());
        let url = market.url(&format!("/v1/merchants/mrc_tea/events?after={after}&wait=2"));
        let request = market.http.get(url).header("warifu-time", time);
        request.header("warifu-signature", signature).send()
    };
    let newest = i64::MAX / 2;
    let flood = join_all((0..100).map(|_| ask(newest)));
    let deals = async {
        let mut done = 0;
        for _ in 0..8 {
            market.sale().await;
            done += 1;
        }
        done
    };
    let (lists, deals) = tokio::join!(flood, deals);
    assert_eq!(deals, 8, "every purchase went through, from the challenge to the consent");
    let mut shed = 0;
    for answer in lists {
        let answer = answer.unwrap();
        if answer.status() == 503 {
            assert!(answer.headers().contains_key(RETRY_AFTER));
            let told = crate::market::answer(answer).await;
            assert_eq!(told.err(), Some(Problem::Unavailable));
            shed += 1;
        } else {
            assert_eq!(answer.status(), 200);
        }
    }
    assert!((50..100).contains(&shed), "six at a time wait for news: {shed} of 100 were refused");
    println!("  {shed} of 100 lists refused, {deals} of 8 purchases made");
    assert_eq!(ask(newest).await.unwrap().status(), 200, "afterwards they are answered again");
}
