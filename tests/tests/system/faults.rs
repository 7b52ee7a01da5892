//! What fails between two steps (TRUST.md F01, F02, F16): servers killed at every write of a
//! request, at every word to their database. Below: what fails beside them.

mod databases;
mod mail;
mod shops;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use shared_protocol::{Amount, PurchaseState, Timestamp};
use whole_system::{
    Result, Shop,
    client::{Attempt, Client, good_form},
    cutter::Cutter,
    server::Server,
    shop::Start,
    till::{Till, Word},
};

/// Changes what becomes of some of a server's calls to the system, from now on.
struct Strace {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Strace {
    /// Kills it at its so-many-th write to a file, or flush of one. An agent writes to files where
    /// its database is one.
    fn kill(server: &Server, at: usize) -> Result<Self> {
        Self::inject(server, "pwrite64,fdatasync,fsync", &format!("signal=KILL:when={at}"))
    }

    fn inject(server: &Server, calls: &str, what: &str) -> Result<Self> {
        let process = server.process_id().context("it runs")?.to_string();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-p", &process, "-e", &format!("trace={calls}")]);
        strace.args(["-e", &format!("inject={calls}:{what}")]);
        strace.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = strace.spawn().context("strace: run `cargo xtask setup`")?;
        let mut lines = BufReader::new(child.stderr.take().context("it was asked for")?).lines();
        let first = lines.next().context("strace says that it is there")??;
        ensure!(first.contains("attached"), "{first}");
        let said = Arc::<Mutex<Vec<String>>>::default();
        let heard = said.clone();
        // Nobody may stop listening to it while it speaks.
        std::thread::spawn(move || {
            for line in lines.map_while(std::io::Result::ok) {
                heard.lock().expect("no listener panics").push(line);
            }
        });
        Ok(Self { child, said })
    }

