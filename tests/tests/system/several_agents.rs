//! Two agents, as processes, on one PostgreSQL: a purchase goes from one to the other at every
//! step, and goes on when one of them is killed.

use std::{collections::BTreeSet, time::Duration};

use shared_protocol::PurchaseState;
use whole_system::{
    Result, Shop,
    client::{Attempt, Client, good_form},
    mail::Letter,
    server::{Server, http},
    shop::Start,
};

#[tokio::test]
async fn a_purchase_goes_through_two_agents_on_one_postgresql() -> Result {
    let mut shop = Shop::start_on(Start::Demo, Some(&postgres_cluster::fresh())).await?;
    let other = shop.agent_beside().await?;
    let first = shop.client().await?;
    let second = Client::meet(&other.url, &shop.merchant.url, "mrc_tea").await?;

    let attempt = first.prepare("TEAPOT-01", good_form()).await?;
    let grant = second.grant(&attempt).await?.expect("a challenge of the other agent's");
    let again = first.grant(&attempt).await?.expect("the same request");
    assert_eq!(again, grant, "one Grant, whoever is asked");
    let word = second.submit(&attempt, &grant).await?.expect("a Grant of either");
    first.forward(&attempt, &word).await?.expect("a word on a Grant of the other's");

    let letter = shop.post.wait_for(1).await?;
    let link = letter.confirm_link()?.replace(&shop.agent.url, &other.url);
    let page = http()?.get(&link).send().await?.text().await?;
    assert!(page.contains("name=\"decision\""), "the other agent asks the question: {page}");
    confirm(&link).await?;
    wait_for(&first, &attempt, PurchaseState::Confirmed).await?;
    for _ in 0..600 {
        if first.merchant_status(attempt.purchase).await?.state == PurchaseState::Confirmed {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(first.merchant_status(attempt.purchase).await?.state, PurchaseState::Confirmed);

    shop.agent.kill9()?;
    let attempt = second.prepare("TEAPOT-01", good_form()).await?;
    let grant = second.grant(&attempt).await?.expect("one of two is enough");
    let word = second.submit(&attempt, &grant).await?.expect("and its Grant");
    second.forward(&attempt, &word).await?.expect("and its word");
    wait_for(&second, &attempt, PurchaseState::Accepted).await?;
    letters(&shop, 3).await?;
    let audit = shop.agent_cli(&["audit", "--json"])?;
    assert_eq!(audit["findings"].as_array().map(Vec::len), Some(0), "{audit}");
    drop::<Server>(other);
    Ok(())
}

async fn confirm(link: &str) -> Result {
    let form = "application/x-www-form-urlencoded";
    let sent = http()?.post(link).header("content-type", form).body("decision=ok").send().await?;
    anyhow::ensure!(sent.status().is_success(), "{}", sent.status());
    Ok(())
}

async fn wait_for(client: &Client, attempt: &Attempt, state: PurchaseState) -> Result {
    for _ in 0..600 {
        if client.status(attempt.purchase).await?.state == state {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("still not {state:?}")
}

/// A question, perhaps a receipt, another question: each came once, by its Message-ID.
async fn letters(shop: &Shop, most: usize) -> Result {
    shop.post.wait_for(2).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let letters = shop.post.letters()?;
    let ids: BTreeSet<_> = letters.iter().map(Letter::message_id).collect();
    assert_eq!(ids.len(), letters.len(), "no letter came twice");
    assert!(letters.len() <= most);
    Ok(())
}
