//! `kill -9` of either server at random moments during purchases, restart, the same ids again: no
//! acknowledged purchase is lost, none is doubled (TRUST.md F01, F02).

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use rand_core::TryRng as _;
use shared_protocol::{Acceptance, Grant, PurchaseState, Signed};
use whole_system::{
    Result, Shop,
    client::{Attempt, Client, good_form},
    randomness::Entropy,
};

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_doubled() -> Result {
    let cycles: usize = std::env::var("WARIFU_KILL_CYCLES").map_or(Ok(12), |n| n.parse())?;
    let mut shop = Shop::start().await?;
    let client = shop.client().await?;
    let mut known = HashMap::new();
    for cycle in 0..cycles {
        let attempts = prepare(&client, 4).await?;
        let (done, ()) = tokio::join!(buy_all(&client, &attempts), kill_soon(&mut shop, cycle));
        restart(&mut shop).await?;
        for (attempt, seen) in attempts.into_iter().zip(done) {
            let grant = client.grant(&attempt).await?.expect("a good contract, asked again");
            let word = client.submit(&attempt, &grant).await?.expect("a good order, asked again");
            seen.same_as(&grant, &word);
            known.insert(attempt.purchase.to_string(), word);
        }
    }
    let orders = shop.merchant_cli(&["orders", "list", "--json"])?;
    let orders = orders.as_array().cloned().unwrap_or_default();
    assert_eq!(orders.len(), known.len(), "one order for each purchase");
    for purchase in known.keys() {
        wait_until_accepted(&client, purchase).await?;
    }
    one_question_each(&shop, known.len()).await?;
    println!("{cycles} kill -9 cycles, {} purchases", known.len());
    Ok(())
}

/// The agent learns of every order, from the browser or from the shop's outbox.
async fn wait_until_accepted(client: &Client, purchase: &str) -> Result {
    let id = purchase.parse().expect("its own id");
    for _ in 0..300 {
        if client.status(id).await?.state == PurchaseState::Accepted {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("the agent never heard of the order for {purchase}")
}

/// A letter may come twice after a crash, but then it is the same letter by its Message-ID.
async fn one_question_each(shop: &Shop, purchases: usize) -> Result {
    let mut ids = HashSet::new();
    for _ in 0..300 {
        for letter in shop.post.letters()? {
            let text = String::from_utf8_lossy(&letter.raw).into_owned();
            let id = text.lines().find(|line| line.to_lowercase().starts_with("message-id:"));
            ids.insert(id.map(String::from));
        }
        if ids.len() >= purchases {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(ids.len(), purchases, "one question for each purchase");
    Ok(())
}

/// What a client was told before the lights went out.
#[derive(Default)]
struct Seen {
    grant: Option<Signed<Grant>>,
    word: Option<Signed<Acceptance>>,
}

impl Seen {
    fn same_as(&self, grant: &Signed<Grant>, word: &Signed<Acceptance>) {
        assert!(self.grant.as_ref().is_none_or(|seen| seen == grant), "the Grant changed");
        assert!(self.word.as_ref().is_none_or(|seen| seen == word), "the Acceptance changed");
    }
}

async fn prepare(client: &Client, count: usize) -> Result<Vec<Attempt>> {
    let mut attempts = Vec::new();
    for _ in 0..count {
        attempts.push(client.prepare("SENCHA-01", good_form()).await?);
    }
    Ok(attempts)
}

/// Buys one after the other; whatever fails is simply not known.
async fn buy_all(client: &Client, attempts: &[Attempt]) -> Vec<Seen> {
    let mut all = Vec::new();
    for attempt in attempts {
        let mut seen = Seen::default();
        if let Ok(Ok(grant)) = client.grant(attempt).await {
            if let Ok(Ok(word)) = client.submit(attempt, &grant).await {
                seen.word = Some(word);
            }
            seen.grant = Some(grant);
        }
        all.push(seen);
    }
    all
}

async fn kill_soon(shop: &mut Shop, cycle: usize) {
    let random = Entropy::new().try_next_u32().expect("randomness");
    tokio::time::sleep(Duration::from_millis(u64::from(random % 60))).await;
    let victim = if cycle.is_multiple_of(2) { &mut shop.agent } else { &mut shop.merchant };
    victim.kill9().expect("kill -9 works");
}

async fn restart(shop: &mut Shop) -> Result {
    if shop.agent.process_id().is_none() {
        shop.agent.start().await?;
    }
    if shop.merchant.process_id().is_none() {
        shop.merchant.start().await?;
    }
    Ok(())
}
