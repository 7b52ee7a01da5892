//! `agent-server merchants keys`: which keys of a merchant's count, and since when; the next pair
//! with an overlap; one that somebody else may have.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use clap::Subcommand;
use serde_json::json;
use shared_protocol::{MerchantId, SealingKey, Span, Timestamp, VerifyingKey, jws};

use super::{
    Said,
    merchants::{find, pair_of_file},
    say::Report,
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::merchant_keys::MerchantKey,
    store::{KeyChange, Store},
};

/// A merchant's keys.
#[derive(Subcommand)]
pub enum MerchantKeys {
    /// Show all keys that it has or had
    List {
        /// mrc_…
        id: String,
    },
    /// Register its next pair; what the one before signed counts for a while
    Replace {
        /// mrc_…
        id: String,
        /// Both keys, as `merchant-server keys rotate --json` prints them
        #[arg(long, value_name = "FILE")]
        keys: PathBuf,
        /// For how many hours; 0 where the old key has leaked
        #[arg(long, default_value_t = 72)]
        overlap_hours: u32,
    },
    /// End a key that somebody else may have; within seconds nothing it signs counts
    Revoke {
        /// mrc_…
        id: String,
        /// Its name (kid), as `list` shows it
        kid: String,
    },
}

impl MerchantKeys {
    /// Runs it.
    pub async fn act(&self, store: &Store) -> Said {
        let now = SystemClock.now();
        match self {
            Self::List { id } => listed(store, &find(store, id).await?.id).await,
            Self::Replace { id, keys, overlap_hours } => {
                let merchant = find(store, id).await?.id;
                let (verifying, sealing) = pair_of_file(keys)?;
                let (Some(verifying), Some(sealing)) = (verifying, sealing) else {
                    return Err("the file must hold verifying_key and sealing_key".into());
                };
                let pair = (VerifyingKey::new(verifying), SealingKey::new(sealing));
                let until = now.plus(Span::hours(i64::from(*overlap_hours)));
                let change = KeyChange::Replace(pair.0, pair.1, until);
                if !store.change_keys(merchant.clone(), change, now).await? {
                    return Err("this key was revoked: the merchant has to make another".into());
                }
                listed(store, &merchant).await
            }
            Self::Revoke { id, kid } => {
                let merchant = find(store, id).await?.id;
                let known = keys(store, &merchant).await?;
                let key = known.iter().find(|key| jws::key_id(&key.verifying) == *kid);
                let key = key.ok_or_else(|| format!("{id} has no key {kid}"))?.verifying;
                store.change_keys(merchant.clone(), KeyChange::Revoke(key), now).await?;
                listed(store, &merchant).await
            }
        }
    }
}

async fn keys(store: &Store, id: &MerchantId) -> Result<Vec<MerchantKey>, crate::store::Fault> {
    let known = store.known_merchant(id).await?;
    Ok(known.map(|known| known.keys().to_vec()).unwrap_or_default())
}

async fn listed(store: &Store, id: &MerchantId) -> Said {
    let (now, keys) = (SystemClock.now(), keys(store, id).await?);
    let line = |key: &MerchantKey| {
        let (kid, until) = (jws::key_id(&key.verifying), key.until.map(Timestamp::as_secs));
        let until = until.map_or_else(String::new, |until| format!("  until {until}"));
        format!("{kid}  {:8} from {}{until}", key.state(now), key.from.as_secs())
    };
    let shown = |key: &MerchantKey| {
        json!({
            "kid": jws::key_id(&key.verifying),
            "state": key.state(now),
            "verifying_key": BASE64URL.encode(key.verifying.as_bytes()),
            "sealing_key": BASE64URL.encode(key.sealing.as_bytes()),
            "from": key.from.as_secs(),
            "until": key.until.map(Timestamp::as_secs),
        })
    };
    let json: Vec<_> = keys.iter().map(shown).collect();
    let lines = keys.iter().map(line).collect();
    Ok(Report::new(lines, json!({ "merchant": id.as_str(), "keys": json })))
}
