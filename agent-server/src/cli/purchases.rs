//! `agent-server purchases`: what shoppers object to, and how it was resolved. It names
//! no shopper.

use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::HandlingNumber;

use super::{Place, Said, handling_number, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::objection::{Objection, Resolution},
    store::Store,
};

/// Purchases.
#[derive(Subcommand)]
pub enum Purchases {
    /// List what shoppers object to, oldest first
    Objections,
    /// Say whether an objection is right (the money goes back) or not (billing goes on)
    Resolve {
        /// The purchase's handling number
        #[arg(value_parser = handling_number)]
        number: HandlingNumber,
        /// upheld or rejected
        #[arg(value_parser = resolution)]
        resolution: Resolution,
    },
}

impl Purchases {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let store = place.store().await?;
        let said = match self {
            Self::Objections => objections(&store).await,
            Self::Resolve { number, resolution } => resolve(&store, *number, *resolution).await,
        };
        store.close().await;
        said
    }
}

async fn resolve(store: &Store, number: HandlingNumber, resolution: Resolution) -> Said {
    store.resolve(number, resolution, SystemClock.now()).await??;
    let json = json!({ "handling_number": number.to_string(), "resolution": resolution.name() });
    Ok(Report::line(format!("the objection to {number} is {}", resolution.name()), json))
}

fn resolution(text: &str) -> Result<Resolution, String> {
    Resolution::from_name(text).ok_or_else(|| "upheld or rejected".into())
}

async fn objections(store: &Store) -> Said {
    let all = store.objections().await?;
    let json: Vec<_> = all.iter().map(shown).collect();
    Ok(Report::new(all.iter().map(line).collect(), json!({ "objections": json })))
}

fn line(objection: &Objection) -> String {
    let Objection { handling_number, merchant, state, reason, words, .. } = objection;
    format!("{handling_number}  {merchant}  {state}  {}  {words}", reason.name())
}

fn shown(objection: &Objection) -> Value {
    json!({
        "handling_number": objection.handling_number.to_string(),
        "merchant": objection.merchant,
        "state": objection.state,
        "reason": objection.reason.name(),
        "words": objection.words,
        "at": objection.at.as_secs(),
    })
}
