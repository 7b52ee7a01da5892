//! Agreements on where sellers' windows may stand (¶79–80). The signatures decide, not the sender.

use axum::{extract::State, http::StatusCode};
use shared_protocol::{PlacementAgreement, PlacementEnd, Problem, Signed};

use super::{
    api::{Group, Routes, put},
    problem::Refused,
    wire::Wire,
};
use crate::{app::App, domain::placement};

/// Its routes.
pub fn routes() -> Routes {
    let agree = put("/v1/placements", "api.agree_placement", agree)
        .among(Group::Market)
        .takes::<PlacementAgreement>()
        .answers_nothing()
        .refuses(&[
            Problem::UnknownMerchant,
            Problem::WrongRecipient,
            Problem::PlacementInvalid,
            Problem::PlacementExpired,
            Problem::OriginNotRegistered,
        ]);
    let end = put("/v1/placements/end", "api.end_placement", end)
        .among(Group::Market)
        .takes::<Signed<PlacementEnd>>()
        .answers_nothing()
        .refuses(&[
            Problem::UnknownMerchant,
            Problem::WrongRecipient,
            Problem::PlacementInvalid,
            Problem::PlacementUnknown,
        ]);
    Routes::new().and(agree).and(end)
}

async fn agree(
    State(app): State<App>,
    Wire { message, .. }: Wire<PlacementAgreement>,
) -> Result<StatusCode, Refused> {
    placement::agree(&app, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end(
    State(app): State<App>,
    Wire { message, .. }: Wire<Signed<PlacementEnd>>,
) -> Result<StatusCode, Refused> {
    placement::end(&app, message).await?;
    Ok(StatusCode::NO_CONTENT)
}
