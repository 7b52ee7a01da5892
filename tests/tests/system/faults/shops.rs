//! Shops that cannot be reached when the order comes (TRUST.md F05), and answers that are lost
//! (F06): the agent asks for a while, and nobody pays for what is not there.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use shared_protocol::{Problem, PurchaseState};
use whole_system::{
    Result, Shop,
    client::{Attempt, Client, good_form},
    server::{Server, http},
    tap::Weather,
};

use super::{owed, reserved, wait_for};

/// How a shop is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Away {
    Stopped,
    Resets,
    IsSilent,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_to_a_shop_that_was_stopped_is_void_and_nobody_pays() -> Result {
    is_void(Away::Stopped).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_to_a_shop_that_resets_the_line_is_void_and_nobody_pays() -> Result {
    is_void(Away::Resets).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_to_a_shop_that_is_silent_is_void_and_nobody_pays() -> Result {
    is_void(Away::IsSilent).await
}

/// The money is held and the order is nowhere. The agent asks the shop again and again: one that
/// comes back says that it has no such order, one that never does is believed to have none.
async fn is_void(how: Away) -> Result {
    let mut shop = Shop::start().await?;
    let client = shop.client().await?;
    let returns = undelivered(&mut shop, &client, how).await?;
    come_back(&mut shop, how, LONG + AN_HOUR).await?;
    shop.advance(AN_HOUR).await?;
    is_over(&shop, &client, &returns).await?;

    let stays_away = undelivered(&mut shop, &client, how).await?;
    advance(&shop.agent, GIVEN_UP).await?;
    wait_for(&client, &stays_away.0, PurchaseState::Expired).await?;
    let all = 2 * (LONG + AN_HOUR) + AN_HOUR + GIVEN_UP;
    come_back(&mut shop, how, all).await?;
    is_over(&shop, &client, &stays_away).await
}

type Granted = (Attempt, shared_protocol::Signed<shared_protocol::Grant>);

/// A Grant that cannot be redeemed, and after which the agent has asked twice in vain.
async fn undelivered(shop: &mut Shop, client: &Client, how: Away) -> Result<Granted> {
    let attempt = client.prepare("SENCHA-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    advance(&shop.merchant, LONG + AN_HOUR).await?;
    match how {
        Away::Stopped => shop.merchant.kill9()?,
        Away::Resets => shop.merchant_tap.set(Weather::Breaks),
        Away::IsSilent => shop.merchant_tap.set(Weather::Swallows),
    }
    let submitted = client.submit(&attempt, &grant);
    let answer = tokio::time::timeout(Duration::from_secs(3), submitted).await;
    ensure!(answer.is_err() || answer.is_ok_and(|answer| answer.is_err()), "{how:?}");
    ensure!(client.status(attempt.purchase).await?.state == PurchaseState::Granted);
    ensure!(reserved(shop)? > 0, "the money is held");
    advance(&shop.agent, LONG).await?;
    let first = wait_for_question(shop, &attempt, 1).await?;
    ensure!(first["last_fault"].is_string(), "{first}");
    advance(&shop.agent, AN_HOUR).await?;
    wait_for_question(shop, &attempt, 2).await?;
    ensure!(client.status(attempt.purchase).await?.state == PurchaseState::Granted);
    ensure!(reserved(shop)? > 0, "as long as the shop may have the order");
    Ok((attempt, grant))
}

/// Its clock stands still while it is stopped.
async fn come_back(shop: &mut Shop, how: Away, ahead: u64) -> Result {
    shop.merchant_tap.set(Weather::Fair);
    if how == Away::Stopped {
        shop.merchant.set_option("--ahead", &ahead.to_string());
        shop.merchant.start().await?;
    }
    Ok(())
}

/// The purchase has ended, for the agent, the shop and whoever comes late with the Grant.
async fn is_over(shop: &Shop, client: &Client, (attempt, grant): &Granted) -> Result {
    wait_for(client, attempt, PurchaseState::Expired).await?;
    ensure!(reserved(shop)? == 0 && owed(shop)? == 0, "it is as if it had not been");
    let late = client.submit(attempt, grant).await?.err().map(|refused| refused.problem);
    let is_closed = |problem| matches!(problem, Problem::PurchaseClosed | Problem::GrantExpired);
    ensure!(late.is_some_and(is_closed), "{late:?}");
    let orders = shop.merchant_cli(&["orders", "list", "--json"])?;
    ensure!(orders.as_array().is_some_and(Vec::is_empty), "{orders}");
    ensure!(shop.post.letters()?.is_empty(), "nothing was asked");
    Ok(())
}

/// TRUST.md F06: the shop takes the order and its answer is lost. Nobody says that it failed, asked
/// by its id it is accepted, and there is one order and one question.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_answer_is_lost_is_taken_once_and_never_said_to_have_failed() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("SENCHA-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    shop.merchant_tap.set(Weather::LosesAnswers);
    for _ in 0..3 {
        ensure!(client.submit(&attempt, &grant).await.is_err(), "the answer came");
        let state = client.status(attempt.purchase).await?.state;
        ensure!(matches!(state, PurchaseState::Granted | PurchaseState::Accepted), "{state:?}");
    }
    shop.merchant_tap.set(Weather::Fair);
    let state = client.merchant_status(attempt.purchase).await?.state;
    ensure!(state == PurchaseState::Accepted, "{state:?}");
    let word = client.submit(&attempt, &grant).await?.expect("the answer of before");
    client.forward(&attempt, &word).await?.expect("a word on its own Grant");
    wait_for(&client, &attempt, PurchaseState::Accepted).await?;
    shop.post.wait_for(1).await?.confirm_link()?;
    let orders = shop.merchant_cli(&["orders", "list", "--json"])?;
    ensure!(orders.as_array().map(Vec::len) == Some(1), "{orders}");
    Ok(())
}

/// Waits until the agent has asked about a purchase so many times.
async fn wait_for_question(shop: &Shop, attempt: &Attempt, times: u64) -> Result<Value> {
    let purchase = attempt.purchase.to_string();
    for _ in 0..900 {
        let told = shop.agent_cli(&["outbox", "list", "--state", "waiting", "--json"])?;
        let mut waiting = told["outbox"].as_array().context("a list")?.iter();
        let asked = waiting.find(|entry| {
            entry["what"] == "purchase.lapsed"
                && entry["purchase"] == purchase
                && entry["last_fault"].is_string()
                && entry["attempts"].as_u64() >= Some(times)
        });
        if let Some(asked) = asked {
            return Ok(asked.clone());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the agent does not ask {times} times")
}

async fn advance(server: &Server, seconds: u64) -> Result {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let request = http()?.post(format!("{}/_demo/clock", server.url)).header(form.0, form.1);
    let said = request.body(format!("advance={seconds}")).send().await?;
    ensure!(said.status().is_success(), "{}", said.status());
    Ok(())
}

/// So long that a Grant is over.
const LONG: u64 = 12 * 60;
/// The longest wait between two questions.
const AN_HOUR: u64 = 3600;
/// After so long the agent asks no more.
const GIVEN_UP: u64 = 73 * 3600;
