//! `agent-server confirmations`: writes down what a shopper said by telephone, fax, post or in
//! person (¶56). It names no shopper.

use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::{HandlingNumber, Timestamp};

use super::{Place, Said, handling_number, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{
        confirm::Wanted,
        recorded::{Recorded, Route},
        turn::Turned,
    },
    keys::AgentKeyring,
    store::{Store, StoredRecord, Turn},
};

/// Shoppers' answers.
#[derive(Subcommand)]
pub enum Confirmations {
    /// Write down what a shopper said; the link in their mail answers nothing any more
    Record {
        /// The purchase's handling number
        #[arg(value_parser = handling_number)]
        number: HandlingNumber,
        /// ok or cancel
        #[arg(value_parser = wanted)]
        answer: Wanted,
        /// telephone, fax, post or in-person
        #[arg(long, value_parser = route)]
        channel: Route,
        /// Who of the agent's staff writes it down
        #[arg(long)]
        by: String,
        /// When the shopper said so, epoch seconds; now if nothing is said
        #[arg(long, value_name = "SECONDS")]
        at: Option<i64>,
        /// What else there is to say, without naming the shopper
        #[arg(long, default_value = "")]
        note: String,
    },
    /// List what was written down, newest first
    List,
}

impl Confirmations {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let store = place.store().await?;
        let said = match self {
            Self::List => list(&store).await,
            Self::Record { number, answer, channel, by, at, note } => {
                let recorded = Recorded {
                    route: *channel,
                    wanted: *answer,
                    answered: at.map_or_else(
                        || SystemClock.now(),
                        |secs| Timestamp::from_millis(secs.saturating_mul(1000)),
                    ),
                    by: by.trim().into(),
                    note: note.trim().into(),
                };
                record(place, &store, number, recorded).await
            }
        };
        store.close().await;
        said
    }
}

async fn record(place: &Place, store: &Store, number: &HandlingNumber, recorded: Recorded) -> Said {
    let config = place.settings(None)?;
    let keys = AgentKeyring::load(&config.keys_dir())?;
    let now = SystemClock.now();
    let own = store.purchase_of_number(number).await?.ok_or("there is no such purchase")?;
    let word = recorded.word(&own, (&config.agent_id, &keys), now)?;
    let turn = Turn { purchase: own.purchase.id, word, then: None, now };
    let (by, route) = (recorded.by.clone(), recorded.route.name());
    let state = match store.record(turn, recorded).await? {
        Turned::Now(state) => state,
        Turned::Already(state) => return Err(format!("it is {} already", state.name()).into()),
        Turned::Not(problem) => return Err(problem.text(shared_protocol::Locale::En).into()),
    };
    let line = format!("{number} is {}, by {route}, as {by} says", state.name());
    let json = json!({
        "handling_number": number.to_string(),
        "state": state.name(),
        "channel": route,
        "recorded_by": by,
    });
    Ok(Report::line(line, json))
}

async fn list(store: &Store) -> Said {
    let all = store.records().await?;
    let json: Vec<_> = all.iter().map(shown).collect();
    Ok(Report::new(all.iter().map(line).collect(), json!({ "confirmations": json })))
}

fn line(record: &StoredRecord) -> String {
    let StoredRecord { handling_number, channel, outcome, recorded_by, note, .. } = record;
    format!("{handling_number}  {outcome}  {channel}  {recorded_by}  {note}")
}

fn shown(record: &StoredRecord) -> Value {
    json!({
        "handling_number": record.handling_number.to_string(),
        "channel": record.channel,
        "outcome": record.outcome,
        "answered_at": record.answered_at.as_secs(),
        "recorded_by": record.recorded_by,
        "note": record.note,
        "recorded_at": record.created_at.as_secs(),
    })
}

fn wanted(text: &str) -> Result<Wanted, String> {
    match text {
        "ok" => Ok(Wanted::Confirm),
        "cancel" => Ok(Wanted::Cancel),
        _ => Err("ok or cancel".into()),
    }
}

fn route(text: &str) -> Result<Route, String> {
    let name = text.replace('-', "_");
    let found = Route::ALL.into_iter().find(|route| route.name() == name);
    found.ok_or_else(|| "telephone, fax, post or in-person".into())
}
