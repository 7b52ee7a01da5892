//! `agent-server merchants webhook`: where a merchant's webhooks go, and the secret (`v1`) that
//! signs them, which is replaced with an overlap.

use clap::Subcommand;
use serde_json::json;
use shared_protocol::{Span, Timestamp};

use super::{Place, Said, merchants::find, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{Merchant, webhook::Secret},
    keys::AgentKeyring,
    store::{EndpointChange, Store},
};

/// A merchant's webhooks.
#[derive(Subcommand)]
pub enum Webhook {
    /// Show address, state and secret
    Show {
        /// mrc_…
        id: String,
    },
    /// Make the next secret; the one now signs as well for a while
    Rotate {
        /// mrc_…
        id: String,
        /// For how many hours; 0 where the secret has leaked
        #[arg(long, default_value_t = 72)]
        overlap_hours: u32,
    },
    /// Send webhooks again, after the merchant's server had answered 410 (Gone)
    Enable {
        /// mrc_…
        id: String,
    },
}

impl Webhook {
    /// Runs it.
    pub async fn act(&self, place: &Place, store: &Store) -> Said {
        let now = SystemClock.now();
        let (id, change) = match self {
            Self::Show { id } => (id, None),
            Self::Rotate { id, overlap_hours } => {
                let until = now.plus(Span::hours(i64::from(*overlap_hours)));
                (id, Some(EndpointChange::Rotate(until)))
            }
            Self::Enable { id } => (id, Some(EndpointChange::Enable)),
        };
        let merchant = find(store, id).await?;
        if let Some(change) = change {
            store.change_endpoint(merchant.id.clone(), change, now).await?;
        }
        shown(place, store, &merchant).await
    }
}

async fn shown(place: &Place, store: &Store, merchant: &Merchant) -> Said {
    let endpoint = store.endpoint(&merchant.id).await?;
    let keys = AgentKeyring::load(&place.settings(None)?.keys_dir())?;
    let secret = Secret::of(&keys, &merchant.id, endpoint.secret).expose();
    let url = format!("{}/warifu/v1/events", merchant.server);
    let state = if endpoint.disabled_at.is_some() { "disabled (410)" } else { "enabled" };
    let old = endpoint.old_until.map(Timestamp::as_secs);
    let mut lines = vec![
        format!("address      {url}"),
        format!("state        {state}"),
        format!("signing key  {}  (merchant.toml: agent.webhook_secrets)", *secret),
    ];
    lines.extend(old.map(|until| format!("old key      signs until {until}")));
    let json = json!({
        "merchant": merchant.id.as_str(),
        "url": url,
        "disabled_at": endpoint.disabled_at.map(Timestamp::as_secs),
        "secret": *secret,
        "old_until": old,
    });
    Ok(Report::new(lines, json))
}
