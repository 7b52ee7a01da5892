//! The relay's own addresses: what is sealed to the agent is passed on unopened, an order half goes
//! to the shop's server.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use shared_protocol::{OrderCheck, Problem, RelayedReply, RelayedRequest};

use super::body::{Incoming, Named, encoded};
use crate::domain::Failure;
use crate::relay::Relay;

/// What a relay adds to a shop's own routes.
pub(super) fn routes() -> Router<Relay> {
    Router::new().route("/warifu/v1/relayed", post(pass_on))
}

/// What a relay is asked besides, where the shop's server is another process.
pub(super) fn routes_apart() -> Router<Relay> {
    routes().route("/warifu/v1/purchases/{purchase}/check", post(check))
}

async fn pass_on(
    State(relay): State<Relay>,
    Incoming { message, bytes }: Incoming<RelayedRequest>,
) -> Result<Response, Failure> {
    if !message.has_known_size() {
        return Err(Problem::MalformedMessage.into());
    }
    Ok(encoded::<RelayedReply>(relay.pass_on(bytes.into()).await?))
}

async fn check(
    State(relay): State<Relay>,
    Named(purchase): Named,
    Incoming { bytes, .. }: Incoming<OrderCheck>,
) -> Result<StatusCode, Failure> {
    relay.check(purchase, bytes.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
