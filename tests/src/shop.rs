//! A whole market for one test: agent, merchant, SMTP peer, each with data of its own in one
//! temporary folder, on free ports, on test clocks.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::{
    Client, Result,
    database::{self, Database},
    form_shop::{self, FormShop},
    host::Host,
    mail::Post,
    merchant::{self, Merchant},
    place,
    port::free_port,
    server::{Server, http},
    tap::{Compression, Tap},
};

/// Agent and merchant, running.
pub struct Shop {
    /// Sees payment, never delivery.
    pub agent: Server,
    /// Sees delivery, never payment.
    pub merchant: Server,
    /// All that the agent received and answered.
    pub agent_tap: Tap,
    /// All that the merchant received and answered.
    pub merchant_tap: Tap,
    /// Where the agent's letters go.
    pub post: Post,
    /// A page of the test's own, on an origin that the merchant registered.
    pub host: Host,
    agent_config: PathBuf,
    merchant_config: PathBuf,
    postgres: Option<String>,
    folder: TempDir,
    start: Start,
}

/// How both servers are started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As the demo does: its contracts, its pages, a clock that can be moved.
    Demo,
    /// As an operator does: nothing of the demo is there.
    Plain,
    /// As an operator does, and answers may be compressed, so bytes cannot be searched.
    Compressed,
}

impl Shop {
    /// Starts everything as the demo does.
    pub async fn start() -> Result<Self> {
        Self::start_as(Start::Demo).await
    }

    /// Starts everything and introduces the two servers to each other, as operators would. The
    /// agent's database is of the kind that [`postgres_cluster::VARIABLE`] asks for.
    pub async fn start_as(start: Start) -> Result<Self> {
        Self::start_on(start, postgres_cluster::wanted().as_deref()).await
    }

    /// The same, with the agent's database at this URL; `None`: a file in its folder.
    pub async fn start_on(start: Start, database: Option<&str>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let post = Post::start()?;
        let agent_port = free_port()?;
        let agent_tap = Tap::start(agent_port, start.compression()).await?;
        let agent_url = format!("http://localhost:{}", agent_tap.port());
        let agent_config = write_agent_config(folder.path(), agent_port, &agent_url, &post.url)?;
        if let Some(url) = database {
            let text = fs::read_to_string(&agent_config)?;
            fs::write(&agent_config, format!("database_url = {url:?}\n{text}"))?;
        }
        let agent = (agent_url.as_str(), agent_config.as_path());
        let first = Merchant::introduce(&merchant::TEA, folder.path(), agent, start).await?;
        let mut shop = Self {
            agent: Server::new(
                "agent-server",
                &folder.path().join("agent-server"),
                &agent_url,
                agent_port,
                &start.arguments(&agent_config),
            ),
            merchant: first.server,
            agent_tap,
            merchant_tap: first.tap,
            post,
            host: first.host,
            agent_config,
            merchant_config: first.config,
            postgres: database.map(str::to_owned),
            folder,
            start,
        };
        shop.merchant.start().await?;
        shop.agent.start().await?;
        Ok(shop)
    }

    /// Starts another agent on the first one's database, with its keys, at a port of its own.
    pub async fn agent_beside(&self) -> Result<Server> {
        let port = free_port()?;
        let config = fs::read_to_string(&self.agent_config)?;
        let first = format!("listen = \"{}\"", self.agent.listens_on());
        ensure!(config.contains(&first), "the first agent listens elsewhere");
        let config = config.replace(&first, &format!("listen = \"127.0.0.1:{port}\""));
        let folder = self.folder.path().join(format!("agent-{port}"));
        fs::create_dir(&folder)?;
        let file = folder.join("agent.toml");
        fs::write(&file, config)?;
        let (url, arguments) = (format!("http://localhost:{port}"), self.start.arguments(&file));
        let mut other = Server::new("agent-server", &folder, &url, port, &arguments);
        other.start().await?;
        Ok(other)
    }

    /// Opens another merchant beside the first, with a server and pages of its own.
    pub async fn open_beside(&self, who: &merchant::Who) -> Result<Merchant> {
        let agent = (self.agent.url.as_str(), self.agent_config.as_path());
        let mut other = Merchant::introduce(who, self.folder.path(), agent, self.start).await?;
        other.server.start().await?;
        Ok(other)
    }

