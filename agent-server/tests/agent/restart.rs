//! A server that dies between commit and answer, or before the commit, loses and doubles nothing
//! (TRUST.md F01, F02).

use std::{
    path::Path,
    process::{Child, Command},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use agent_server::entropy::Entropy;
use reqwest::Method;
use shared_protocol::{Problem, PurchaseState, encode};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{market::Market, shopper::id};

#[tokio::test]
async fn after_a_restart_the_same_request_gets_the_same_grant() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    let before = market.ask_grant(&attempt).await.unwrap();
    let market = market.restart().await;
    assert_eq!(market.ask_grant(&attempt).await.unwrap(), before);
    assert_eq!(market.reserved("01").await, 3850);
}

/// The caller goes away before the answer: what was committed is found again.
#[tokio::test]
async fn an_answer_that_nobody_heard_is_given_again() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    let body = encode(&attempt.request);
    let head = format!(
        "PUT /v1/purchases/{}/grant HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\
         content-type: application/vnd.warifu.grant-request\r\n\r\n",
        attempt.purchase,
        body.len()
    );
    let mut stream = TcpStream::connect(market.agent.addr).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    drop(stream);
    let grant = market.grant(&attempt).await.unwrap();
    assert_eq!(market.status(&id(&grant)).await.grant, Some(grant));
    assert_eq!(market.reserved("01").await, 3850);
}

/// SIGTERM in the middle of a slow grant: it is finished and answered, then the server ends well.
#[tokio::test]
async fn a_kind_stop_finishes_what_was_begun() {
    let Market { agent, merchant, http, folder, .. } = Market::open().await;
    agent.shutdown().await;
    let (mut server, base) = serve(&folder.path().join("agent"), &http).await;
    let order = crate::shopper::order_at(&http, &base, &merchant).await.unwrap();
    let attempt = crate::shopper::Order { contract: "C900000000005", ..order }.seal();
    let url = format!("{base}/v1/purchases/{}/grant", attempt.purchase);
    let request = http.put(url).body(encode(&attempt.request));
    let request = request.header("content-type", "application/vnd.warifu.grant-request");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let stopped = Command::new("kill").arg(server.0.id().to_string()).status();
        assert!(stopped.unwrap().success());
    };
    let (answer, ()) = tokio::join!(request.send(), stop);
    assert!(crate::market::answer(answer.unwrap()).await.is_ok());
    assert!(server.0.wait().unwrap().success());
    assert!(http.get(format!("{base}/readyz")).send().await.is_err());
}

/// `kill -9` at random moments while eight shoppers buy: every Grant that somebody was given is
/// there afterwards, byte for byte, and each contract holds exactly what it granted.
#[tokio::test]
async fn kill_9_loses_no_grant_that_was_given() {
    let market = Market::open().await;
    let keys = market.agent.app.keys.verifying_keys();
    let folder = market.folder.path().join("agent");
    let Market { agent, clock, merchant, http, folder: kept } = market;
    agent.shutdown().await;
    let mut given = Vec::new();
    for round in 0..4_u64 {
        let (mut server, base) = serve(&folder, &http).await;
        let bought = AtomicUsize::new(0);
        let shoppers = (0..8).map(|_| buy_until_dead(&http, &base, &merchant, &bought));
        let jitter = u64::from(Entropy::new().bytes::<1>()[0]);
        let kill = async {
            while bought.load(Ordering::Relaxed) < 6 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(round * 100 + jitter)).await;
            server.0.kill().unwrap();
        };
        let (bought, ()) = tokio::join!(futures_util::future::join_all(shoppers), kill);
        server.0.wait().unwrap();
        given.extend(bought.into_iter().flatten());
    }
    assert!(given.len() > 20, "only {} grants", given.len());
    let market = Market::over(kept, clock, merchant, http).await;
    assert_eq!(market.agent.app.keys.verifying_keys(), keys);
    for (attempt, grant) in &given {
        assert_eq!(&market.ask_grant(attempt).await.unwrap(), grant);
        assert_eq!(market.state(&attempt.purchase).await, PurchaseState::Granted);
    }
    // Some may have been committed and not answered, so at least what was given is held.
    assert!(market.reserved("01").await >= 3850 * given.len() as u64);
    assert_eq!(market.reserved("01").await % 3850, 0);
}

/// The real program; it ends with the test, however that ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// It on a free port, ready.
async fn serve(folder: &Path, http: &reqwest::Client) -> (Server, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_agent-server"));
    program.env("WARIFU_DATABASE_URL", crate::market::database_url(folder.parent().unwrap()));
    program.args(["serve", "--demo", "--test-clock", "--data"]).arg(folder);
    let (server, base) = crate::program::start(&mut program);
    let server = Server(server);
    for _ in 0..2400 {
        let answer = http.get(format!("{base}/readyz")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return (server, base);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not ready");
}

/// Buys until the server is gone; what it was given, with the requests.
async fn buy_until_dead(
    http: &reqwest::Client,
    base: &str,
    merchant: &crate::merchant::Merchant,
    bought: &AtomicUsize,
) -> Vec<(crate::shopper::Attempt, Vec<u8>)> {
    let mut given = Vec::new();
    while let Some(order) = crate::shopper::order_at(http, base, merchant).await {
        let attempt = order.seal();
        let url = format!("{base}/v1/purchases/{}/grant", attempt.purchase);
        let sent = http
            .request(Method::PUT, url)
            .header("content-type", "application/vnd.warifu.grant-request")
            .body(encode(&attempt.request))
            .send()
            .await;
        let Ok(answer) = sent else { break };
        match crate::market::answer(answer).await {
            Ok(bytes) => {
                bought.fetch_add(1, Ordering::Relaxed);
                given.push((attempt, bytes));
            }
            Err(Problem::LimitExceeded) => break,
            Err(problem) => panic!("{problem:?}"),
        }
    }
    given
}
