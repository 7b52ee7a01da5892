//! `agent-server placements`: where sellers' windows may stand in others' pages (¶79–80). Seller
//! and host hand them in by themselves; the operator looks, and can end one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::{Digest, ItemId, Timestamp};

use super::{Place, Said, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    store::{KeptPlacement, Store},
};

/// Agreements between sellers and hosts.
#[derive(Subcommand)]
pub enum Placements {
    /// List them, the newest first; ended ones too
    List,
    /// End one at once
    End {
        /// Its digest, as `list` prints it
        digest: String,
    },
}

impl Placements {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let store = place.store().await?;
        let said = self.act(&store).await;
        store.close().await;
        said
    }

    async fn act(&self, store: &Store) -> Said {
        match self {
            Self::List => {
                let all = store.all_placements().await?;
                let json: Vec<_> = all.iter().map(shown).collect::<Result<_, _>>()?;
                Ok(Report::new(json.iter().map(line).collect(), json!({ "placements": json })))
            }
            Self::End { digest } => {
                let bytes = BASE64URL.decode(digest).ok();
                let parsed = bytes.and_then(|bytes| Digest::try_from(bytes.as_slice()).ok());
                let parsed = parsed.ok_or_else(|| format!("{digest} is no digest"))?;
                let now = SystemClock.now();
                match store.end_placement(parsed, "agent".into(), None, now).await? {
                    true => Ok(Report::line(format!("ended {digest}"), json!({ "ended": digest }))),
                    false => Err(format!("{digest} is none that is in force"))?,
                }
            }
        }
    }
}

fn line(shown: &Value) -> String {
    let text = |name: &str| shown[name].as_str().unwrap_or("–").to_owned();
    let ended = if shown["ended"].is_null() { "" } else { "  ended" };
    format!("{}  {} in {}{ended}", text("digest"), text("seller"), text("host"))
}

fn shown(kept: &KeptPlacement) -> Result<Value, shared_protocol::Problem> {
    let placement = kept.agreement.placement.claimed()?;
    Ok(json!({
        "digest": BASE64URL.encode(kept.digest.as_bytes()),
        "seller": kept.seller.as_str(),
        "host": kept.host.as_str(),
        "origins": placement.origins,
        "items": placement.items.iter().map(ItemId::as_str).collect::<Vec<_>>(),
        "valid_from": placement.valid_from.as_secs(),
        "valid_until": placement.valid_until.as_secs(),
        "ended": kept.ended.as_ref().map(|(at, _)| Timestamp::as_secs(*at)),
        "ended_by": kept.ended.as_ref().map(|(_, by)| by),
    }))
}
