//! Grants on SQLite and on PostgreSQL, by one agent and by four, each beside a bare committed
//! INSERT on the same database; and what a grant costs among so many stored purchases. Prints one
//! JSON line per figure. The first argument is how many grants a round has, the others are sizes.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::float_arithmetic, reason = "figures for people, never money")]

use std::time::Duration;

use futures_util::future::try_join_all;
use postgres_cluster::{Cluster, Disk};
use serde_json::json;
use whole_system::{
    Result, Shop,
    client::Client,
    load::{self, Payers},
    server::{Server, http},
    shop::Start,
};

const GRANTS: usize = 2000;
const SIZES: &[u64] = &[10_000];
const CONNECTIONS: usize = 64;
const CONTRACTS: usize = 200;

#[tokio::main]
async fn main() -> Result {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>());
    let grants = numbers.next().transpose()?.map_or(Ok(GRANTS), usize::try_from)?;
    let mut sizes = numbers.collect::<std::result::Result<Vec<_>, _>>()?;
    if sizes.is_empty() {
        sizes = SIZES.to_vec();
    }
    for agents in [1, 4] {
        let market = Market::open(None).await?;
        market.rate("sqlite", agents, grants).await?;
        let cluster = Cluster::start(Disk::WaitedFor);
        let market = Market::open(Some(cluster)).await?;
        market.rate("postgres", agents, grants).await?;
    }
    for is_server in [false, true] {
        let cluster = is_server.then(|| Cluster::start(Disk::WaitedFor));
        let mut market = Market::open(cluster).await?;
        let name = if is_server { "postgres" } else { "sqlite" };
        for size in &sizes {
            market.cost(name, *size, grants).await?;
        }
    }
    Ok(())
}

/// A shop whose agent's database is a file, or is on a server.
struct Market {
    shop: Shop,
    contracts: Vec<String>,
    server: Option<(Cluster, String)>,
}

impl Market {
    async fn open(cluster: Option<Cluster>) -> Result<Self> {
        let server = cluster.map(|cluster| {
            let url = cluster.fresh();
            (cluster, url)
        });
        let url = server.as_ref().map(|(_, url)| url.as_str());
        let shop = Shop::start_on(Start::Plain, url).await?;
        let mut contracts = Vec::new();
        for n in 0..CONTRACTS {
            let number = format!("C7777{n:08}");
            shop.add_contract(&number, "bench@agent.example", 9_000_000_000)?;
            contracts.push(number);
        }
        Ok(Self { shop, contracts, server })
    }

    /// Grants per second of so many agents on the database.
    async fn rate(&self, name: &str, agents: usize, grants: usize) -> Result {
        let mut others = Vec::new();
        for _ in 1..agents {
            others.push(self.shop.agent_beside().await?);
        }
        let all: Vec<&Server> = std::iter::once(&self.shop.agent).chain(&others).collect();
        grant(&self.shop, &all, &self.contracts, 50 * agents).await?;
        let before = reruns(&all).await?;
        let wall = grant(&self.shop, &all, &self.contracts, grants).await?;
        let rate = grants as f64 / wall.as_secs_f64();
        let again = (reruns(&all).await? - before) / grants as f64;
        figure(&format!("{name}.{agents}_agents.reruns_per_grant"), again, "1", None);
        figure(
            &format!("{name}.{agents}_agents.per_second"),
            rate,
            "1/s",
            Some(self.floor(agents)?),
        );
        Ok(())
    }

    /// Bare committed INSERTs per second, by so many at once.
    fn floor(&self, writers: usize) -> Result<f64> {
        match &self.server {
            Some((cluster, url)) => Ok(cluster.bare_inserts(url, writers)),
            None => self.shop.bare_inserts(),
        }
    }

