//! `agent-server merchants hand-over`: shops that run no server of ours take orders by a form.

use clap::Args;

use super::{
    Said,
    merchants::{find, shown},
    say::Report,
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::Merchant,
    http::policy::origin_of,
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
            check(&merchant)?;
            store.put_merchant(merchant.clone(), SystemClock.now()).await?;
        }
        let to = merchant.hand_over.as_ref();
        let said = to.map_or("sealed, to its server".into(), |address| format!("form {address}"));
        Ok(Report::line(said, shown(&merchant)))
    }
}

/// A form that left for anywhere else would hand the shopper's address to a stranger.
pub(super) fn check(merchant: &Merchant) -> Result<(), String> {
    let Some(address) = merchant.hand_over.as_deref() else { return Ok(()) };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:[]".contains(&b);
    let origin = origin_of(address).filter(|_| address.bytes().all(plain));
    let is_own = origin.is_some_and(|origin| merchant.origins.iter().any(|own| own == origin));
    is_own.then_some(()).ok_or_else(|| {
        let known = merchant.origins.join(", ");
        format!("{address}: orders are handed over on a registered origin: {known}")
    })
}
