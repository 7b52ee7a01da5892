//! What must hold when the month is over.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use shared_protocol::PurchaseState;
use sqlx::Row as _;
use whole_system::{Result, till::Word};

use super::{nights::Bank, town::Town, trade::Sale, wish::Fate};

/// The books are sound, as the audit says.
pub async fn audited(town: &Town) -> Result {
    let audit = town.agent_cli(&["audit", "--json"]).await?;
    ensure!(audit["findings"].as_array().is_some_and(Vec::is_empty), "{audit}");
    Ok(())
}

/// What accounts hold: nothing in all, of any currency.
pub async fn balances(town: &Town) -> Result<BTreeMap<String, i64>> {
    let said = town.agent_cli(&["ledger", "balances", "--json"]).await?;
    let (mut sums, mut held) = (BTreeMap::new(), BTreeMap::new());
    for line in said["balances"].as_array().context("a list")? {
        let minor = line["minor"].as_i64().context("a number")?;
        let currency = line["currency"].as_str().unwrap_or_default().to_owned();
        *sums.entry(currency).or_insert(0) += minor;
        held.insert(line["account"].as_str().unwrap_or_default().to_owned(), minor);
    }
    ensure!(sums.values().all(|sum| *sum == 0), "Σ ≠ 0: {sums:?}");
    Ok(held)
}

/// Agent and shops agree on every purchase, and so do we.
pub async fn orders(town: &Town, sales: &[Sale]) -> Result {
    let rows = sqlx::query("SELECT purchase_id, state, amount, handling_number FROM purchases");
    let mut at_agent = BTreeMap::new();
    for row in rows.fetch_all(&town.books).await? {
        let number: Option<String> = row.try_get(3)?;
        let known: (String, i64, Option<String>) = (row.try_get(1)?, row.try_get(2)?, number);
        at_agent.insert(row.try_get::<Vec<u8>, _>(0)?, known);
    }
    let mut at_shops = Vec::new();
    for shop in 0..town.shops.len() {
        let typed = ["orders", "list", "--limit", "1000000", "--json"].map(str::to_owned);
        let said = town.shop_cli(shop, &typed).await?;
        let orders = said.as_array().context("a list")?.iter();
        let named =
            |order: &Value| (order["purchase"].as_str().unwrap_or("").to_owned(), order.clone());
        at_shops.push(orders.map(named).collect::<BTreeMap<_, _>>());
    }
    for sale in sales {
        let end = sale.end();
        let known = at_agent.remove(sale.purchase.as_bytes().as_slice());
        let order = at_shops[sale.wish.shop].remove(&sale.purchase.to_string());
        if end == PurchaseState::Declined {
            ensure!(order.is_none() && known.is_none_or(|known| known.0 == "declined"), "sold");
            continue;
        }
        if sale.wish.fate == Fate::Lapses {
            // It never came: the shop only remembers to refuse it.
            let here = town.shops[sale.wish.shop].client.merchant_status(sale.purchase).await?;
            ensure!(order.is_none() && here.state == end, "{here:?}");
            ensure!(known.is_some_and(|known| known.0 == end.name()), "{:?}", sale.wish);
            continue;
        }
        let (state, minor, number) = known.context("the agent forgot a purchase")?;
        let order = order.with_context(|| format!("a shop forgot {:?}", sale.wish))?;
        let what = format!("{:?}: {state} {minor} {number:?}, {order}", sale.wish);
        ensure!(state == end.name() && order["state"] == end.name(), "{what}");
        let grant = sale.grant.as_ref().context("it was granted")?;
        ensure!(minor == i64::try_from(grant.amount.minor)?, "{what}");
        ensure!(number == Some(grant.handling_number.compact()), "{what}");
        if order["amount"] != Value::Null {
            ensure!(order["amount"] == minor, "{what}");
            ensure!(order["handling_number"] == grant.handling_number.to_string(), "{what}");
        }
    }
    ensure!(at_agent.values().all(|known| known.0 == "declined"), "of nobody: {at_agent:?}");
    ensure!(at_shops.iter().all(BTreeMap::is_empty), "of nobody: {at_shops:?}");
    Ok(())
}

/// One row of the agent's of what a shop has said.
struct Booked {
    kind: String,
    name: String,
    /// Claimed, let go and given back after it.
    sums: [u64; 3],
    share: i64,
    payout: Option<i64>,
    at: i64,
}

