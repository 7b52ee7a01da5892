//! `agent-server keys`: makes the key files, shows their public halves, rotates them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use clap::Subcommand;
use serde_json::json;
use shared_protocol::{Signer as _, Span, Timestamp};

use super::{Place, Said, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    config::Config,
    domain::rewrap::rewrap,
    entropy::Entropy,
    keys::{AgentKeyring, KeyBook, KeyEntry, KeyKind, KeyState},
};

/// The agent's own keys.
#[derive(Clone, Copy, Subcommand)]
pub enum Keys {
    /// Make those that are not there yet, and show them
    Init,
    /// Show the public halves, as merchants configure them
    Show,
    /// List all keys, also those that are gone
    List,
    /// Make the next key of a kind. A running server publishes it at once
    Rotate {
        /// Which
        kind: KeyKind,
        /// It is used after so many hours: long enough for merchants to learn of it
        #[arg(long, default_value_t = 24)]
        after_hours: u32,
    },
    /// End the older of two keys. Numbers in the database are put under the new one first
    Retire {
        /// Which
        kind: KeyKind,
        /// Somebody else may have it: end it at once, and use the next one at once
        #[arg(long)]
        revoked: bool,
        /// End it although what hangs on it may still be under way
        #[arg(long)]
        early: bool,
    },
}

impl Keys {
    /// Runs it.
    pub async fn run(self, place: &Place) -> Said {
        let config = place.settings(None)?;
        let (dir, now) = (config.keys_dir(), SystemClock.now());
        match self {
            Self::Init => {
                config.make_data_dir()?;
                let created = AgentKeyring::create_missing(&dir, &Entropy::new())?;
                shown(&config, &created)
            }
            Self::Show => shown(&config, &[]),
            Self::List => {
                let book = AgentKeyring::load(&dir)?.book();
                Ok(listed(&book, now))
            }
            Self::Rotate { kind, after_hours } => {
                let lead = Span::hours(i64::from(after_hours));
                // Every process on this database must know it before the first one uses it.
                let from = now.plus(lead.max(LEAST));
                AgentKeyring::rotate(&dir, kind, (now, from), &Entropy::new())?;
                Ok(listed(&AgentKeyring::load(&dir)?.book(), now))
            }
            Self::Retire { kind, revoked, early } => {
                retire(place, &config, kind, (revoked, early)).await
            }
        }
    }
}

async fn retire(
    place: &Place,
    config: &Config,
    kind: KeyKind,
    (revoked, early): (bool, bool),
) -> Said {
    let (dir, now) = (config.keys_dir(), SystemClock.now());
    let keys = AgentKeyring::load(&dir)?;
    let (book, overlap) = (keys.book(), config.confirmation_lifetime());
    let used_since = book.living(kind, now).first().map_or(now, |key| key.from);
    let is_over = now >= used_since.plus(overlap);
    if !(is_over || early || revoked) {
        let hours = overlap.as_millis() / 3_600_000;
        return Err(format!(
            "questions and Grants under the old key may still be open: wait until {hours} hours \
             after the new one was used first, or say --early"
        )
        .into());
    }
    if matches!(kind, KeyKind::Pepper | KeyKind::Numbers) {
        let store = place.store().await?;
        let done = rewrap(&store, &keys, &Entropy::new()).await;
        store.close().await;
        let done = done?;
        let codes = if kind == KeyKind::Pepper { done.codes } else { 0 };
        if done.stuck + codes > 0 && !(early || revoked) {
            return Err(format!(
                "{} numbers cannot be moved, {codes} codes move when they are used next; with \
                 --early their owners have to take a new number",
                done.stuck
            )
            .into());
        }
    }
    AgentKeyring::retire(&dir, kind, now, revoked)?;
    Ok(listed(&AgentKeyring::load(&dir)?.book(), now))
}

fn shown(config: &Config, created: &[String]) -> Said {
    let keys = AgentKeyring::load(&config.keys_dir())?;
    let verifying = BASE64URL.encode(keys.verifying_key().as_bytes());
    let all: Vec<_> =
        keys.verifying_keys().iter().map(|key| BASE64URL.encode(key.as_bytes())).collect();
    let sealing = BASE64URL.encode(keys.sealing_key().as_bytes());
    let kid = keys.kid();
    let made = if created.is_empty() { "nothing".into() } else { created.join(", ") };
    let mut lines = vec![
        format!("agent          {}", config.agent_id),
        format!("verifying key  {verifying}"),
        format!("sealing key    {sealing}"),
        format!("key id         {kid}"),
        format!("made now       {made}"),
    ];
    lines.extend(all.iter().skip(1).map(|key| format!("also counts    {key}")));
    let json = json!({
        "agent": config.agent_id.as_str(),
        "verifying_key": verifying,
        "verifying_keys": all,
        "sealing_key": sealing,
        "kid": kid,
        "created": created,
    });
    Ok(Report::new(lines, json))
}

fn listed(book: &KeyBook, now: Timestamp) -> Report {
    let keys: Vec<_> = KeyKind::ALL.into_iter().flat_map(|kind| book.of(kind)).collect();
    let line = |key: &&KeyEntry| {
        let state = book.state(key, now);
        let public = key.public.as_deref().unwrap_or("");
        let used = match state {
            KeyState::Next => format!("used from {}", key.from.as_secs()),
            _ => key.until.map_or_else(String::new, |until| format!("until {}", until.as_secs())),
        };
        format!("{:8} {:3}  {:8} {used}  {public}", key.kind.name(), key.number, state.name())
    };
    let shown = |key: &&KeyEntry| {
        json!({
            "kind": key.kind.name(),
            "number": key.number,
            "state": book.state(key, now).name(),
            "public": key.public,
            "made": key.made.as_secs(),
            "from": key.from.as_secs(),
            "until": key.until.map(Timestamp::as_secs),
        })
    };
    let json: Vec<_> = keys.iter().map(shown).collect();
    Report::new(keys.iter().map(line).collect(), json!({ "keys": json }))
}

/// Servers look every second; merchants every half minute.
const LEAST: Span = Span::minutes(2);
