//! Grants per second of a real agent on SQLite, next to the same binary with storage switched off,
//! rounds interleaved in one run; and what each grant costs. Prints one JSON line per figure.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::float_arithmetic, reason = "figures for people, never money")]

use serde_json::json;
use whole_system::{
    Client, Result, Shop,
    load::{self, Payers},
    passkey::Passkey,
    server::Server,
    shop::Start,
};

const ROUNDS: usize = 5;
/// In a round, unless the first argument says otherwise.
const GRANTS: usize = 4000;
const CONNECTIONS: usize = 64;
const CONTRACTS: usize = 200;
/// Contracts with a passkey: an hour's letters with a code to one network are no more.
const PASSKEYS: usize = 25;

#[tokio::main]
async fn main() -> Result {
    let grants = std::env::args().nth(1).map(|number| number.parse()).transpose()?;
    let grants = grants.unwrap_or(GRANTS);
    let mut shop = Shop::start_as(Start::Plain).await?;
    let contracts = add_contracts(&shop)?;
    let contracts = Payers::ByCode(&contracts);
    rates(&mut shop, contracts, grants, "").await?;
    let (passkeys, page) = (add_passkeys(&shop).await?, shop.merchant.url.clone());
    rates(&mut shop, Payers::ByPasskey(&passkeys, &page), grants, "_by_passkey").await?;
    let single = measure_single(&mut shop, contracts, false).await?;
    let single_floor = measure_single(&mut shop, contracts, true).await?;
    let micros = |round: &load::Round| round.median().as_secs_f64() * 1e6;
    figure("grants.latency_single_p50", micros(&single), "us", Some(micros(&single_floor)));
    for (who, connections, floor) in [("64", CONNECTIONS, None), ("single", 1, Some(1.0))] {
        let (commits, checkpoints) = syncs(&mut shop, contracts, connections).await?;
        figure(&format!("grants.fdatasync_per_grant_{who}"), commits, "1", floor);
        figure(&format!("grants.checkpoint_fdatasync_per_grant_{who}"), checkpoints, "1", None);
    }
    Ok(())
}

/// Rounds with and without storage in turn; what each kind of them did in the middle.
async fn rates(shop: &mut Shop, payers: Payers<'_>, grants: usize, how: &str) -> Result {
    let mut stored = Vec::new();
    let mut ceiling = Vec::new();
    for round in 0..ROUNDS {
        for (bare, rounds) in [(false, &mut stored), (true, &mut ceiling)] {
            let done = measure(shop, payers, grants, bare).await?;
            eprintln_progress(round, bare, &done);
            rounds.push(done);
        }
    }
    let (rate, top) = (median(&stored, load::Round::rate), median(&ceiling, load::Round::rate));
    figure(&format!("grants.per_second{how}"), rate, "1/s", Some(top));
    let (cpu, floor) =
        (median(&stored, load::Round::cpu_micros), median(&ceiling, load::Round::cpu_micros));
    figure(&format!("grants.cpu_per_grant{how}"), cpu, "us", Some(floor));
    Ok(())
}

async fn measure(
    shop: &mut Shop,
    payers: Payers<'_>,
    grants: usize,
    bare: bool,
) -> Result<load::Round> {
    restart(shop, bare, false).await?;
    let client = shop.client().await?;
    warm(&client, &shop.agent, payers).await?;
    let attempts = load::prepare(&client, payers, grants).await?;
    load::grant_all(&shop.agent, &attempts, CONNECTIONS).await
}

async fn measure_single(shop: &mut Shop, contracts: Payers<'_>, bare: bool) -> Result<load::Round> {
    restart(shop, bare, false).await?;
    let client = shop.client().await?;
    warm(&client, &shop.agent, contracts).await?;
    let attempts = load::prepare(&client, contracts, 400).await?;
    load::grant_all(&shop.agent, &attempts, 1).await
}

/// fdatasync and fsync calls per grant, for commits and for checkpoints, counted by strace over a
/// round of its own.
async fn syncs(shop: &mut Shop, contracts: Payers<'_>, connections: usize) -> Result<(f64, f64)> {
    restart(shop, false, true).await?;
    let client = shop.client().await?;
    let attempts =
        load::prepare(&client, contracts, if connections == 1 { 200 } else { 2000 }).await?;
    let before = shop.agent.syncs_so_far()?;
    load::grant_all(&shop.agent, &attempts, connections).await?;
    let after = shop.agent.syncs_so_far()?;
    let each = |all: usize| all as f64 / attempts.len() as f64;
    Ok((each(after.0 - before.0), each(after.1 - before.1)))
}

async fn warm(client: &Client, agent: &Server, contracts: Payers<'_>) -> Result {
    let attempts = load::prepare(client, contracts, 200).await?;
    load::grant_all(agent, &attempts, CONNECTIONS).await?;
    Ok(())
}

async fn restart(shop: &mut Shop, bare: bool, traced: bool) -> Result {
    shop.agent.stop().await?;
    shop.agent.set_flag("--bench-no-storage", bare);
    shop.agent.trace_syncs(traced);
    shop.agent.start().await
}

fn add_contracts(shop: &Shop) -> Result<Vec<String>> {
    (0..CONTRACTS).map(|n| add_contract(shop, n, "bench@agent.example")).collect()
}

/// Contracts of their own, as an address signs in to one contract only.
async fn add_passkeys(shop: &Shop) -> Result<Vec<Passkey>> {
    let mut passkeys = Vec::new();
    for n in 0..PASSKEYS {
        let email = format!("bench{n}@agent.example");
        add_contract(shop, CONTRACTS + n, &email)?;
        passkeys.push(Passkey::register(shop, &email).await?);
    }
    Ok(passkeys)
}

fn add_contract(shop: &Shop, n: usize, email: &str) -> Result<String> {
    let number = format!("C7777{n:08}");
    let who = ["contracts", "add", "--number", &number, "--email", email, "--locale", "ja"];
    let terms = ["--code", "2468", "--limit", "9000000000", "--currency", "JPY", "--json"];
    shop.agent_cli(&[&who[..], &terms].concat())?;
    Ok(number)
}

fn median(rounds: &[load::Round], of: impl Fn(&load::Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn figure(name: &str, value: f64, unit: &str, floor: Option<f64>) {
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let ratio = floor.map(|floor| round(value / floor));
    let line = json!({ "name": name, "value": round(value), "unit": unit,
                       "floor": floor.map(round), "ratio": ratio });
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "progress beside the figures")]
fn eprintln_progress(round: usize, bare: bool, done: &load::Round) {
    let mode = if bare { "without storage" } else { "stored" };
    eprintln!("round {round}, {mode}: {:.0}/s, {:.0} us CPU", done.rate(), done.cpu_micros());
}
