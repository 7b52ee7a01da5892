//! More is asked than can be answered (TRUST.md F22): what is shown is refused, orders are not.

use futures_util::future::join_all;
use shared_protocol::Problem;

use crate::market::Market;

#[tokio::test]
async fn offers_are_refused_while_orders_are_taken() {
    let market = Market::start_with(crate::market::SAMPLE, |config| {
        config.requests_at_once = 2;
    })
    .await;
    let attempt = market.prepare("TEAPOT-01").await;
    let proof = market.signed(&market.grant(&attempt));
    let shown = join_all((0..60).map(|_| market.get("/warifu/v1/offers/TEAPOT-01")));
    let order = async {
        for _ in 0..100 {
            let answer = market.submit(&attempt, proof.clone()).await;
            if answer.status == 200 {
                return true;
            }
            assert_eq!(answer.problem(), Problem::Unavailable);
        }
        false
    };
    let (shown, taken) = tokio::join!(shown, order);
    assert!(taken, "half of the room is kept for orders");
    let shed = shown.iter().filter(|answer| answer.status == 503).count();
    for answer in &shown {
        match answer.status {
            503 => assert_eq!(answer.headers["retry-after"], "2"),
            status => assert_eq!(status, 200),
        }
    }
    println!("  {shed} of 60 Offers refused");
    market.prepare("TEAPOT-01").await;
}
