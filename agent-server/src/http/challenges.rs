//! Challenges, before anything is split (51).

use axum::extract::State;
use shared_protocol::{Challenge, ChallengeRequest, Problem, Signed};

use super::{
    api::{Routes, post},
    problem::Refused,
    wire::{Answer, Wire},
};
use crate::{app::App, domain::challenge};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().and(
        post("/v1/challenges", "api.set_challenge", set)
            .takes::<ChallengeRequest>()
            .answers::<Signed<Challenge>>()
            .refuses(&[Problem::UnknownMerchant, Problem::MerchantLapsed]),
    )
}

async fn set(
    State(app): State<App>,
    Wire { message, .. }: Wire<ChallengeRequest>,
) -> Result<Answer<Signed<Challenge>>, Refused> {
    Ok(Answer(challenge::set(&app, message).await?))
}
