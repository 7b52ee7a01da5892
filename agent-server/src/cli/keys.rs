//! `agent-server keys`: makes the key files, shows their public halves.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use clap::Subcommand;
use serde_json::json;
use shared_protocol::{Signer as _, jws};

use super::{Place, Said, say::Report};
use crate::{entropy::Entropy, keys::AgentKeyring};

/// The agent's own keys.
#[derive(Clone, Copy, Subcommand)]
pub enum Keys {
    /// Make those that are not there yet, and show them
    Init,
    /// Show the public halves, as merchants configure them
    Show,
}

impl Keys {
    /// Runs it.
    pub fn run(self, place: &Place) -> Said {
        let config = place.settings(None)?;
        let dir = config.keys_dir();
        let created = match self {
            Self::Init => {
                config.make_data_dir()?;
                AgentKeyring::create_missing(&dir, &Entropy::new())?
            }
            Self::Show => Vec::new(),
        };
        let keys = AgentKeyring::load(&dir)?;
        let verifying = BASE64URL.encode(keys.verifying_key().as_bytes());
        let sealing = BASE64URL.encode(keys.sealing_key().as_bytes());
        let kid = jws::key_id(&keys.verifying_key());
        let lines = vec![
            format!("agent          {}", config.agent_id),
            format!("verifying key  {verifying}"),
            format!("sealing key    {sealing}"),
            format!("key id         {kid}"),
            format!(
                "made now       {}",
                if created.is_empty() { "nothing".into() } else { created.join(", ") }
            ),
        ];
        let json = json!({
            "agent": config.agent_id.as_str(),
            "verifying_key": verifying,
            "sealing_key": sealing,
            "kid": kid,
            "created": created,
        });
        Ok(Report::new(lines, json))
    }
}
