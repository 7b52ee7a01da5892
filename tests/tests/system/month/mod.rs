//! A month of trade on the test clock, with real servers: thousands of purchases at three shops,
//! by code and by passkey, by every plan, with answers of every kind and none, parts, refunds and
//! objections; webhooks that fail; processes killed in the middle of it; payouts that come back;
//! and a bank that says things twice and late. After it the books are sound, every payout is its
//! claims, and the bank agrees (TRUST.md F07, F16). `WARIFU_TEST_EFFORT=8` makes ten thousand
//! purchases, `WARIFU_TEST_SEED=n` others.
#![expect(clippy::print_stdout, reason = "how much was done, for whoever asks with --nocapture")]

mod checks;
mod nights;
mod town;
mod trade;
mod wish;

use std::time::Duration;

use anyhow::Context as _;
use whole_system::{
    Result, Shop,
    dice::{Dice, number},
    server::Server,
    shop::Start,
    tap::Weather,
};

use nights::Bank;
use town::{Time, Town, open_others};
use trade::{Agenda, Sale};
use wish::{Fate, SHOPS, Wish};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_trade_on_sqlite() -> Result {
    month(None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_trade_on_postgresql() -> Result {
    month(Some(postgres_cluster::fresh())).await
}

async fn month(database: Option<String>) -> Result {
    let seed = number("WARIFU_TEST_SEED");
    let count = PURCHASES * number("WARIFU_TEST_EFFORT");
    let told = live(database, seed, count).await;
    told.with_context(|| format!("WARIFU_TEST_SEED={seed}, {count} purchases"))
}

async fn live(database: Option<String>, seed: u64, count: u64) -> Result {
    let mut dice = Dice::of(seed);
    let mut shop = Shop::start_on(Start::Demo, database.as_deref()).await?;
    let mut others = open_others(&shop).await?;
    let town = Town::of(&mut shop, &others).await?;
    let at_bank = checks::balances(&town).await?.get("bank").copied().unwrap_or_default();
    let mut bank = Bank::open(Dice::of(dice.below(u64::MAX)))?;
    let (mut sales, mut agenda, mut seen) = (Vec::<Sale>::new(), Agenda::new(), None);
    let mut kills = 0;
    let mut day = 0;
    while day < DAYS || !agenda.is_empty() {
        let wishes = if day < DAYS { wishes(&mut dice, day, count) } else { Vec::new() };
        let steps = agenda.remove(&day).unwrap_or_default();
        let trouble = Trouble::of(day, &mut dice);
        kills += trouble.kills();
        let first = sales.len();
        {
            let Shop { agent, merchant, post, .. } = &mut shop;
            let mut servers = vec![agent, merchant];
            servers.extend(others.iter_mut().map(|other| &mut other.server));
            let trade = async {
                let mut new = town.buy_all(wishes).await?;
                town.answer_letters(post, &mut seen, &mut new).await?;
                sales.append(&mut new);
                trouble.begin(&town);
                town.say_all(&steps, &mut sales).await
            };
            tokio::try_join!(trade, trouble.kill(&mut servers, &town.time))?;
        }
        trouble.end(&town).await?;
        for (at, sale) in sales.iter().enumerate().skip(first) {
            sale.plan(at, day, &mut agenda);
        }
        town.quiet().await?;
        town.objections(&shop, &steps, &mut sales).await?;
        let killed = dice.percent(20).then(|| dice.below(300));
        kills += u32::from(killed.is_some());
        town.sleep(&mut shop.agent, 1, killed).await?;
        bank.night(&town, false).await?;
        day += 1;
    }
    wind_up(&town, &mut shop.agent, &mut bank).await?;
    println!("  {} purchases, {} days, {kills} processes killed", sales.len(), day);
    examine(&town, &sales, &bank, at_bank).await
}

/// Until the last bill of the longest plan is paid.
async fn wind_up(town: &Town, agent: &mut Server, bank: &mut Bank) -> Result {
    const TO_COME: &str = "SELECT COUNT(*) FROM settlements WHERE bill_on IS NOT NULL";
    for _ in 0..40 {
        if town.count(TO_COME).await? == 0 {
            break;
        }
        town.sleep(agent, 15, None).await?;
        bank.night(town, true).await?;
    }
    // Shops are paid what came last, a notice that was held back is read.
    town.sleep(agent, 5, None).await?;
    bank.night(town, true).await
}

async fn examine(town: &Town, sales: &[Sale], bank: &Bank, at_bank: i64) -> Result {
    checks::audited(town).await?;
    let held = checks::balances(town).await?;
    let holds = |account: &str| held.get(account).copied().unwrap_or_default();
    anyhow::ensure!(holds("suspense") == 0, "{held:?}");
    anyhow::ensure!(holds("bank") - at_bank == bank.account, "{} at the bank", bank.account);
    let open = held.iter().filter(|(name, minor)| name.starts_with("billed:") && **minor != 0);
    anyhow::ensure!(open.count() == 0, "{held:?}");
    checks::orders(town, sales).await?;
    let payouts = checks::payouts(town, sales, bank).await?;
    let receipts = checks::receipts(town, sales).await?;
    let webhooks = checks::webhooks(town).await?;
    let (parked, known) = bank.odd;
    let back = bank.sent_back.len();
    println!("  {payouts} payouts, {back} sent back");
    println!("  {receipts} words by hand, {webhooks} webhooks");
    println!("  {parked} lines parked, {known} lines twice");
    Ok(())
}

/// What is bought on a day. On the first one, the last piece of a thing at each shop, and by some
/// who come too late.
fn wishes(dice: &mut Dice, day: u32, count: u64) -> Vec<Wish> {
    let today =
        (count * u64::from(day + 1) / u64::from(DAYS)) - count * u64::from(day) / u64::from(DAYS);
    let mut wishes: Vec<_> = (0..today).map(|_| Wish::next(dice)).collect();
    match day {
        0 => wishes.extend((0..SHOPS).map(|shop| Wish::last(shop, Fate::Yes))),
        1 => wishes.extend((0..SHOPS).map(|shop| Wish::last(shop, Fate::SoldOut))),
        _ => {}
    }
    wishes
}

/// What goes wrong on a day.
struct Trouble {
    /// Which server is killed when, after so many milliseconds, and for how long it is away.
    killed: Vec<(usize, u64, u64)>,
    /// How it is on the way to which shop.
    weather: Option<(usize, Weather)>,
}

impl Trouble {
    fn of(day: u32, dice: &mut Dice) -> Self {
        let mut killed = Vec::new();
        if day < DAYS && dice.percent(50) {
            let server = if dice.percent(50) { 0 } else { 1 + dice.below(SHOPS as u64) as usize };
            killed.push((server, dice.below(1500), dice.below(300)));
        }
        let shop = dice.below(SHOPS as u64) as usize;
        let weather = match day % 6 {
            1 => Some((shop, Weather::Answers(503))),
            2 => Some((shop, Weather::Slow(Duration::from_millis(200)))),
            3 => Some((shop, Weather::Breaks)),
            4 => Some((shop, Weather::LosesAnswers)),
            5 if day == 11 => Some((shop, Weather::Answers(410))),
            _ => None,
        };
        Self { killed, weather }
    }

    fn kills(&self) -> u32 {
        self.killed.len() as u32
    }

    async fn kill(&self, servers: &mut [&mut Server], time: &Time) -> Result {
        for (server, after, away) in &self.killed {
            tokio::time::sleep(Duration::from_millis(*after)).await;
            servers[*server].kill9()?;
            tokio::time::sleep(Duration::from_millis(*away)).await;
            time.start(servers[*server]).await?;
        }
        Ok(())
    }

    fn begin(&self, town: &Town) {
        if let Some((shop, weather)) = self.weather {
            town.shops[shop].tap.set(weather);
        }
    }

    /// Fair again; a shop that was gone takes what it missed.
    async fn end(&self, town: &Town) -> Result {
        let Some((shop, weather)) = self.weather else { return Ok(()) };
        // So long it lasts at least.
        tokio::time::sleep(Duration::from_millis(300)).await;
        town.shops[shop].tap.set(Weather::Fair);
        if weather == Weather::Answers(410) {
            let id = town.shops[shop].client.merchant_id().to_string();
            println!("  {} webhooks sent again by hand", town.resend_dead(&id).await?);
        }
        Ok(())
    }
}

/// So many in an ordinary run.
const PURCHASES: u64 = 1_250;
const DAYS: u32 = 30;
