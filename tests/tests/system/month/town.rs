//! Everybody of the month but the servers: shoppers, shops' back offices, the operator, time. All
//! of them ask again until somebody answers, for servers are killed here.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, bail, ensure};
use shared_protocol::Plan;
use sqlx::{AnyPool, Row as _, any::AnyPoolOptions};
use tokio::sync::Mutex;
use whole_system::{
    Result, Shop,
    bank::OWN_ACCOUNT,
    client::{Answer, Client},
    merchant::{self, Merchant, Who},
    passkey::Passkey,
    server::{Server, http},
    shop::run,
    tap::Tap,
    till::Till,
};

use super::wish::{CONTRACTS, PASSKEYS};

/// A third shop.
const BOOKS: Who =
    Who {
        id: "mrc_books", folder: "third-merchant", name_ja: "鈴木書店", name_en: "Suzuki Books"
    };

/// Who is there.
pub struct Town {
    pub shops: Vec<ShopSide>,
    pub contracts: Vec<String>,
    pub passkeys: Vec<Passkey>,
    pub time: Time,
    /// The agent's database.
    pub books: AnyPool,
    pub agent_config: PathBuf,
    pub http: reqwest::Client,
}

/// A shop as the town sees it.
pub struct ShopSide {
    pub client: Client,
    pub till: Till,
    pub tap: Tap,
    pub config: PathBuf,
    /// Its database.
    pub books: AnyPool,
    /// A page on an origin of its own.
    pub page: String,
}

/// How far all clocks are ahead. A server that is started begins there.
pub struct Time {
    ahead: Mutex<u64>,
    servers: Vec<String>,
}

impl Time {
    /// Moves the clocks of all servers that run.
    pub async fn advance(&self, seconds: u64) -> Result {
        let mut ahead = self.ahead.lock().await;
        *ahead += seconds;
        let form = ("content-type", "application/x-www-form-urlencoded");
        for server in &self.servers {
            let request = http()?.post(format!("{server}/_demo/clock")).header(form.0, form.1);
            // One that is down is told when it is started.
            if let Ok(answer) = request.body(format!("advance={seconds}")).send().await {
                ensure!(answer.status().is_success(), "{server}: {}", answer.status());
            }
        }
        Ok(())
    }

    /// Starts a server on time.
    pub async fn start(&self, server: &mut Server) -> Result {
        let ahead = self.ahead.lock().await;
        server.set_option("--ahead", &ahead.to_string());
        server.start().await
    }
}