    /// Opens the example shop that is built on merchant-server as a library.
    pub async fn open_stall(&self) -> Result<Merchant> {
        let agent = (self.agent.url.as_str(), self.agent_config.as_path());
        let who = &merchant::STALL;
        let mut stall = Merchant::introduce(who, self.folder.path(), agent, self.start).await?;
        let folder = self.folder.path().join(who.folder);
        fs::create_dir_all(folder.join("examples"))?;
        let config = stall.config.to_str().context("a plain name")?;
        stall.server = stall.server.instead("examples/tea_stall", &[config]);
        let server = format!("{}/stall", stall.server.url);
        self.agent_cli(&["merchants", "add", who.id, "--server-url", &server, "--json"])?;
        stall.server.start().await?;
        Ok(stall)
    }

    /// Opens a shop that holds no key beside the others.
    pub async fn open_form_shop(&self, kind: form_shop::Kind) -> Result<FormShop> {
        let agent = (self.agent.url.as_str(), self.agent_config.as_path());
        FormShop::open(kind, self.folder.path(), agent).await
    }

    /// A client without a screen that has met both servers.
    pub async fn client(&self) -> Result<Client> {
        Client::meet(&self.agent.url, &self.merchant.url, "mrc_tea").await
    }

    /// Runs a command of the agent's operator and reads the JSON that it prints.
    pub fn agent_cli(&self, arguments: &[&str]) -> Result<serde_json::Value> {
        run("agent-server", arguments, &self.agent_config)
    }

    /// Runs a command of the merchant and reads the JSON that it prints.
    pub fn merchant_cli(&self, arguments: &[&str]) -> Result<serde_json::Value> {
        run("merchant-server", arguments, &self.merchant_config)
    }

    /// Moves both servers' clocks forward.
    pub async fn advance(&self, seconds: u64) -> Result {
        for server in [&self.agent, &self.merchant] {
            let answer = http()?
                .post(format!("{}/_demo/clock", server.url))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("advance={seconds}"))
                .send()
                .await?;
            let status = answer.status();
            ensure!(status.is_success() || status.is_redirection(), "the clock said {status}");
        }
        Ok(())
    }

    /// The rows with which a server's database answers a question in SQL.
    pub fn rows(&self, server: &str, question: &str) -> Result<Vec<Vec<serde_json::Value>>> {
        self.database(server).rows(question)
    }

    /// All that a server's database holds, as text.
    pub fn dump(&self, server: &str) -> Result<String> {
        self.database(server).dump()
    }

    /// Runs statements on the stopped agent's database, a file.
    pub fn write(&self, statements: &str) -> Result {
        database::write(&self.file("agent-server"), statements)
    }

    /// Bare committed INSERTs per second into a file beside the agent's.
    pub fn bare_inserts(&self) -> Result<f64> {
        database::bare_inserts(&self.folder.path().join("bare.sqlite"))
    }

    /// A server's database.
    pub fn database(&self, server: &str) -> Database {
        let postgres = self.postgres.clone().filter(|_| server == "agent-server");
        postgres.map_or_else(|| Database::File(self.file(server)), Database::Postgres)
    }

    /// The file of a server's database, if it is in one.
    fn file(&self, server: &str) -> PathBuf {
        let name = server.trim_end_matches("-server");
        self.folder(server).join("data").join(name).with_extension("sqlite")
    }

    /// Changes what a server reads when it starts, such as `agent-server/plans.toml`, and starts it
    /// again.
    pub async fn change(&mut self, file: &str, from: &str, to: &str) -> Result {
        let path = self.folder.path().join(file);
        let text = fs::read_to_string(&path)?;
        ensure!(text.contains(from), "{file} does not say {from}");
        fs::write(path, text.replacen(from, to, 1))?;
        let is_agent = file.starts_with("agent-server/");
        let server = if is_agent { &mut self.agent } else { &mut self.merchant };
        server.stop().await?;
        server.start().await
    }

    /// Adds a contract with the code 2468.
    pub fn add_contract(&self, number: &str, email: &str, limit: u64) -> Result {
        let (code, limit) = ("2468", limit.to_string());
        self.agent_cli(&[
            "contracts",
            "add",
            "--number",
            number,
            "--code",
            code,
            "--limit",
            &limit,
            "--email",
            email,
            "--json",
        ])?;
        Ok(())
    }

    /// Names a merchant's account at a bank that is reached at any hour.
    pub fn name_account(&self, merchant: &str, number: &str) -> Result {
        let of = ["merchants", "bank", merchant, "--json"];
        let bank = ["--bank-name-ja", "みほん銀行", "--bank-name-en", "Mihon Bank"];
        let branch = ["--branch-name-ja", "盛岡支店", "--branch-name-en", "Morioka branch"];
        let account = ["--bank", "0999", "--branch", "123", "--number", number];
        let holder = ["--holder", "ヤマダチャホ"];
        self.agent_cli(&[&of[..], &bank, &branch, &account, &holder].concat())?;
        Ok(())
    }

    /// All that a server received, answered, stored (as bytes and as text) and logged, each with
    /// where it lay; for the agent its letters too.
    pub fn everything(&self, server: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let mut all = self.files(server)?;
        all.extend(self.database(server).files_elsewhere());
        all.push(("dump".into(), self.dump(server)?.into()));
        let is_agent = server == "agent-server";
        let tap = if is_agent { &self.agent_tap } else { &self.merchant_tap };
        let kept = tap.kept();
        all.push(("received".into(), kept.received.concat()));
        all.push(("answered".into(), kept.answered.concat()));
        if is_agent {
            let letters = self.post.letters()?;
            let texts =
                letters.iter().map(|letter| [letter.raw.clone(), letter.text().into()].concat());
            all.push(("letters".into(), texts.collect::<Vec<_>>().concat()));
        }
        Ok(all)
    }

    /// A server's own folder.
    pub fn folder(&self, server: &str) -> PathBuf {
        self.folder.path().join(server)
    }

    /// Everything that lies in a server's own folder: database, WAL, keys, config, log.
    pub fn files(&self, server: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        collect(&self.folder(server), &mut files)?;
        Ok(files)
    }
}

