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
        self.introduce_seller(agent_key)
    }

    /// The same for the seller without a server, whose orders wait in a mailbox at the agent.
    fn introduce_seller(&self, agent_key: &str) -> Result<()> {
        fs::write(seller_settings(), seller_settings_with(agent_key))?;
        let keys = place::demo().join("seller-keys.json");
        let shown = output(&mut self.seller(&["keys", "show", "--json"]));
        let shown = shown.or_else(|_| output(&mut self.seller(&["keys", "init", "--json"])))?;
        fs::write(&keys, shown)?;
        let mut add = self.agent_server(&["merchants", "add", SELLER, "--mailbox"]);
        add.args(["--name-ja", "お菓子の鈴木", "--name-en", "Suzuki Sweets"]);
        add.args(["--legal-ja", SELLER_LEGAL_JA, "--legal-en", SELLER_LEGAL_EN]);
        output(add.arg("--keys").arg(keys))?;
        Ok(())
    }

    /// Once the agent serves: the seller leaves its Offers there, and agrees with the shop on a
    /// window in its pages.
    pub fn open_window(&self) -> Result<()> {
        output(&mut self.seller(&["offers", "publish"]))?;
        let origin = format!("http://{SHOP}");
        let proposed = self
            .seller(&["placements", "propose", "--host", "mrc_tea", "--origin", &origin, "--json"])
            .output()?;
        let proposed: Value = serde_json::from_slice(&proposed.stdout)?;
        let placement = proposed["placement"].as_str().context("no placement was proposed")?;
        output(&mut self.merchant_server(&["placements", "agree", placement]))?;
        Ok(())
    }

    fn seller(&self, arguments: &[&str]) -> Command {
        let mut command = self.server("merchant-server");
        command.args(arguments).arg("--config").arg(seller_settings());
        command
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
         shop_name = {{ ja = \"山田茶舗\", en = \"Yamada Tea\" }}\n\
         data_dir = \"shop\"\ncatalogue = \"../merchant-server/catalogue.sample.toml\"\n\
         shop_dir = \"../www/shop\"\nrelay = {relay}\n\n\
         [agent]\nurl = \"http://{AGENT}\"\nid = \"agt_demo\"\n\
         verifying_keys = [\"{agent_key}\"]\n"
    )
}

fn seller_settings() -> PathBuf {
    place::demo().join("seller.toml")
}

fn seller_settings_with(agent_key: &str) -> String {
    format!(
        "merchant_id = \"{SELLER}\"\ndata_dir = \"seller\"\norder_prefix = \"S\"\n\
         catalogue = \"../merchant-server/sweets.sample.toml\"\n\n\
         [agent]\nurl = \"http://{AGENT}\"\nid = \"agt_demo\"\n\
         verifying_keys = [\"{agent_key}\"]\n"
    )
}

const SELLER: &str = "mrc_suzuki";
const SELLER_LEGAL_JA: &str =
    "お菓子の鈴木　代表 鈴木花　岩手県盛岡市菓子町3-4　電話 019-000-0001（架空の店です）";
const SELLER_LEGAL_EN: &str = "Suzuki Sweets, represented by Hana Suzuki, 3-4 Kashicho, Morioka, \
     Iwate, Japan. Phone +81-19-000-0001. A fictional shop.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_settings_name_no_folder_of_this_machine() {
        let settings = shop_settings_with("key", true) + &seller_settings_with("key");
        assert!(!settings.contains(&place::root().display().to_string()), "{settings}");
        let catalogues =
            ["catalogue", "sweets"].map(|name| format!("../merchant-server/{name}.sample.toml"));
        for path in catalogues.iter().map(String::as_str).chain(["../www/shop"]) {
            assert!(settings.contains(path), "{settings}");
            assert!(place::root().join(&path[3..]).exists(), "{path}");
        }
    }
}