    /// What a grant costs once so many purchases are stored.
    async fn cost(&mut self, name: &str, size: u64, grants: usize) -> Result {
        grant(&self.shop, &[&self.shop.agent], &self.contracts, 1).await?;
        self.fill(size).await?;
        let client = self.shop.client().await?;
        let attempts = load::prepare(&client, Payers::ByCode(&self.contracts), grants).await?;
        let before = self.server.as_ref().map(|(cluster, _)| cluster.cpu());
        let round = load::grant_all(&self.shop.agent, &attempts, CONNECTIONS).await?;
        figure(&format!("{name}.cpu_per_grant_of_{size}"), round.cpu_micros(), "us", None);
        if let (Some((cluster, _)), Some(before)) = (&self.server, before) {
            let cpu = (cluster.cpu() - before).as_secs_f64() * 1e6 / grants as f64;
            figure(&format!("{name}.server_cpu_per_grant_of_{size}"), cpu, "us", None);
        }
        Ok(())
    }

    /// Stores purchases as the newest one until there are so many: for speed not one by one.
    async fn fill(&mut self, size: u64) -> Result {
        let series = match &self.server {
            Some(_) => format!("generate_series(1, {size}) AS s (n)"),
            None => format!(
                "(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {size})
                  SELECT n FROM c) s"
            ),
        };
        let name = match &self.server {
            Some(_) => "decode(md5(s.n::text), 'hex')",
            None => "randomblob(16)",
        };
        let statements = FILL.map(|text| text.replace("$SERIES", &series).replace("$NAME", name));
        match &self.server {
            Some((cluster, url)) => {
                cluster.run(url, &format!("{}; ANALYZE", statements.join("; ")));
            }
            None => {
                self.shop.agent.stop().await?;
                self.shop.write(&statements.join("; "))?;
                self.shop.agent.start().await?;
            }
        }
        Ok(())
    }
}

/// As the newest purchase, with older keys; those that are there already stay.
const FILL: [&str; 3] = [
    "INSERT INTO purchases (id, purchase_id, handling_number, merchant, contract, request_digest,
         state, amount, currency, quantity, item_ja, item_en, locale, tally, grant_signed, events,
         deadline, created_at, updated_at, updated_by, plan, fee, total)
     SELECT s.n, $NAME, 'N' || s.n, p.merchant, p.contract, p.request_digest, p.state, p.amount,
         p.currency, p.quantity, p.item_ja, p.item_en, p.locale, p.tally, p.grant_signed, 1, NULL,
         p.created_at, p.updated_at, p.updated_by, p.plan, p.fee, p.total
     FROM (SELECT * FROM purchases ORDER BY id DESC LIMIT 1) p, $SERIES
     WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO purchase_events (purchase, number, event, state, at, created_by)
     SELECT id, 1, 'grant-issued', state, created_at, updated_by FROM purchases
     WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO instalments (purchase, number, due, amount)
     SELECT id, 1, '2099-12-28', total FROM purchases WHERE true ON CONFLICT DO NOTHING",
];

/// Spreads grants over the agents; how long all of them took.
#[expect(clippy::disallowed_methods, reason = "this measures")]
async fn grant(
    shop: &Shop,
    agents: &[&Server],
    contracts: &[String],
    grants: usize,
) -> Result<Duration> {
    let mut parts = Vec::new();
    for agent in agents {
        let client = Client::meet(&agent.url, &shop.merchant.url, "mrc_tea").await?;
        let share = grants.div_ceil(agents.len());
        parts.push((*agent, load::prepare(&client, Payers::ByCode(contracts), share).await?));
    }
    let connections = CONNECTIONS / agents.len();
    let begun = std::time::Instant::now();
    let rounds = parts.iter().map(|(agent, own)| load::grant_all(agent, own, connections));
    try_join_all(rounds).await?;
    Ok(begun.elapsed())
}

/// How often transactions were run again because another agent was in their way.
async fn reruns(agents: &[&Server]) -> Result<f64> {
    let mut all = 0.0;
    for agent in agents {
        let text = http()?.get(format!("{}/metrics", agent.url)).send().await?.text().await?;
        let line = text.lines().find_map(|line| line.strip_prefix("agent_commits_rerun "));
        all += line.map_or(Ok(0.0), str::parse)?;
    }
    Ok(all)
}

fn figure(name: &str, value: f64, unit: &str, floor: Option<f64>) {
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let ratio = floor.map(|floor| round(value / floor));
    let line = json!({ "name": format!("databases.{name}"), "value": round(value), "unit": unit,
                       "floor": floor.map(round), "ratio": ratio });
    println!("{line}");
}
