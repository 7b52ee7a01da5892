//! In which ways an amount may be paid (52–53): a signed quote for each.

use axum::{Router, extract::State, routing::post};
use shared_protocol::{PlanInquiry, PlanQuotes};

use super::{
    problem::Refused,
    wire::{Answer, Wire},
};
use crate::{app::App, domain::plan::quote};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/plans", post(quotes))
}

async fn quotes(
    State(app): State<App>,
    Wire { message, .. }: Wire<PlanInquiry>,
) -> Result<Answer<PlanQuotes>, Refused> {
    Ok(Answer(quote::answer(&app, &message).await?))
}
