//! The agent's mail server in every kind of trouble (TRUST.md F08): letters wait, also while the
//! agent is killed, and come once it is over; who can never be asked pays nothing and hears of it.
//! However often a question is sent, its link is the same, and no other question has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use shared_protocol::PurchaseState;
use whole_system::{
    Result, Shop,
    client::{Attempt, Client, good_form},
    mail::{Letter, Mood},
};

use super::{owed, reserved, wait_for};

#[tokio::test]
async fn letters_to_a_mail_server_that_is_down_outlive_the_agent() -> Result {
    let mut shop = Shop::start().await?;
    let client = shop.client().await?;
    shop.post.stop()?;
    let orders = [order(&client).await?, order(&client).await?];
    for order in &orders {
        let tried = letter(&shop, order, "confirm", "waiting").await?;
        ensure!(tried["last_fault"] == "not now: the mail server cannot be reached", "{tried}");
    }
    shop.agent.kill9()?;
    shop.post.start_again()?;
    shop.agent.start().await?;
    shop.advance(A_WAIT).await?;
    shop.post.wait_for(2).await?;
    for order in &orders {
        letter(&shop, order, "confirm", "done").await?;
    }
    let links = questions(&shop)?;
    ensure!(links.len() == 2, "each has one: {links:?}");
    for link in links.values() {
        confirm(&client, link).await?;
    }
    for order in &orders {
        wait_for(&client, order, PurchaseState::Confirmed).await?;
    }
    owed(&shop).map(drop)
}

#[tokio::test]
async fn a_mail_server_that_says_451_gets_the_letter_later_once() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    shop.post.begin(Mood::Refuses("451 try again later"))?;
    let order = order(&client).await?;
    let tried = letter(&shop, &order, "confirm", "waiting").await?;
    ensure!(tried["last_fault"] == "not now: the mail server answered 451", "{tried}");
    ensure!(client.status(order.purchase).await?.state == PurchaseState::Accepted);
    shop.post.recover()?;
    shop.advance(A_WAIT).await?;
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    letter(&shop, &order, "confirm", "done").await?;
    confirm(&client, &link).await?;
    wait_for(&client, &order, PurchaseState::Confirmed).await?;
    ensure!(questions(&shop)?.len() == 1, "it is one letter");
    owed(&shop).map(drop)
}

/// An address that does not exist cannot say yes: nobody pays. Once letters arrive, the shopper
/// reads so, and the shop is told in any case.
#[tokio::test]
async fn a_mail_server_that_says_550_confirms_nothing_and_the_shopper_is_told() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    shop.post.begin(Mood::RefusesOnce("550 no such user"))?;
    let told = order(&client).await?;
    wait_for(&client, &told, PurchaseState::Expired).await?;
    let dead = letter(&shop, &told, "confirm", "dead").await?;
    ensure!(dead["last_fault"] == "never: the mail server answered 550", "{dead}");
    is_off(&shop.post.wait_for(1).await?)?;

    shop.post.begin(Mood::Refuses("550 no such user"))?;
    let untold = order(&client).await?;
    wait_for(&client, &untold, PurchaseState::Expired).await?;
    letter(&shop, &untold, "expired", "dead").await?;
    for order in [&told, &untold] {
        wait_for_the_shop(&client, order, PurchaseState::Expired).await?;
    }
    ensure!(shop.post.letters()?.len() == 1);
    ensure!(reserved(&shop)? == 0 && owed(&shop)? == 0);
    Ok(())
}

/// Nobody knows that the question never came: it is taken for one that nobody answered.
#[tokio::test]
async fn a_mail_server_that_takes_a_letter_and_loses_it_costs_nobody_anything() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    shop.post.begin(Mood::Loses)?;
    let order = order(&client).await?;
    letter(&shop, &order, "confirm", "done").await?;
    ensure!(client.status(order.purchase).await?.state == PurchaseState::Accepted);
    ensure!(shop.post.letters()?.is_empty());
    shop.post.recover()?;
    shop.advance(73 * 3600).await?;
    wait_for(&client, &order, PurchaseState::Expired).await?;
    is_off(&shop.post.wait_for(1).await?)?;
    wait_for_the_shop(&client, &order, PurchaseState::Expired).await?;
    ensure!(reserved(&shop)? == 0 && owed(&shop)? == 0);
    Ok(())
}

