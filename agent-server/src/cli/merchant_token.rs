//! `agent-server merchants token`: by what a merchant's own programs read what is theirs, as JSON.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Place, Said, merchants::find, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::merchant_token::{KnownToken, MerchantToken},
    entropy::Entropy,
    store::Store,
};

/// A merchant's tokens.
#[derive(Subcommand)]
pub enum Token {
    /// Make one; it is shown now and never again
    Add {
        /// mrc_…
        id: String,
        /// What to call it, for example the program that will have it
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List them
    List {
        /// mrc_…
        id: String,
    },
    /// Let one count no more
    Revoke {
        /// mrc_…
        id: String,
        /// mtk_…
        #[arg(value_parser = number)]
        token: i64,
    },
}

impl Token {
    /// Runs it.
    pub async fn act(&self, place: &Place, store: &Store) -> Said {
        match self {
            Self::Add { id, label } => {
                let merchant = find(store, id).await?.id;
                let (token, now) = (MerchantToken::random(&Entropy::new()), SystemClock.now());
                let (digest, label) = (token.digest(), label.clone());
                let row = store.add_merchant_token(merchant, label, digest, now).await?;
                let (name, token) = (format!("mtk_{row}"), token.expose());
                let json = match place.json {
                    true => json!({ "id": name, "token": *token }),
                    false => Value::Null,
                };
                Ok(Report::new(vec![name, token.to_string()], json))
            }
            Self::List { id } => {
                let merchant = find(store, id).await?.id;
                let all = store.merchant_tokens(&merchant).await?;
                let json: Vec<_> = all.iter().map(shown).collect();
                Ok(Report::new(all.iter().map(line).collect(), json!({ "tokens": json })))
            }
            Self::Revoke { id, token } => {
                let merchant = find(store, id).await?.id;
                if !store.revoke_merchant_token(merchant, *token, SystemClock.now()).await? {
                    return Err(format!("{id} has no mtk_{token}").into());
                }
                let name = format!("mtk_{token}");
                Ok(Report::line(format!("{name} counts no more"), json!({ "id": name })))
            }
        }
    }
}

fn line(token: &KnownToken) -> String {
    let counts = if token.revoked_at.is_some() { "revoked" } else { "active" };
    format!("{}  {counts}  {}", token.name(), token.label)
}

fn shown(token: &KnownToken) -> Value {
    json!({
        "id": token.name(),
        "label": token.label,
        "created_at": token.created_at.as_secs(),
        "revoked_at": token.revoked_at.map(|at| at.as_secs()),
    })
}

fn number(text: &str) -> Result<i64, String> {
    let row = text.strip_prefix("mtk_").and_then(|row| row.parse().ok());
    row.ok_or_else(|| format!("{text}: a token's name is mtk_ and a number"))
}