    /// The calls so far.
    fn said(&self) -> Vec<String> {
        self.said.lock().expect("no listener panics").clone()
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// How often a kill left nothing of the request, and how often all of it.
#[derive(Debug, Default)]
struct Outcomes {
    nothing: usize,
    all: usize,
}

impl Outcomes {
    fn note(&mut self, is_there: bool) {
        match is_there {
            true => self.all += 1,
            false => self.nothing += 1,
        }
    }
}

async fn is_dead(server: &Server) -> Result<bool> {
    let stat = format!("/proc/{}/stat", server.process_id().context("it was started")?);
    for _ in 0..20 {
        let stat = std::fs::read_to_string(&stat).unwrap_or_default();
        if stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X'])) {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(false)
}

/// The agent's books are sound, and hold so much that shoppers owe.
fn owed(shop: &Shop) -> Result<i64> {
    let audit = shop.agent_cli(&["audit", "--json"])?;
    ensure!(audit["findings"].as_array().is_some_and(Vec::is_empty), "{audit}");
    let said = shop.agent_cli(&["ledger", "balances", "--json"])?;
    let lines = said["balances"].as_array().context("a list")?.iter();
    let owed = lines
        .filter(|line| line["account"].as_str().is_some_and(|name| name.starts_with("receivable")));
    Ok(owed.filter_map(|line| line["minor"].as_i64()).sum())
}

/// How much of the first contract's credit is taken up.
fn reserved(shop: &Shop) -> Result<u64> {
    let told = shop.agent_cli(&["contracts", "list", "--json"])?;
    let contracts = told["contracts"].as_array().or(told.as_array()).context("a list")?;
    let first = contracts.iter().find(|contract| contract["number_tail"] == "01");
    first.and_then(|contract| contract["reserved"].as_u64()).context("the first contract")
}

async fn knows(client: &Client, attempt: &Attempt) -> bool {
    client.status(attempt.purchase).await.is_ok()
}

/// TRUST.md F01, F02: killed at each write of a Grant. Before the commit nothing of it is there,
/// after it all is; asked again there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_killed_at_any_write_of_a_grant_has_none_or_all_of_it() -> Result {
    let mut shop = Shop::start_on(Start::Demo, None).await?;
    let client = shop.client().await?;
    let mut outcomes = Outcomes::default();
    for at in 1..MOST {
        let attempt = client.prepare("SENCHA-01", good_form()).await?;
        let fuse = Strace::kill(&shop.agent, at)?;
        let answer = client.grant(&attempt).await;
        if !is_dead(&shop.agent).await? {
            drop(fuse);
            answer?.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
            break;
        }
        drop(fuse);
        shop.agent.kill9()?;
        shop.agent.start().await?;
        let was_there = knows(&client, &attempt).await;
        ensure!(was_there || answer.is_err(), "an acknowledged Grant is gone");
        outcomes.note(was_there);
        let grant = client.grant(&attempt).await?.expect("asked again");
        ensure!(client.grant(&attempt).await?.as_ref() == Ok(&grant), "another one");
        client.submit(&attempt, &grant).await?.expect("a good Grant");
    }
    println!("  {outcomes:?}");
    ensure!(outcomes.nothing > 0 && outcomes.all > 0, "{outcomes:?}");
    owed(&shop).map(drop)
}

/// The same of a claim, which moves money: it is booked once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_killed_at_any_write_of_a_claim_books_it_once() -> Result {
    let mut shop = Shop::start_on(Start::Demo, None).await?;
    let client = shop.client().await?;
    let till = Till::of(&shop.folder("merchant-server").join("data"))?;
    let (attempt, grant, at) = confirmed(&shop, &client).await?;
    let one = Amount { minor: 1, ..grant.amount };
    let mut outcomes = Outcomes::default();
    let (mut claimed, mut before) = (0, 0);
    for nth in 1..MOST {
        let (name, word) = (format!("C-{nth}"), Word::Claim(one, None));
        let fuse = Strace::kill(&shop.agent, nth)?;
        let answer = till.say(&client, &grant, &name, &word, at).await;
        claimed += 1;
        let is_over = !is_dead(&shop.agent).await?;
        drop(fuse);
        if !is_over {
            shop.agent.kill9()?;
            shop.agent.start().await?;
            let now = owed(&shop)?;
            ensure!(now == before || now == before + 1, "{before}, then {now}");
            ensure!(now > before || answer.is_err(), "an acknowledged claim is gone");
            outcomes.note(now > before);
        }
        let again = till.say(&client, &grant, &name, &word, at).await?;
        again.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        before = owed(&shop)?;
        ensure!(before == claimed, "{claimed} claims of 1 are {before}");
        if is_over {
            break;
        }
    }
    println!("  {outcomes:?}");
    ensure!(outcomes.nothing > 0 && outcomes.all > 0, "{outcomes:?}");
    ensure!(client.status(attempt.purchase).await?.state == PurchaseState::Confirmed);
    Ok(())
}

/// TRUST.md F16: killed at each write of a day's settlement. Whatever was paid by then is not paid
/// again, and what was not, is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_settled_by_an_agent_killed_at_any_write_is_settled_once() -> Result {
    let mut shop = Shop::start_on(Start::Demo, None).await?;
    let client = shop.client().await?;
    let till = Till::of(&shop.folder("merchant-server").join("data"))?;
    let (_, grant, at) = confirmed(&shop, &client).await?;
    let ten = Word::Claim(Amount { minor: 10, ..grant.amount }, None);
    let mut ahead = 0;
    let mut kills = 0;
    for nth in 1..MOST {
        let said = till.say(&client, &grant, &format!("C-{nth}"), &ten, at).await?;
        said.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        let fuse = Strace::kill(&shop.agent, nth)?;
        ahead += 24 * 3600;
        // The agent may die over it.
        shop.advance(24 * 3600).await.ok();
        let paid = wait_for_payouts(&shop, nth).await?;
        drop(fuse);
        if paid && !is_dead(&shop.agent).await? {
            break;
        }
        kills += 1;
        shop.agent.kill9()?;
        shop.agent.set_option("--ahead", &ahead.to_string());
        shop.agent.start().await?;
        shop.advance(120).await?;
        ahead += 120;
        ensure!(wait_for_payouts(&shop, nth).await?, "day {nth} is never settled");
        ensure!(owed(&shop)? >= 0);
    }
    println!("  {kills} kills over a day's settlement");
    ensure!(kills > 3, "{kills}");
    Ok(())
}

/// Waits until so many payouts were made, in all of ten each less the fee; false if the agent dies
/// before that.
async fn wait_for_payouts(shop: &Shop, count: usize) -> Result<bool> {
    for _ in 0..600 {
        let said = shop.agent_cli(&["ledger", "payouts", "--limit", "1000", "--json"])?;
        let payouts = said["payouts"].as_array().context("a list")?;
        ensure!(payouts.len() <= count, "{} payouts of {count} claims", payouts.len());
        if payouts.len() == count {
            let paid: u64 = payouts.iter().filter_map(|payout| payout["minor"].as_u64()).sum();
            let claimed = 10 * count as u64;
            ensure!(paid == claimed - claimed * 300 / 10_000, "{said}");
            return Ok(true);
        }
        if is_dead(&shop.agent).await? {
            return Ok(false);
        }
    }
    Ok(false)
}

/// The same of an order, at the shop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_killed_at_any_write_of_an_order_has_none_or_all_of_it() -> Result {
    let mut shop = Shop::start().await?;
    let client = shop.client().await?;
    let mut outcomes = Outcomes::default();
    let mut orders = 0;
    for at in 1..MOST {
        let attempt = client.prepare("SENCHA-01", good_form()).await?;
        let grant = client.grant(&attempt).await?.expect("a good contract");
        let fuse = Strace::kill(&shop.merchant, at)?;
        let answer = client.submit(&attempt, &grant).await;
        orders += 1;
        let is_over = !is_dead(&shop.merchant).await?;
        drop(fuse);
        if !is_over {
            shop.merchant.kill9()?;
            shop.merchant.start().await?;
            let was_there = client.merchant_status(attempt.purchase).await.is_ok();
            ensure!(was_there || answer.is_err(), "an acknowledged order is gone");
            outcomes.note(was_there);
        }
        let word = client.submit(&attempt, &grant).await?.expect("asked again");
        ensure!(client.submit(&attempt, &grant).await?.as_ref() == Ok(&word), "another one");
        if is_over {
            break;
        }
    }
    println!("  {outcomes:?}");
    ensure!(outcomes.nothing > 0 && outcomes.all > 0, "{outcomes:?}");
    let listed = shop.merchant_cli(&["orders", "list", "--limit", "1000", "--json"])?;
    ensure!(listed.as_array().map(Vec::len) == Some(orders), "{orders} orders");
    Ok(())
}

