//! Where a seller sells: at a server of its own, in another's page, or by a form of its own.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    Borrower, Result, Shop,
    form_shop::FormShop,
    merchant::{Merchant, POTTERY, TEA},
};

/// A seller.
pub(super) enum Stand {
    /// The market's first shop.
    First,
    /// Another with a server of ours.
    Beside(Merchant),
    /// Without a site.
    Window(Borrower),
    /// Without a key.
    Form(FormShop),
}

impl Stand {
    /// In the first shop's pages.
    pub(super) fn lent(shop: &Shop, id: &'static str, names: (&str, &str)) -> Result<Self> {
        let sample = "merchant-server/catalogue.sample.toml";
        let seller = Borrower::open_with(shop, id, names, sample)?;
        seller.borrow_window(shop, &shop.host.url)?;
        Ok(Self::Window(seller))
    }

    /// Puts the item on show; at which address.
    pub(super) fn show(&self, shop: &Shop, item: &str) -> String {
        let agent = &shop.agent.url;
        match self {
            Self::First => shop.host.show_widget(TEA.id, agent, item),
            Self::Beside(Merchant { host, .. }) => host.show_widget(POTTERY.id, agent, item),
            Self::Window(seller) => shop.host.show_window(agent, &seller.window_of(item)),
            Self::Form(FormShop { url, .. }) => return format!("{url}/?item={item}"),
        }
        match self {
            Self::Beside(Merchant { host, .. }) => host.url.clone(),
            _ => shop.host.url.clone(),
        }
    }

    /// Runs a command of the seller's.
    pub(super) fn cli(&self, shop: &Shop, arguments: &[&str]) -> Result<Value> {
        match self {
            Self::First => shop.merchant_cli(arguments),
            Self::Beside(merchant) => merchant.cli(arguments),
            Self::Window(seller) => seller.cli(arguments),
            Self::Form(form_shop) => form_shop.desk(arguments),
        }
    }

    /// Reads what waits in the mailbox and takes it; all that was read.
    pub(super) fn open_mailbox(&self) -> Result<Vec<u8>> {
        let Self::Window(seller) = self else { return Ok(Vec::new()) };
        let waiting = seller.cli(&["mailbox", "list", "--json"])?;
        let entries = waiting.as_array().map(Vec::as_slice).unwrap_or_default();
        let newest = entries.iter().find(|entry| entry["state"] == "waiting");
        let number = newest.and_then(|entry| entry["handling_number"].as_str());
        let number = number.with_context(|| format!("nothing waits: {waiting}"))?;
        let read = seller.cli(&["mailbox", "read", number, "--json"])?;
        let taken = seller.cli(&["mailbox", "accept", number, "--json"])?;
        Ok(format!("{waiting}{read}{taken}").into_bytes())
    }

    /// The newest order, once it is the seller's.
    pub(super) fn order(&self, shop: &Shop) -> Result<Value> {
        if let Self::Form(form_shop) = self {
            form_shop.desk(&["orders", "enter", &form_shop.form_file()?, "--json"])?;
        }
        let orders = self.cli(shop, &["orders", "list", "--json"])?;
        Ok(orders[0].clone())
    }

    /// Where its key lies.
    pub(super) fn folder(&self, shop: &Shop) -> PathBuf {
        match self {
            Self::First => shop.folder(TEA.folder),
            Self::Beside(_) => shop.folder(POTTERY.folder),
            Self::Window(seller) => seller.folder().into(),
            Self::Form(form_shop) => form_shop.desk_folder(),
        }
    }

    /// What reached it, and what it stored, answered and logged.
    pub(super) fn seen(&self, shop: &Shop) -> Result<Vec<u8>> {
        let (files, tap) = match self {
            Self::First => return Ok(joined(shop.everything(TEA.folder)?)),
            Self::Beside(merchant) => (shop.files(POTTERY.folder)?, &merchant.tap),
            Self::Window(seller) => return Ok(joined(shop.files(seller.id)?)),
            Self::Form(form_shop) => (form_shop.files()?, &form_shop.tap),
        };
        let kept = tap.kept();
        Ok([joined(files), kept.received.concat(), kept.answered.concat()].concat())
    }
}

/// Without where it lay.
pub(super) fn joined(everything: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    everything.into_iter().flat_map(|(_, bytes)| bytes).collect()
}
