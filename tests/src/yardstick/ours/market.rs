//! The market of each configuration: its sellers, and what reached whom in the end.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use anyhow::bail;
use serde_json::Value;

use super::{
    Configuration,
    stand::{Stand, joined},
};
use crate::{
    Result, Shop,
    form_shop::Kind,
    merchant::{POTTERY, TEA},
    relay::{Relay, wire},
    shop::Start,
    yardstick::{Party, Seller, Shopper, opened},
};

/// A market that is open.
pub(super) struct Market {
    /// The agent, and the first shop, which in some configurations only lends its pages.
    pub(super) shop: Shop,
    how: Configuration,
    tea: Stand,
    pottery: Stand,
    relays: Vec<Relay>,
}

impl Market {
    /// Two sellers, and a contract of this shopper's.
    pub(super) async fn open(how: Configuration, shopper: &Shopper) -> Result<Self> {
        let mut shop = Shop::start_as(Start::Plain).await?;
        if how == Configuration::Transfer {
            become_bank(&mut shop).await?;
        }
        let (tea, pottery) = match how {
            Configuration::Window => (
                Stand::lent(&shop, "mrc_suzuki", ("鈴木茶舗", "Suzuki Tea"))?,
                Stand::lent(&shop, "mrc_tanaka", ("田中陶器", "Tanaka Pottery"))?,
            ),
            Configuration::Form => (
                Stand::Form(shop.open_form_shop(Kind::Python).await?),
                Stand::Form(shop.open_form_shop(Kind::Node).await?),
            ),
            _ => (Stand::First, Stand::Beside(shop.open_beside(&POTTERY).await?)),
        };
        let mut relays = Vec::new();
        if let (Configuration::Relay, Stand::Beside(second)) = (how, &pottery) {
            relays.push(Relay::open(&shop, false).await?);
            let second = (POTTERY.id, second.server.url.as_str());
            relays.push(Relay::of(&shop, second, "second-relay", false).await?);
        }
        add_contract(&shop, shopper)?;
        if how == Configuration::Transfer {
            shop.name_account(TEA.id, "7654321")?;
            shop.name_account(POTTERY.id, "7654987")?;
            let number = shopper.value("payment.contract_number");
            shop.agent_cli(&["contracts", "pay-in", number, "--amount", "100000", "--json"])?;
        }
        Ok(Self { shop, how, tea, pottery, relays })
    }

    /// Who sells.
    pub(super) fn stand(&self, seller: Seller) -> &Stand {
        match seller {
            Seller::Tea => &self.tea,
            Seller::Pottery => &self.pottery,
        }
    }

    /// Where this seller's key lies, and where the other's.
    pub(super) fn folders(&self, seller: Seller) -> (PathBuf, PathBuf) {
        let (tea, pottery) = (self.tea.folder(&self.shop), self.pottery.folder(&self.shop));
        match seller {
            Seller::Tea => (tea, pottery),
            Seller::Pottery => (pottery, tea),
        }
    }

    /// Waits until the seller has heard that its bank has the money of this order.
    pub(super) async fn wait_for_money(&self, seller: Seller, order: &Value) -> Result {
        let mut told = Value::Null;
        for _ in 0..200 {
            told = self.stand(seller).cli(&self.shop, &["orders", "transfers", "--json"])?;
            let transfers = told.as_array().map(Vec::as_slice).unwrap_or_default();
            let mut of_it = transfers.iter().filter(|one| one["purchase"] == order["purchase"]);
            let came =
                |one: &Value| one["money"].as_str().is_some_and(|m| m.starts_with("received"));
            if of_it.any(came) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("no money for {order}: {told}")
    }

    /// What reached whom, was opened, stored, answered and logged there, and what was `told`.
    pub(super) fn received(
        &self,
        told: BTreeMap<Party, Vec<u8>>,
    ) -> Result<BTreeMap<Party, Vec<u8>>> {
        let mut received = told;
        let mut add = |party, bytes| received.entry(party).or_default().extend::<Vec<u8>>(bytes);
        for stand in [&self.tea, &self.pottery] {
            add(Party::Seller, stand.seen(&self.shop)?);
        }
        add(Party::Agent, joined(self.shop.everything("agent-server")?));
        let folder = self.shop.folder("agent-server");
        add(Party::Agent, opened::credentials(&self.shop.agent_tap.kept().received, &folder)?);
        for relay in &self.relays {
            let all = [relay.memory()?, wire(&relay.tap.kept()).map(|(_, bytes)| bytes).concat()];
            add(Party::Relay, all.concat());
        }
        if self.how == Configuration::Window {
            // All that it has but its own catalogue, in which similar things are for sale.
            let mut all = self.shop.everything(TEA.folder)?;
            all.retain(|(place, _)| !place.ends_with("catalogue.toml"));
            add(Party::Host, joined(all));
        }
        Ok(received)
    }
}

/// The agent keeps bank's hours, sends at any hour to the sellers' bank, and lessons too may be
/// paid by transfer.
async fn become_bank(shop: &mut Shop) -> Result {
    let hours = "[transfers]\nopens = \"08:30\"\ncloses = \"15:30\"\n\
        around_the_clock = [\"0999\"]\n[smtp]";
    shop.change("agent-server/agent.toml", "[smtp]", hours).await?;
    let lesson = "quantity = { min = 1, max = 2 }\nplans = [\"single\"";
    shop.change("merchant-server/catalogue.toml", lesson, &[lesson, ", \"transfer\""].concat())
        .await
}

fn add_contract(shop: &Shop, shopper: &Shopper) -> Result {
    let number = shopper.value("payment.contract_number");
    let code = shopper.value("payment.code");
    let contract = ["contracts", "add", "--number", number, "--code", code, "--limit", "100000"];
    let owner = ["--currency", "JPY", "--email", CONTRACT_MAIL, "--locale", "ja", "--json"];
    shop.agent_cli(&[&contract[..], &owner].concat())?;
    Ok(())
}

/// Where the agent writes to: from the contract, not from the purchase.
pub(super) const CONTRACT_MAIL: &str = "contract@agent.example";