/// TRUST.md F01, F02 on PostgreSQL: killed at each word to the database while it grants.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_killed_at_any_word_to_postgresql_has_none_or_all_of_a_grant() -> Result {
    let cutter = Cutter::before(&postgres_cluster::fresh())?;
    let mut shop = Shop::start_on(Start::Demo, Some(&cutter.url)).await?;
    let client = shop.client().await?;
    let mut outcomes = Outcomes::default();
    // The agent also speaks of other things: the last words are tried several times.
    let (mut at, mut overs) = (1, 0);
    while overs < 3 || outcomes.all == 0 && overs < 30 {
        let attempt = client.prepare("SENCHA-01", good_form()).await?;
        cutter.kill(shop.agent.process_id().context("it runs")?, at);
        let answer = client.grant(&attempt).await;
        let is_over = !cutter.has_killed();
        cutter.spare();
        if !is_over {
            shop.agent.kill9()?;
            shop.agent.start().await?;
            let was_there = knows(&client, &attempt).await;
            ensure!(was_there || answer.is_err(), "an acknowledged Grant is gone");
            outcomes.note(was_there);
        }
        let grant = client.grant(&attempt).await?.expect("asked again");
        ensure!(client.grant(&attempt).await?.as_ref() == Ok(&grant), "another one");
        overs += usize::from(is_over);
        at = if is_over { at - 6 } else { at + 1 };
    }
    println!("  {outcomes:?}");
    ensure!(outcomes.nothing > 0 && outcomes.all > 0, "{outcomes:?}");
    owed(&shop).map(drop)
}

async fn confirmed(
    shop: &Shop,
    client: &Client,
) -> Result<(Attempt, shared_protocol::Grant, Timestamp)> {
    let attempt = client.prepare("SENCHA-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    let word = client.submit(&attempt, &grant).await?.expect("a good Grant");
    client.forward(&attempt, &word).await?.expect("a word on it");
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    let form = ("content-type", "application/x-www-form-urlencoded");
    client.http.post(link).header(form.0, form.1).body("decision=ok").send().await?;
    wait_for(client, &attempt, PurchaseState::Confirmed).await?;
    let grant = grant.verify(client.agent_key())?.into_inner();
    let at = grant.issued;
    Ok((attempt, grant, at))
}

async fn wait_for(client: &Client, attempt: &Attempt, state: PurchaseState) -> Result {
    for _ in 0..600 {
        if client.status(attempt.purchase).await?.state == state {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("still {:?}, not {state:?}", client.status(attempt.purchase).await?.state)
}

/// More writes, and more words, than any request takes.
const MOST: usize = 150;
