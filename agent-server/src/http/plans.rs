//! In which ways an amount may be paid (52–53): a signed quote for each.

use axum::extract::State;
use shared_protocol::{PlanInquiry, PlanQuotes, Problem};

use super::{
    api::{Routes, post},
    problem::Refused,
    wire::{Answer, Wire},
};
use crate::{app::App, domain::plan::quote};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().and(
        post("/v1/plans", "api.quote_plans", quotes)
            .takes::<PlanInquiry>()
            .answers::<PlanQuotes>()
            .refuses(&[Problem::UnknownMerchant, Problem::MerchantLapsed]),
    )
}

async fn quotes(
    State(app): State<App>,
    Wire { message, .. }: Wire<PlanInquiry>,
) -> Result<Answer<PlanQuotes>, Refused> {
    Ok(Answer(quote::answer(&app, &message).await?))
}
