//! Challenges, before anything is split (51).

use axum::{Router, extract::State, routing::post};
use shared_protocol::{Challenge, ChallengeRequest, Signed};

use super::{
    problem::Refused,
    wire::{Answer, Wire},
};
use crate::{app::App, domain::challenge};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/challenges", post(set))
}

async fn set(
    State(app): State<App>,
    Wire { message, .. }: Wire<ChallengeRequest>,
) -> Result<Answer<Signed<Challenge>>, Refused> {
    Ok(Answer(challenge::set(&app, message).await?))
}
