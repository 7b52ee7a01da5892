//! Where merchants hand in numbers that were read out to them. The signature decides, not the
//! sender; the name in the message makes asking twice asking once.

use axum::{Router, extract::State, routing::post};
use shared_protocol::{Grant, Redemption, Signed};

use super::{
    problem::Refused,
    wire::{Answer, Wire},
};
use crate::{app::App, domain::by_hand};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/by-hand/redemptions", post(redeem))
}

async fn redeem(
    State(app): State<App>,
    Wire { message, .. }: Wire<Signed<Redemption>>,
) -> Result<Answer<Signed<Grant>>, Refused> {
    Ok(Answer(by_hand::redeem(&app, &message).await?))
}
