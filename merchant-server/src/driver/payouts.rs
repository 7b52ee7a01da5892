//! What the agent pays, asked of it when somebody looks: nothing of it is kept here.

use jiff::civil::Date;
use serde::Deserialize;

use super::agent::AgentSilence;
use crate::app::App;
use crate::domain::{Paid, Payout};

/// Payments from one day to another, newest first.
///
/// # Errors
/// [`AgentSilence`].
pub async fn payouts(app: &App, (from, until): (Date, Date)) -> Result<Vec<Payout>, AgentSilence> {
    #[derive(Deserialize)]
    struct Told {
        payouts: Vec<Payout>,
    }
    let query = format!("?from={from}&until={until}");
    let told: Told = app.agent().ask_payouts(app, &query, &format!("{from} {until}")).await?;
    Ok(told.payouts)
}

/// One of them, word by word.
///
/// # Errors
/// [`AgentSilence`]; its status is 404 if there is none.
pub async fn payout(app: &App, id: &str) -> Result<Paid, AgentSilence> {
    app.agent().ask_payouts(app, &format!("/{id}"), id).await
}
