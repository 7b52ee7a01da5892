//! `doctor`: looks at everything that a shop needs and says ✓ or ✗ to each.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use shared_protocol::CLOCK_TOLERANCE;

use super::Verdict;
use crate::catalogue::{Catalogue, IMAGE_PATH, Shelf};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::driver::AgentClient;
use crate::keys::Keyring;
use crate::store::Store;

/// What was looked at, and either how it is or what is wrong.
type Finding = (&'static str, Result<String, String>);

pub(super) async fn run(
    file: &Path,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let mut findings: Vec<Finding> = Vec::new();
    match Config::load(file) {
        Ok(config) => {
            findings.push(("configuration", Ok(file.display().to_string())));
            examine(&config, &mut findings).await;
        }
        Err(error) => findings.push(("configuration", Err(error.to_string()))),
    }
    if as_json {
        let findings: Vec<_> = findings.iter().map(finding_json).collect();
        writeln!(out, "{}", Value::from(findings))?;
    } else {
        for (what, how) in &findings {
            match how {
                Ok(how) => writeln!(out, "✓ {what}: {how}")?,
                Err(wrong) => writeln!(out, "✗ {what}: {wrong}")?,
            }
        }
    }
    let fine = findings.iter().all(|(_, how)| how.is_ok());
    Ok(if fine { Verdict::Fine } else { Verdict::Amiss })
}

async fn examine(config: &Config, findings: &mut Vec<Finding>) {
    let keys = Keyring::load(&config.keys_dir());
    findings.push(("keys", keys.map(|_| "readable by this user alone".to_owned()).map_err(text)));
    let shelf = Shelf::open(config.catalogue.relative(), config.merchant_id.clone()).await;
    if let Ok(shelf) = &shelf {
        let catalogue = shelf.catalogue().await;
        findings.push(("pictures", pictures(config, &catalogue)));
    }
    findings.push((
        "catalogue",
        match shelf {
            Ok(shelf) => Ok(format!("{} items", shelf.catalogue().await.items().count())),
            Err(error) => Err(error.to_string()),
        },
    ));
    database(config, findings).await;
    agent(config, findings).await;
}

fn pictures(config: &Config, catalogue: &Catalogue) -> Result<String, String> {
    let images = catalogue.items().filter_map(|(_, item)| item.terms().image.as_deref());
    let names: Vec<_> = images.filter_map(|path| path.strip_prefix(IMAGE_PATH)).collect();
    let Some(dir) = config.images_dir().or_else(|| names.is_empty().then(Default::default)) else {
        return Err("Offers show pictures, and images_dir is not set".to_owned());
    };
    match names.iter().find(|name| !dir.join(name).is_file()) {
        Some(name) => Err(format!("{} is not in {}", name, dir.display())),
        None => Ok(format!("{} of {} items", names.len(), catalogue.items().count())),
    }
}

async fn database(config: &Config, findings: &mut Vec<Finding>) {
    let store = match Store::open(&config.database_url()).await {
        Ok(store) => store,
        Err(fault) => return findings.push(("database", Err(fault.to_string()))),
    };
    match store.vitals().await {
        Ok(vitals) => {
            findings.push(("database", Ok(format!("SQLite {}", vitals.version))));
            findings.push((
                "durability",
                match vitals.flushes_commits {
                    true => Ok("every commit is flushed to the disk".to_owned()),
                    false => Err("commits are not flushed: synchronous must be FULL".to_owned()),
                },
            ));
            let waiting = format!("{} messages to the agent wait", vitals.parcels_waiting);
            findings.push((
                "outbox",
                match vitals.parcels_dead {
                    0 => Ok(waiting),
                    dead => Err(format!("the agent refuses {dead} messages for good; {waiting}")),
                },
            ));
        }
        Err(fault) => findings.push(("database", Err(fault.to_string()))),
    }
    store.close().await;
}

async fn agent(config: &Config, findings: &mut Vec<Finding>) {
    let keys = match config.agent_keys() {
        Ok(keys) => keys.verifying,
        Err(error) => return findings.push(("agent's keys", Err(error.to_string()))),
    };
    let published = match AgentClient::new(config.agent.url.clone()) {
        Ok(client) => client.published(&keys).await.map_err(|silence| silence.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match published {
        Ok((known, date)) => {
            findings.push((
                "agent's keys",
                match known.is_empty() {
                    false => {
                        Ok(format!("{} publishes what is configured", config.agent.url.as_str()))
                    }
                    true => Err("the agent publishes none of the configured keys".to_owned()),
                },
            ));
            let away = date.map(|date| SystemClock.now().since(date).as_millis().abs() / 1000);
            findings.push((
                "clock",
                match away {
                    Some(secs) if secs * 1000 <= CLOCK_TOLERANCE.as_millis() => {
                        Ok(format!("{secs} s away from the agent's"))
                    }
                    Some(secs) => {
                        Err(format!("{secs} s away from the agent's: set this one right"))
                    }
                    None => Ok("the agent does not tell the time".to_owned()),
                },
            ));
        }
        Err(silence) => findings.push(("agent", Err(silence))),
    }
}

fn finding_json((what, how): &Finding) -> Value {
    let text = how.as_ref().unwrap_or_else(|wrong| wrong);
    json!({ "what": what, "fine": how.is_ok(), "how": text })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
