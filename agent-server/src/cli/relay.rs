//! `agent-server merchants relay`: through whom a merchant's shoppers speak with this agent.

use clap::Args;

use super::{
    Said,
    merchants::{find, shown},
    say::Report,
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{RelaySite, origins::check_form},
    store::Store,
};

/// Show the relay at a merchant's site, name it, or take it back. Open widgets follow within the
/// lifetime of their Mark.
#[derive(Args)]
pub struct RelayCommand {
    /// mrc_…
    id: String,
    /// Its address, for example https://relay.shop.example
    #[arg(long)]
    url: Option<String>,
    /// Shoppers may go past it while it is down; the agent then learns their network addresses
    #[arg(long, requires = "url")]
    or_direct: bool,
    /// There is none
    #[arg(long, conflicts_with = "url")]
    none: bool,
}

impl RelayCommand {
    /// Runs it.
    pub async fn run(&self, store: &Store) -> Said {
        let mut merchant = find(store, &self.id).await?;
        if let Some(url) = &self.url {
            let url = url.trim_end_matches('/').to_owned();
            check_form(&url)?;
            merchant.relay = Some(RelaySite { url, or_direct: self.or_direct });
        }
        if self.none {
            merchant.relay = None;
        }
        if self.none || self.url.is_some() {
            store.put_merchant(merchant.clone(), SystemClock.now()).await?;
        }
        let line = match &merchant.relay {
            None => format!("{}  no relay", merchant.id),
            Some(RelaySite { url, or_direct: false }) => format!("{}  {url}", merchant.id),
            Some(RelaySite { url, or_direct: true }) => {
                format!("{}  {url}, or directly while it is down", merchant.id)
            }
        };
        Ok(Report::line(line, shown(&merchant)))
    }
}