/// Each word is booked once, in its order, as it was said; every payout is the claims in it less
/// refunds and fees, and what had come back before it; and all of them were filed, once, and said
/// by the bank.
pub async fn payouts(town: &Town, sales: &[Sale], bank: &Bank) -> Result<usize> {
    let mut booked = booked(town).await?;
    let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
    let said = town.agent_cli(&["ledger", "payouts", "--limit", "1000000", "--json"]).await?;
    let payouts: BTreeMap<i64, &Value> = said["payouts"]
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|payout| Some((row(&payout["id"]).ok()?, payout)))
        .collect();
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for sale in sales {
        let rows = booked.remove(sale.purchase.as_bytes().as_slice()).unwrap_or_default();
        ensure!(rows.len() == sale.said.len() + usize::from(sale.upheld), "{:?}", sale.wish);
        let merchant = town.shops[sale.wish.shop].client.merchant_id().as_str();
        let mut words = sale.said.iter();
        let mut before = [0; 3];
        for row in rows {
            let after = match words.next() {
                Some((name, word)) => {
                    ensure!(row.kind == word.kind() && row.name == *name, "{:?}", sale.said);
                    after(before, word)
                }
                // What was kept goes back, and what was open is let go.
                None => [before[0], sale.amount_of(before), before[0]],
            };
            ensure!(row.sums == after, "{}: {:?}, not {after:?}", row.name, row.sums);
            let share = share(after) - share(before);
            ensure!(row.share == share, "{}: {}, not {share}", row.name, row.share);
            before = after;
            match row.payout {
                Some(id) => {
                    *sums.entry(id).or_default() += share;
                    let payout = payouts.get(&id).context("a payout that is not listed")?;
                    ensure!(payout["merchant"] == merchant, "{payout}");
                    let cutoff = payout["cutoff"].as_i64().unwrap_or_default() * 1000;
                    ensure!(row.at < cutoff, "{payout}: said at {}", row.at);
                }
                None => *open.entry(merchant.to_owned()).or_default() += share,
            }
        }
    }
    ensure!(booked.is_empty(), "words of nobody");
    for back in came_back(town, bank).await? {
        let minor = back["minor"].as_i64().context("a number")?;
        ensure!(payouts[&row(&back["payout"])?]["minor"] == minor, "{back}");
        match back["again"].is_null() {
            true => {
                let merchant = back["merchant"].as_str().unwrap_or_default().to_owned();
                *open.entry(merchant).or_default() += minor;
            }
            false => *sums.entry(row(&back["again"])?).or_default() += minor,
        }
    }
    for (id, payout) in &payouts {
        let (minor, sum) = (payout["minor"].as_i64(), sums.get(id).copied());
        ensure!(minor.is_some() && minor == sum, "{payout} is {sum:?} by its words");
        let filed = bank.paid.get(id).and_then(|minor| i64::try_from(*minor).ok());
        ensure!(filed == minor, "{payout} was filed as {filed:?}");
    }
    ensure!(sums.len() == payouts.len() && bank.paid.len() == payouts.len());
    // What a shop owes: what went back after the last payout, with what came back since.
    ensure!(open.values().all(|open| *open <= 0), "never paid out: {open:?}");
    Ok(payouts.len())
}

/// The payouts that the bank has sent back: the agent knows them, each once, and holds none.
async fn came_back(town: &Town, bank: &Bank) -> Result<Vec<Value>> {
    let said = town.agent_cli(&["files", "returned", "--limit", "1000", "--json"]).await?;
    let all = said["returned"].as_array().context("a list")?.clone();
    let rows = all.iter().map(|back| row(&back["payout"])).collect::<Result<Vec<_>>>()?;
    ensure!(rows.len() == bank.sent_back.len(), "{rows:?}, not {:?}", bank.sent_back);
    ensure!(rows.iter().all(|row| bank.sent_back.contains(row)), "{rows:?}");
    ensure!(all.iter().all(|back| back["held"] == false), "{all:?}");
    Ok(all)
}

fn row(id: &Value) -> Result<i64> {
    Ok(id.as_str().context("a row")?.parse()?)
}

impl Sale {
    /// What is let go when an objection is right.
    fn amount_of(&self, [claimed, ..]: [u64; 3]) -> u64 {
        self.grant.as_ref().map_or(0, |grant| grant.amount.minor) - claimed
    }
}

async fn booked(town: &Town) -> Result<BTreeMap<Vec<u8>, Vec<Booked>>> {
    let rows = sqlx::query(
        "SELECT p.purchase_id, w.kind, w.name, w.claimed, w.voided, w.refunded, w.share, w.payout,
             w.at FROM settlement_words w JOIN purchases p ON p.id = w.purchase
         ORDER BY w.purchase, w.number",
    );
    let mut booked: BTreeMap<Vec<u8>, Vec<Booked>> = BTreeMap::new();
    for row in rows.fetch_all(&town.books).await? {
        let sum = |at: usize| -> Result<u64> { Ok(u64::try_from(row.try_get::<i64, _>(at)?)?) };
        booked.entry(row.try_get(0)?).or_default().push(Booked {
            kind: row.try_get(1)?,
            name: row.try_get(2)?,
            sums: [sum(3)?, sum(4)?, sum(5)?],
            share: row.try_get(6)?,
            payout: row.try_get(7)?,
            at: row.try_get(8)?,
        });
    }
    Ok(booked)
}

