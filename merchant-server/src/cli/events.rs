//! `events listen`: webhooks for a developer's machine, without a tunnel.

use std::io::Write;
use std::time::Duration;

use clap::Subcommand;
use reqwest::Url;
use serde_json::{Value, json};

use super::Verdict;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::driver::{Forwarded, Listener};

#[derive(Subcommand)]
pub(super) enum EventsCommand {
    /// Ask the agent for this shop's webhooks and hand them on, until it is stopped
    Listen {
        /// Where to, for example http://127.0.0.1:3000/warifu/v1/events
        #[arg(long, value_name = "URL")]
        forward_to: Url,
        /// First all that came after this event (evt_…); left out, only what comes from now on
        #[arg(long, value_name = "EVENT", value_parser = number)]
        after: Option<i64>,
    },
}

pub(super) async fn run(
    command: &EventsCommand,
    config: Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let EventsCommand::Listen { forward_to, after } = command;
    let clock = SystemClock;
    let mut listener = Listener::open(config, forward_to.clone(), *after, &clock).await?;
    loop {
        let asked = tokio::select! {
            stopped = tokio::signal::ctrl_c() => return Ok(stopped.map(|()| Verdict::Fine)?),
            asked = listener.next(&clock) => asked,
        };
        match asked {
            Ok(forwarded) => {
                for one in &forwarded {
                    writeln!(out, "{}", if as_json { shown(one).to_string() } else { line(one) })?;
                }
                out.flush()?;
            }
            Err(fault) => {
                tracing::warn!(%fault, "asked in vain");
                writeln!(out, "{fault}; asking again")?;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn line(one: &Forwarded) -> String {
    let body: Value = serde_json::from_str(&one.event.body).unwrap_or_default();
    let (what, purchase) = (&body["type"], &body["data"]["purchase"]);
    let (what, purchase) = (what.as_str().unwrap_or("?"), purchase.as_str().unwrap_or("?"));
    let status = one.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    format!("{}  {what}  {purchase}  {status}", one.event.webhook_id)
}

fn shown(one: &Forwarded) -> Value {
    let body: Value = serde_json::from_str(&one.event.body).unwrap_or_default();
    json!({ "id": one.event.webhook_id, "event": body, "status": one.status })
}

fn number(text: &str) -> Result<i64, String> {
    let number = text.strip_prefix("evt_").unwrap_or(text).parse();
    number.ok().filter(|number| *number >= 0).ok_or_else(|| format!("{text} is no evt_…"))
}

const PAUSE: Duration = Duration::from_secs(3);
