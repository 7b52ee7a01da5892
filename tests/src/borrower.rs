//! A seller without a server: a folder with its key and its orders, a command line, and a mailbox
//! at the agent. It sells in windows that others lend. Its commands ask the agent through the tap
//! of the test, so that a test that runs them needs a runtime of several threads.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    Result, Shop,
    shop::{copy, run},
};

/// A seller that the agent knows.
pub struct Borrower {
    /// `mrc_…`.
    pub id: &'static str,
    config: PathBuf,
    folder: PathBuf,
}

impl Borrower {
    /// Makes its keys, introduces it to the agent, and leaves its Offers of sweets there.
    pub fn open(shop: &Shop, id: &'static str, name_ja: &str, name_en: &str) -> Result<Self> {
        Self::open_with(shop, id, (name_ja, name_en), "merchant-server/sweets.sample.toml")
    }

    /// The same with what another sample catalogue offers.
    pub fn open_with(
        shop: &Shop,
        id: &'static str,
        (name_ja, name_en): (&str, &str),
        catalogue: &str,
    ) -> Result<Self> {
        let folder = shop.folder(id);
        fs::create_dir_all(&folder)?;
        let agent_keys = shop.agent_cli(&["keys", "show", "--json"])?;
        let agent_key = agent_keys["verifying_key"].as_str().context("the agent shows no key")?;
        let config = write_config((id, catalogue), &folder, &shop.agent.url, agent_key)?;
        let keys = run("merchant-server", &["keys", "init", "--json"], &config)?;
        let keys_file = folder.join("keys.json");
        fs::write(&keys_file, keys.to_string())?;
        let keys_file = keys_file.to_str().context("a plain name")?;
        shop.agent_cli(&[
            "merchants",
            "add",
            id,
            "--mailbox",
            "--name-ja",
            name_ja,
            "--name-en",
            name_en,
            "--keys",
            keys_file,
            "--json",
        ])?;
        let borrower = Self { id, config, folder };
        borrower.cli(&["offers", "publish", "--json"])?;
        Ok(borrower)
    }

    /// Agrees with the shop on a window in pages of this origin; the placement's digest.
    pub fn borrow_window(&self, shop: &Shop, origin: &str) -> Result<String> {
        self.borrow_window_for(shop, origin, 90)
    }

    /// The same for so many days.
    pub fn borrow_window_for(&self, shop: &Shop, origin: &str, days: u32) -> Result<String> {
        let days = days.to_string();
        let proposed = self.cli(&[
            "placements",
            "propose",
            "--host",
            "mrc_tea",
            "--origin",
            origin,
            "--days",
            &days,
            "--json",
        ])?;
        let signed = proposed["placement"].as_str().context("a signed placement")?;
        shop.merchant_cli(&["placements", "agree", signed, "--json"])?;
        Ok(proposed["digest"].as_str().context("a digest")?.into())
    }

    /// Runs a command of the seller's and reads the JSON that it prints.
    pub fn cli(&self, arguments: &[&str]) -> Result<Value> {
        run("merchant-server", arguments, &self.config)
    }

    /// The element that opens its window in a page of the shop's.
    pub fn window(&self) -> String {
        self.window_of("YOKAN-01")
    }

    /// The same for another item.
    pub fn window_of(&self, item: &str) -> String {
        format!(
            "<warifu-checkout merchant=\"mrc_tea\" seller=\"{}\" item=\"{item}\">\
             </warifu-checkout>",
            self.id
        )
    }

    /// Its own folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn write_config(
    (id, catalogue): (&str, &str),
    folder: &Path,
    agent_url: &str,
    agent_key: &str,
) -> Result<PathBuf> {
    let catalogue = copy(catalogue, &folder.join("catalogue.toml"))?;
    let config = format!(
        "merchant_id = \"{id}\"\ndata_dir = {data:?}\ncatalogue = {catalogue:?}\n\
         order_prefix = \"S\"\n[agent]\nurl = \"{agent_url}\"\nid = \"agt_demo\"\n\
         verifying_keys = [\"{agent_key}\"]\n",
        data = folder.join("data"),
    );
    let file = folder.join("merchant.toml");
    fs::write(&file, config)?;
    Ok(file)
}
