//! Agreements on where sellers' windows may stand (¶79–80). The signatures decide, not the sender.

use axum::{Router, extract::State, http::StatusCode, routing::put};
use shared_protocol::{PlacementAgreement, PlacementEnd, Signed};

use super::{problem::Refused, wire::Wire};
use crate::{app::App, domain::placement};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/placements", put(agree)).route("/v1/placements/end", put(end))
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
