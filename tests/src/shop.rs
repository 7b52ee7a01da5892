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
    Client, Result, database,
    host::Host,
    mail::Post,
    place,
    server::{Server, free_port, http},
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
    folder: TempDir,
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

    /// Starts everything and introduces the two servers to each other, as operators would.
    pub async fn start_as(start: Start) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (post, host) = (Post::start()?, Host::start().await?);
        let (agent_port, merchant_port) = (free_port()?, free_port()?);
        let compression = match start {
            Start::Compressed => Compression::Allowed,
            Start::Demo | Start::Plain => Compression::Refused,
        };
        let agent_tap = Tap::start(agent_port, compression).await?;
        let merchant_tap = Tap::start(merchant_port, compression).await?;
        let agent_url = format!("http://localhost:{}", agent_tap.port());
        let merchant_url = format!("http://127.0.0.1:{}", merchant_tap.port());
        let agent_config = write_agent_config(folder.path(), agent_port, &agent_url, &post.url)?;
        let agent_keys = run("agent-server", &["keys", "init", "--json"], &agent_config)?;
        let merchant_config = write_merchant_config(
            folder.path(),
            merchant_port,
            &merchant_url,
            &agent_url,
            &agent_keys,
        )?;
        let merchant_keys = run("merchant-server", &["keys", "init", "--json"], &merchant_config)?;
        add_merchant(&agent_config, &merchant_url, &host.url, &merchant_keys)?;
        let mut shop = Self {
            agent: server(
                "agent-server",
                folder.path(),
                (&agent_url, agent_port),
                &agent_config,
                start,
            ),
            merchant: server(
                "merchant-server",
                folder.path(),
                (&merchant_url, merchant_port),
                &merchant_config,
                start,
            ),
            agent_tap,
            merchant_tap,
            post,
            host,
            agent_config,
            merchant_config,
            folder,
        };
        shop.merchant.start().await?;
        shop.agent.start().await?;
        Ok(shop)
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
        database::rows(&self.database(server), question)
    }

    /// All that a server's database holds, as text.
    pub fn dump(&self, server: &str) -> Result<String> {
        database::dump(&self.database(server))
    }

    fn database(&self, server: &str) -> PathBuf {
        let name = server.trim_end_matches("-server");
        self.folder.path().join(server).join("data").join(name).with_extension("sqlite")
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

    /// Everything that lies in a server's own folder: database, WAL, keys, config, log.
    pub fn files(&self, server: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        collect(&self.folder.path().join(server), &mut files)?;
        Ok(files)
    }
}

fn server(
    name: &'static str,
    folder: &Path,
    (url, port): (&str, u16),
    config: &Path,
    start: Start,
) -> Server {
    let config = config.to_str().expect("temporary folders have plain names");
    let mut arguments = vec!["serve", "--config", config];
    if start == Start::Demo {
        arguments.extend(["--demo", "--test-clock"]);
    }
    Server::new(name, &folder.join(name), url, port, &arguments)
}

fn write_agent_config(folder: &Path, port: u16, url: &str, smtp: &str) -> Result<PathBuf> {
    let folder = folder.join("agent-server");
    fs::create_dir_all(&folder)?;
    let config = format!(
        "listen = \"127.0.0.1:{port}\"\npublic_url = \"{url}\"\nagent_id = \"agt_demo\"\n\
         data_dir = {data:?}\nwidget_dir = {widget:?}\nplans_file = {plans:?}\n\
         code_cost = {{ memory_kib = 8, passes = 1, lanes = 1 }}\n\
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

fn write_merchant_config(
    folder: &Path,
    port: u16,
    url: &str,
    agent_url: &str,
    agent_keys: &serde_json::Value,
) -> Result<PathBuf> {
    let folder = folder.join("merchant-server");
    fs::create_dir_all(&folder)?;
    let key = agent_keys["verifying_key"].as_str().context("keys init prints verifying_key")?;
    let config = format!(
        "listen = \"127.0.0.1:{port}\"\npublic_url = \"{url}\"\nmerchant_id = \"mrc_tea\"\n\
         data_dir = {data:?}\ncatalogue = {catalogue:?}\nshop_dir = {shop:?}\n\
         [agent]\nurl = \"{agent_url}\"\nid = \"agt_demo\"\nverifying_keys = [\"{key}\"]\n",
        data = folder.join("data"),
        catalogue = copy("merchant-server/catalogue.sample.toml", &folder.join("catalogue.toml"))?,
        shop = place::root().join("www/shop"),
    );
    let file = folder.join("merchant.toml");
    fs::write(&file, config)?;
    Ok(file)
}

fn copy(sample: &str, file: &Path) -> Result<PathBuf> {
    fs::copy(place::root().join(sample), file)?;
    Ok(file.into())
}

fn add_merchant(config: &Path, url: &str, host: &str, keys: &serde_json::Value) -> Result {
    let key = |name: &str| keys[name].as_str().map(String::from).context("keys init prints keys");
    let arguments = [
        "merchants",
        "add",
        "--id",
        "mrc_tea",
        "--name-ja",
        "山田茶舗",
        "--name-en",
        "Yamada Tea",
        "--server-url",
        url,
        "--origin",
        url,
        "--origin",
        host,
        "--verifying-key",
        &key("verifying_key")?,
        "--sealing-key",
        &key("sealing_key")?,
        "--json",
    ];
    run("agent-server", &arguments, config)?;
    Ok(())
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

fn collect(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) -> Result {
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