impl Start {
    /// What a server of this configuration is started with.
    pub(crate) fn arguments(self, config: &Path) -> Vec<&str> {
        let config = config.to_str().expect("temporary folders have plain names");
        let mut arguments = vec!["serve", "--config", config];
        if self == Self::Demo {
            arguments.extend(["--demo", "--test-clock"]);
        }
        arguments
    }

    /// Whether its answers may be compressed.
    pub(crate) fn compression(self) -> Compression {
        match self {
            Self::Compressed => Compression::Allowed,
            Self::Demo | Self::Plain => Compression::Refused,
        }
    }
}

fn write_agent_config(folder: &Path, port: u16, url: &str, smtp: &str) -> Result<PathBuf> {
    let folder = folder.join("agent-server");
    fs::create_dir_all(&folder)?;
    let config = format!(
        "listen = \"127.0.0.1:{port}\"\npublic_url = \"{url}\"\nagent_id = \"agt_demo\"\n\
         data_dir = {data:?}\nwidget_dir = {widget:?}\nplans_file = {plans:?}\n\
         code_cost = {{ memory_kib = 8, passes = 1, lanes = 1 }}\nlocal_merchants = true\n\
         [agent_name]\nja = \"割符決済\"\nen = \"Warifu Settlement\"\n\
         [smtp]\nurl = \"{smtp}\"\nfrom = \"no-reply@agent.example\"\n",
        data = folder.join("data"),
        widget = place::root().join("target/widget"),
        plans = copy("agent-server/plans.sample.toml", &folder.join("plans.toml"))?,
    );
    let file = folder.join("agent.toml");
    fs::write(&file, config)?;
    Ok(file)
}

/// A copy of one of the samples, which a test may change.
pub(crate) fn copy(sample: &str, file: &Path) -> Result<PathBuf> {
    fs::copy(place::root().join(sample), file)?;
    Ok(file.into())
}

/// Runs a server's command and reads the JSON that it prints.
pub fn run(program: &str, arguments: &[&str], config: &Path) -> Result<serde_json::Value> {
    let output = Command::new(place::program(program))
        .args(arguments)
        .arg("--config")
        .arg(config)
        .current_dir(place::root())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {}: {said}", arguments.join(" "));
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{program} {} printed no JSON", arguments.join(" ")))
}

pub(crate) fn collect(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) -> Result {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else {
            into.push((path.display().to_string(), fs::read(&path)?));
        }
    }
    Ok(())
}
