//! `agent-server purchases`: what shoppers object to. It names no shopper.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Place, Said, say::Report};
use crate::domain::objection::Objection;

/// Purchases.
#[derive(Subcommand)]
pub enum Purchases {
    /// List what shoppers object to, oldest first
    Objections,
}

impl Purchases {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let Self::Objections = self;
        let store = place.store().await?;
        let all = store.objections().await;
        store.close().await;
        let all = all?;
        let json: Vec<_> = all.iter().map(shown).collect();
        Ok(Report::new(all.iter().map(line).collect(), json!({ "objections": json })))
    }
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