/// It has the letter, but says so too late: it gets it again, as the same letter. Meanwhile others
/// get theirs.
#[tokio::test]
async fn a_mail_server_that_is_slow_over_a_letter_gets_the_same_one_again() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    shop.post.begin(Mood::SlowOnce(LONGER_THAN_ANYBODY_WAITS))?;
    let slow = order(&client).await?;
    let first = shop.post.wait_for(1).await?;
    let other = order(&client).await?;
    letter(&shop, &other, "confirm", "done").await?;
    let sent = letter(&shop, &slow, "confirm", "done").await?;
    ensure!(sent["attempts"] == 2, "{sent}");
    let same = |letter: &&Letter| letter.message_id() == first.message_id();
    ensure!(shop.post.letters()?.iter().filter(same).count() > 1, "it came again");
    ensure!(questions(&shop)?.len() == 2, "as the same letter");
    confirm(&client, &first.confirm_link()?).await?;
    wait_for(&client, &slow, PurchaseState::Confirmed).await?;
    ensure!(client.status(other.purchase).await?.state == PurchaseState::Accepted);
    owed(&shop).map(drop)
}

/// Where the settings ask for TLS, a letter waits until there is some: none goes in the clear.
#[tokio::test]
async fn a_mail_server_that_refuses_tls_gets_no_letter_until_it_does() -> Result {
    let mut shop = Shop::start().await?;
    let client = shop.client().await?;
    let plain = shop.post.url.clone();
    let wrapped = plain.replace("smtp://", "smtps://");
    let mut now = plain.clone();
    for with_tls in [format!("{plain}?tls=required"), wrapped] {
        shop.change(CONFIG, &format!("{now:?}"), &format!("{with_tls:?}")).await?;
        now = with_tls;
        let order = order(&client).await?;
        let tried = letter(&shop, &order, "confirm", "waiting").await?;
        ensure!(tried["last_fault"] == "not now: the mail server cannot be reached", "{tried}");
    }
    ensure!(shop.post.letters()?.is_empty(), "in the clear");
    shop.change(CONFIG, &format!("{now:?}"), &format!("{plain:?}")).await?;
    shop.advance(A_WAIT).await?;
    shop.post.wait_for(2).await?.confirm_link().map(drop)
}

/// A purchase about which the agent has a question to send.
async fn order(client: &Client) -> Result<Attempt> {
    let attempt = client.prepare("SENCHA-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    let word = client.submit(&attempt, &grant).await?.expect("a good Grant");
    client.forward(&attempt, &word).await?.expect("a word on it");
    Ok(attempt)
}

async fn confirm(client: &Client, link: &str) -> Result {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let said = client.http.post(link).header(form.0, form.1).body("decision=ok").send().await?;
    ensure!(said.status().is_success(), "{}", said.status());
    Ok(())
}

/// The links of all letters by the letters' names. A letter may come twice, but then it is the same
/// in all; and no two have one link.
fn questions(shop: &Shop) -> Result<BTreeMap<Option<String>, String>> {
    let mut links = BTreeMap::new();
    for letter in shop.post.letters()? {
        let link = letter.confirm_link()?;
        let first = links.entry(letter.message_id()).or_insert_with(|| link.clone());
        ensure!(*first == link, "another link in the same letter");
    }
    let distinct: BTreeSet<_> = links.values().collect();
    ensure!(distinct.len() == links.len(), "a link is of one purchase");
    Ok(links)
}

/// The agent's letter of this kind about a purchase, once it was tried and is in this state.
async fn letter(shop: &Shop, about: &Attempt, kind: &str, state: &str) -> Result<Value> {
    let purchase = about.purchase.to_string();
    for _ in 0..600 {
        let told = shop.agent_cli(&["outbox", "list", "--state", state, "--json"])?;
        let mut owed = told["outbox"].as_array().context("a list")?.iter();
        let found = owed.find(|entry| {
            entry["kind"] == "mail"
                && entry["what"] == kind
                && entry["purchase"] == purchase
                && (state != "waiting" || entry["last_fault"].is_string())
        });
        if let Some(entry) = found {
            return Ok(entry.clone());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("no {kind} letter is {state}: {}", String::from_utf8_lossy(&shop.agent.log()?))
}

async fn wait_for_the_shop(client: &Client, about: &Attempt, state: PurchaseState) -> Result {
    for _ in 0..600 {
        if client.merchant_status(about.purchase).await?.state == state {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the shop is not told that it is {state:?}")
}

/// The letter says that nothing was charged, and asks nothing.
fn is_off(letter: &Letter) -> Result {
    let text = letter.text();
    ensure!(text.contains("お金は動いていません"), "{text}");
    ensure!(letter.confirm_link().is_err(), "it asks: {text}");
    Ok(())
}

const CONFIG: &str = "agent-server/agent.toml";
/// The longest wait between two tries.
const A_WAIT: u64 = 3600;
/// Seconds.
const LONGER_THAN_ANYBODY_WAITS: u32 = 30;