fn after([claimed, voided, refunded]: [u64; 3], word: &Word) -> [u64; 3] {
    match word {
        Word::Ship => [claimed, voided, refunded],
        Word::Claim(amount, _) => [claimed + amount.minor, voided, refunded],
        Word::Void(amount) => [claimed, voided + amount.minor, refunded],
        Word::Refund(amount) => [claimed, voided, refunded + amount.minor],
    }
}

/// What the shop is owed: what it keeps less three hundredths, rounded down.
fn share([claimed, _, refunded]: [u64; 3]) -> i64 {
    let kept = claimed - refunded;
    i64::try_from(kept - kept * 300 / 10_000).unwrap_or(i64::MAX)
}

/// What shops said by hand they have the agent's receipts of, each of a word that is booked.
pub async fn receipts(town: &Town, sales: &[Sale]) -> Result<usize> {
    let known: BTreeSet<(String, String, String)> = sales
        .iter()
        .flat_map(|sale| sale.said.iter().map(move |(name, word)| (sale, name, word)))
        .map(|(sale, name, word)| (sale.purchase.to_string(), word.kind().into(), name.clone()))
        .collect();
    let mut count = 0;
    for shop in &town.shops {
        let rows = sqlx::query(
            "SELECT o.purchase_id, w.kind, w.name, w.receipt FROM settlement_words w
             JOIN orders o ON o.id = w.order_id",
        );
        for row in rows.fetch_all(&shop.books).await? {
            let word = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            ensure!(known.contains(&word), "{word:?} was never said");
            ensure!(row.try_get::<Option<Vec<u8>>, _>(3)?.is_some(), "{word:?}: no receipt");
            count += 1;
        }
    }
    Ok(count)
}

/// Every event of every purchase came to its shop: 1, 2, 3 … without a gap.
pub async fn webhooks(town: &Town) -> Result<usize> {
    let rows = sqlx::query(
        "SELECT p.purchase_id, e.sequence, e.what, e.merchant, o.state FROM merchant_events e
         JOIN purchases p ON p.id = e.purchase LEFT JOIN outbox o ON o.id = e.id
         ORDER BY e.purchase, e.sequence",
    );
    let mut heard = BTreeMap::new();
    for shop in &town.shops {
        heard.insert(shop.client.merchant_id().to_string(), heard_by(&shop.tap.kept().received));
    }
    let (mut last, mut count) = ((Vec::new(), 0), 0);
    for row in rows.fetch_all(&town.books).await? {
        let (purchase, sequence): (Vec<u8>, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (what, merchant): (String, String) = (row.try_get(2)?, row.try_get(3)?);
        let expected = if last.0 == purchase { last.1 + 1 } else { 1 };
        ensure!(sequence == expected, "{what} is {sequence}, after {}", last.1);
        // Of its own word a shop need not be told.
        if let Some(state) = row.try_get::<Option<String>, _>(4)? {
            ensure!(state == "done", "{what} is {state}");
            let id: [u8; 16] = purchase.as_slice().try_into()?;
            let key = (shared_protocol::PurchaseId::new(id).to_string(), sequence);
            let told = heard[&merchant].get(&key);
            ensure!(told == Some(&what) || what == "purchase.lapsed", "{key:?}: {what}, {told:?}");
            count += 1;
        }
        last = (purchase, sequence);
    }
    Ok(count)
}

/// The types of all webhooks that came, by purchase and place.
fn heard_by(received: &[Vec<u8>]) -> BTreeMap<(String, i64), String> {
    let mut heard = BTreeMap::new();
    for connection in received {
        let text = String::from_utf8_lossy(connection);
        for request in text.split("POST /warifu/v1/events ").skip(1) {
            let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            // What comes after it is the next request.
            let body = serde_json::Deserializer::from_str(body).into_iter::<Value>().next();
            let Some(Ok(event)) = body else { continue };
            let (kind, purchase) = (event["type"].as_str(), event["data"]["purchase"].as_str());
            let sequence = event["data"]["sequence"].as_i64();
            if let (Some(kind), Some(purchase), Some(sequence)) = (kind, purchase, sequence) {
                heard.insert((purchase.to_owned(), sequence), kind.to_owned());
            }
        }
    }
    heard
}
