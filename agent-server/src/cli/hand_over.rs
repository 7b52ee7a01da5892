//! `agent-server merchants hand-over`: shops that run no server of ours take orders by a form.

use clap::Args;

use super::{
    Said,
    merchants::{find, shown},
    say::Report,
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::origins::check_hand_over,
    store::Store,
};

/// Where an ordinary form hands over a merchant's orders.
#[derive(Args)]
pub struct HandOver {
    /// mrc_…
    id: String,
    /// To this address, on one of its registered origins
    #[arg(long, value_name = "URL", conflicts_with = "sealed")]
    form: Option<String>,
    /// Sealed, to its server, as at first
    #[arg(long)]
    sealed: bool,
}

impl HandOver {
    /// Runs it.
    pub async fn run(&self, store: &Store) -> Said {
        let mut merchant = find(store, &self.id).await?;
        if self.form.is_some() || self.sealed {
            merchant.hand_over.clone_from(&self.form);
            check_hand_over(&merchant)?;
            store.put_merchant(merchant.clone(), SystemClock.now()).await?;
        }
        let to = merchant.hand_over.as_ref();
        let said = to.map_or("sealed, to its server".into(), |address| format!("form {address}"));
        Ok(Report::line(said, shown(&merchant)))
    }
}
