//! A merchant of the market: its server, all that passes by it, and a page of the test's own on an
//! origin that is registered for it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    Result,
    host::Host,
    place,
    port::free_port,
    server::Server,
    shop::{Start, copy, run},
    tap::Tap,
};

/// Who a merchant is.
#[derive(Clone, Copy)]
pub struct Who {
    /// `mrc_…`.
    pub id: &'static str,
    /// The folder of its data, below the market's.
    pub folder: &'static str,
    /// In Japanese.
    pub name_ja: &'static str,
    /// In English.
    pub name_en: &'static str,
}

/// The demo's tea shop.
pub const TEA: Who =
    Who {
        id: "mrc_tea", folder: "merchant-server", name_ja: "山田茶舗", name_en: "Yamada Tea"
    };

/// A second shop, which sells the same.
pub const POTTERY: Who = Who {
    id: "mrc_pottery",
    folder: "second-merchant",
    name_ja: "佐藤陶器",
    name_en: "Sato Pottery",
};

/// A shop on the library: an axum application of its own.
pub const STALL: Who =
    Who { id: "mrc_stall", folder: "stall", name_ja: "茶の屋台", name_en: "The Tea Stall" };

/// A merchant that the agent knows.
pub struct Merchant {
    /// Sees delivery, never payment.
    pub server: Server,
    /// All that it received and answered.
    pub tap: Tap,
    /// A page of the test's own, on an origin that the merchant registered.
    pub host: Host,
    /// Its configuration.
    pub config: PathBuf,
}

impl Merchant {
    /// Makes its keys, and introduces it and the agent to each other, as operators would. Its
    /// server does not run yet.
    pub(crate) async fn introduce(
        who: &Who,
        market: &Path,
        agent: (&str, &Path),
        start: Start,
    ) -> Result<Self> {
        let folder = market.join(who.folder);
        fs::create_dir_all(&folder)?;
        let (host, port) = (Host::start().await?, free_port()?);
        let tap = Tap::start(port, start.compression()).await?;
        let url = format!("http://127.0.0.1:{}", tap.port());
        let (agent_url, agent_config) = agent;
        let agent_keys = run("agent-server", &["keys", "init", "--json"], agent_config)?;
        let config = write_config(who, &folder, (&url, port), agent_url, &agent_keys)?;
        let keys = run("merchant-server", &["keys", "init", "--json"], &config)?;
        register(who, agent_config, &url, &host.url, &keys)?;
        let arguments = start.arguments(&config);
        let server = Server::new("merchant-server", &folder, &url, port, &arguments);
        Ok(Self { server, tap, host, config })
    }

    /// Runs a command of the merchant and reads the JSON that it prints.
    pub fn cli(&self, arguments: &[&str]) -> Result<serde_json::Value> {
        run("merchant-server", arguments, &self.config)
    }
}

pub(crate) fn write_config(
    who: &Who,
    folder: &Path,
    (url, port): (&str, u16),
    agent_url: &str,
    agent_keys: &serde_json::Value,
) -> Result<PathBuf> {
    let key = agent_keys["verifying_key"].as_str().context("keys init prints verifying_key")?;
    let config = format!(
        "listen = \"127.0.0.1:{port}\"\npublic_url = \"{url}\"\nmerchant_id = \"{id}\"\n\
         data_dir = {data:?}\ncatalogue = {catalogue:?}\nshop_dir = {shop:?}\n\
         [agent]\nurl = \"{agent_url}\"\nid = \"agt_demo\"\nverifying_keys = [\"{key}\"]\n",
        id = who.id,
        data = folder.join("data"),
        catalogue = copy("merchant-server/catalogue.sample.toml", &folder.join("catalogue.toml"))?,
        shop = place::root().join("www/shop"),
    );
    let file = folder.join("merchant.toml");
    fs::write(&file, config)?;
    Ok(file)
}

pub(crate) fn register(
    who: &Who,
    agent_config: &Path,
    url: &str,
    host: &str,
    keys: &serde_json::Value,
) -> Result {
    let key = |name: &str| keys[name].as_str().map(String::from).context("keys init prints keys");
    let arguments = [
        "merchants",
        "add",
        "--id",
        who.id,
        "--name-ja",
        who.name_ja,
        "--name-en",
        who.name_en,
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
    run("agent-server", &arguments, agent_config)?;
    Ok(())
}
