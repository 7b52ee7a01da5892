//! How the two servers are called: the only place that knows their settings and command lines.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{AGENT, SHOP};
use crate::place;
use crate::program::{output, program};

/// The built servers of one cargo profile.
pub struct Servers {
    /// The profile's folder below `target/`.
    pub profile: &'static str,
}

impl Servers {
    /// Writes both servers' settings, makes their keys, and tells each about the other; on a
    /// folder from last time only the settings are written again.
    pub fn introduce(&self) -> Result<()> {
        let introduced = place::demo().join("introduced");
        let agent_keys = place::demo().join("agent-keys.json");
        fs::write(self.agent_settings(), agent_settings())?;
        if !introduced.exists() {
            fs::write(&agent_keys, output(&mut self.agent_server(&["keys", "init", "--json"]))?)?;
        }
        let agent_keys: Value = serde_json::from_slice(&fs::read(agent_keys)?)?;
        fs::write(self.shop_settings(), shop_settings(text(&agent_keys, "verifying_key")?))?;
        if !introduced.exists() {
            let keys = output(&mut self.merchant_server(&["keys", "init", "--json"]))?;
            self.add_merchant(&serde_json::from_str(&keys)?)?;
            fs::write(introduced, "")?;
        }
        Ok(())
    }

    /// The agent, serving until it is asked to stop.
    pub fn agent(&self) -> Command {
        self.agent_server(&["serve", "--demo", "--test-clock"])
    }

    /// The shop, serving until it is asked to stop.
    pub fn shop(&self) -> Command {
        self.merchant_server(&["serve", "--demo", "--test-clock"])
    }

    fn add_merchant(&self, keys: &Value) -> Result<()> {
        let shop = format!("http://{SHOP}");
        let mut add = self.agent_server(&["merchants", "add", "--id", "mrc_tea", "--json"]);
        add.args(["--name-ja", "山田茶舗", "--name-en", "Yamada Tea"]);
        add.args(["--server-url", &shop, "--origin", &shop]);
        add.args(["--verifying-key", text(keys, "verifying_key")?]);
        output(add.args(["--sealing-key", text(keys, "sealing_key")?]))?;
        Ok(())
    }

    fn agent_server(&self, arguments: &[&str]) -> Command {
        let mut command = self.server("agent-server", arguments);
        command.arg("--config").arg(self.agent_settings());
        command
    }

    fn merchant_server(&self, arguments: &[&str]) -> Command {
        let mut command = self.server("merchant-server", arguments);
        command.arg("--config").arg(self.shop_settings());
        command
    }

    fn server(&self, binary: &str, arguments: &[&str]) -> Command {
        let mut command = program(place::target().join(self.profile).join(binary));
        command.args(arguments);
        command
    }

    fn agent_settings(&self) -> PathBuf {
        place::demo().join("agent.toml")
    }

    fn shop_settings(&self) -> PathBuf {
        place::demo().join("merchant.toml")
    }
}

fn agent_settings() -> String {
    format!(
        "listen = \"127.0.0.1:7070\"\npublic_url = \"http://{AGENT}\"\nagent_id = \"agt_demo\"\n\
         data_dir = {data:?}\nwidget_dir = {widget:?}\n\n\
         [agent_name]\nja = \"割符決済\"\nen = \"Warifu Settlement\"\n",
        data = place::demo().join("agent"),
        widget = place::widget(),
    )
}

fn shop_settings(agent_key: &str) -> String {
    format!(
        "listen = \"{SHOP}\"\npublic_url = \"http://{SHOP}\"\nmerchant_id = \"mrc_tea\"\n\
         data_dir = {data:?}\ncatalogue = {catalogue:?}\nshop_dir = {shop:?}\n\n\
         [agent]\nurl = \"http://{AGENT}\"\nid = \"agt_demo\"\n\
         verifying_keys = [\"{agent_key}\"]\n",
        data = place::demo().join("shop"),
        catalogue = place::root().join("merchant-server").join("catalogue.sample.toml"),
        shop = place::root().join("www").join("shop"),
    )
}

fn text<'a>(json: &'a Value, key: &str) -> Result<&'a str> {
    json[key].as_str().with_context(|| format!("the keys have no `{key}`"))
}