/// Asks until somebody answers.
pub async fn again<T, F>(mut ask: impl FnMut() -> F) -> Result<Answer<T>>
where
    F: Future<Output = Result<Answer<T>>>,
{
    let mut last = None;
    for _ in 0..PATIENCE {
        match ask().await {
            Ok(Err(refused)) if refused.problem.may_pass_later() => {
                last = Some(anyhow::anyhow!("{refused:?}"));
            }
            Ok(answer) => return Ok(answer),
            Err(fault) => last = Some(fault),
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("nobody answers: {last:?}")
}

impl Town {
    /// Everybody moves in.
    pub async fn of(shop: &mut Shop, others: &[Merchant]) -> Result<Self> {
        shop.change("agent-server/agent.toml", "[smtp]", &format!("{OWN_ACCOUNT}[smtp]")).await?;
        let agent_config = shop.folder("agent-server").join("agent.toml");
        sqlx::any::install_default_drivers();
        let mut shops = Vec::new();
        let first = (&shop.merchant, &shop.merchant_tap, &shop.host, &merchant::TEA);
        let rest = others.iter().zip([&merchant::POTTERY, &BOOKS]);
        let rest = rest.map(|(other, who)| (&other.server, &other.tap, &other.host, who));
        for (server, tap, host, who) in [first].into_iter().chain(rest) {
            let folder = shop.folder(who.folder);
            let file = folder.join("data/merchant.sqlite");
            shops.push(ShopSide {
                client: Client::meet(&shop.agent.url, &server.url, who.id).await?,
                till: Till::of(&folder.join("data"))?,
                tap: tap.clone(),
                config: folder.join("merchant.toml"),
                books: open(&format!("sqlite:{}", file.display())).await?,
                page: host.url.clone(),
            });
        }
        let mut servers = vec![shop.agent.url.clone(), shop.merchant.url.clone()];
        servers.extend(others.iter().map(|other| other.server.url.clone()));
        let time = Time { ahead: Mutex::default(), servers };
        let (contracts, passkeys) = Self::shoppers(shop).await?;
        let unfollowed = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = unfollowed.timeout(Duration::from_secs(20)).build()?;
        let books = open(&shop.database("agent-server").url()).await?;
        let town = Self { shops, contracts, passkeys, time, books, agent_config, http };
        town.say_where_shops_are_paid().await?;
        Ok(town)
    }

    async fn shoppers(shop: &Shop) -> Result<(Vec<String>, Vec<Passkey>)> {
        let (mut contracts, mut passkeys) = (Vec::new(), Vec::new());
        for n in 0..CONTRACTS {
            contracts.push(format!("C6666{n:08}"));
            shop.add_contract(&contracts[n], &address(n), LIMIT)?;
        }
        for n in 0..PASSKEYS {
            let address = format!("passkey{n}@example.jp");
            shop.add_contract(&format!("C5555{n:08}"), &address, LIMIT)?;
            passkeys.push(Passkey::register(shop, &address).await?);
        }
        Ok((contracts, passkeys))
    }

    /// Two at Japanese banks, one by IBAN.
    async fn say_where_shops_are_paid(&self) -> Result {
        for (shop, number) in [("mrc_tea", "7654321"), ("mrc_books", "1111111")] {
            let place = ["--bank", "0005", "--branch", "123", "--number", number];
            let holder = ["--holder", "ヤマダチャホ", "--json"];
            let arguments = [&["merchants", "bank", shop][..], &place, &holder].concat();
            self.agent_cli(&arguments).await?;
        }
        let iban = ["--iban", "DE89370400440532013000", "--holder", "Sato Pottery", "--json"];
        let arguments = [&["merchants", "bank", "mrc_pottery"][..], &iban].concat();
        self.agent_cli(&arguments).await.map(drop)
    }

    /// What the operator types.
    pub async fn agent_cli(&self, arguments: &[&str]) -> Result<serde_json::Value> {
        cli("agent-server", arguments, &self.agent_config).await
    }

    /// What somebody at a shop types, again while the agent does not answer.
    pub async fn shop_cli(&self, shop: usize, typed: &[String]) -> Result<serde_json::Value> {
        let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
        let arguments = typed.as_slice();
        let mut said = cli("merchant-server", arguments, &self.shops[shop].config).await;
        for _ in 0..PATIENCE {
            match &said {
                Err(fault) if fault.to_string().contains("again") => {}
                _ => return said,
            }
            tokio::time::sleep(PAUSE).await;
            said = cli("merchant-server", arguments, &self.shops[shop].config).await;
        }
        said
    }

    /// A number from the agent's books.
    pub async fn count(&self, question: &'static str) -> Result<i64> {
        count(&self.books, question).await
    }

    /// What all servers owe to others.
    pub async fn owed(&self) -> Result<i64> {
        const WAITING: &str = "SELECT COUNT(*) FROM outbox WHERE state = 'waiting'";
        let mut owed = self.count(WAITING).await?;
        for shop in &self.shops {
            owed += count(&shop.books, WAITING).await?;
        }
        Ok(owed)
    }

    /// Waits until nobody owes anybody anything; where that takes another try, time goes on.
    pub async fn quiet(&self) -> Result {
        for round in 0..240 {
            for _ in 0..20 {
                if self.owed().await? == 0 {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            self.time.advance(if round < 4 { 16 } else { 60 }).await?;
        }
        let mut stuck = Vec::new();
        for books in self.shops.iter().map(|shop| &shop.books).chain([&self.books]) {
            let rows = sqlx::query("SELECT * FROM outbox WHERE state = 'waiting'");
            for row in rows.fetch_all(books).await? {
                let text = |at| row.try_get::<String, _>(at).unwrap_or_default();
                stuck.push(["kind", "what", "last_fault", "answer"].map(text));
            }
        }
        bail!("never delivered: {stuck:?}")
    }
}

/// The plans that are not paid at once need a quote.
pub fn needs_quote(plan: Plan) -> bool {
    plan != Plan::Single
}

/// Where the letters of a contract go.
pub fn address(contract: usize) -> String {
    format!("shopper{contract}@example.jp")
}

/// A shop beside the two of the kit.
pub async fn open_others(shop: &Shop) -> Result<Vec<Merchant>> {
    Ok(vec![shop.open_beside(&merchant::POTTERY).await?, shop.open_beside(&BOOKS).await?])
}

async fn open(url: &str) -> Result<AnyPool> {
    let pool = AnyPoolOptions::new().max_connections(2).connect(url).await;
    pool.with_context(|| url.to_owned())
}

async fn count(books: &AnyPool, question: &'static str) -> Result<i64> {
    Ok(sqlx::query(question).fetch_one(books).await?.try_get(0)?)
}

async fn cli(
    program: &'static str,
    arguments: &[&str],
    config: &std::path::Path,
) -> Result<serde_json::Value> {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let config = config.to_owned();
    let typed = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(program, &arguments, &config)
    };
    tokio::task::spawn_blocking(typed).await?
}

const LIMIT: u64 = 1_000_000_000;
const PAUSE: Duration = Duration::from_millis(50);
const PATIENCE: usize = 800;
