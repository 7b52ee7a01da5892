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
    /// Whether the shop's server is the relay as well.
    pub relay: bool,
}

impl Servers {
    /// Makes both servers' keys where they have none, and tells each about the other, as two
    /// operators would. On a folder from last time nothing changes.
    pub fn introduce(&self) -> Result<()> {
        let agent: Value = serde_json::from_str(&output(&mut self.agent_keys())?)?;
        let agent_key = agent["verifying_key"].as_str().context("the agent shows no key")?;
        fs::write(shop_settings(), shop_settings_with(agent_key, self.relay))?;
        let keys = place::demo().join("shop-keys.json");
        let shown = output(&mut self.shop_keys("show"));
        fs::write(&keys, shown.or_else(|_| output(&mut self.shop_keys("init")))?)?;
        output(self.agent_server(&["merchants", "add", "mrc_tea"]).arg("--keys").arg(keys))?;
        let url = format!("http://{SHOP}");
        let named: &[&str] = if self.relay { &["--url", &url] } else { &["--none"] };
        output(self.agent_server(&["merchants", "relay", "mrc_tea"]).args(named))?;
        Ok(())
    }

    /// The agent, serving until it is asked to stop.
    pub fn agent(&self) -> Command {
        let mut serve = self.agent_server(&["serve", "--test-clock"]);
        serve.arg("--widget-dir").arg(place::widget());
        serve
    }

    /// The shop, serving until it is asked to stop.
    pub fn shop(&self) -> Command {
        self.merchant_server(&["serve", "--demo", "--test-clock"])
    }

    fn agent_keys(&self) -> Command {
        self.agent_server(&["keys", "init", "--json"])
    }

    fn shop_keys(&self, job: &str) -> Command {
        self.merchant_server(&["keys", job, "--json"])
    }

    fn agent_server(&self, arguments: &[&str]) -> Command {
        let mut command = self.server("agent-server");
        command.args(arguments).arg("--demo").arg("--data").arg(place::demo().join("agent"));
        command
    }

    fn merchant_server(&self, arguments: &[&str]) -> Command {
        let mut command = self.server("merchant-server");
        command.args(arguments).arg("--config").arg(shop_settings());
        command
    }

    fn server(&self, binary: &str) -> Command {
        program(place::target().join(self.profile).join(binary))
    }
}

fn shop_settings() -> PathBuf {
    place::demo().join("merchant.toml")
}

/// Paths are those from the settings' own folder, so that the whole may be moved.
fn shop_settings_with(agent_key: &str, relay: bool) -> String {
    format!(
        "listen = \"{SHOP}\"\npublic_url = \"http://{SHOP}\"\nmerchant_id = \"mrc_tea\"\n\
         data_dir = \"shop\"\ncatalogue = \"../merchant-server/catalogue.sample.toml\"\n\
         shop_dir = \"../www/shop\"\nrelay = {relay}\n\n\
         [agent]\nurl = \"http://{AGENT}\"\nid = \"agt_demo\"\n\
         verifying_keys = [\"{agent_key}\"]\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_settings_name_no_folder_of_this_machine() {
        let settings = shop_settings_with("key", true);
        assert!(!settings.contains(&place::root().display().to_string()), "{settings}");
        for path in ["../merchant-server/catalogue.sample.toml", "../www/shop"] {
            assert!(settings.contains(path), "{settings}");
            assert!(place::root().join(&path[3..]).exists(), "{path}");
        }
    }
}
