//! Grants (57–60), as signed bytes and as compact JWS.

use axum::{
    Router,
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::IntoResponse,
    routing::{get, put},
};
use shared_protocol::{Grant, GrantRequest, Signed, jws};

use super::{
    peer::Caller,
    problem::Refused,
    wire::{Answer, JOSE, Jose, OfPurchase, Wire},
};
use crate::{
    app::App,
    domain::{acceptance, grant},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/purchases/{id}/grant", put(give))
        .route("/v1/purchases/{id}/grant.jws", get(as_jws).put(come_back))
}

async fn give(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Caller(network): Caller,
    Wire { message, bytes }: Wire<GrantRequest>,
) -> Result<Answer<Signed<Grant>>, Refused> {
    let given = grant::give(&app, id, message, &bytes, network).await;
    let outcome = given.as_ref().map_or_else(|problem| problem.code(), |_| "granted");
    metrics::counter!("agent_grants", "outcome" => outcome).increment(1);
    Ok(Answer(given?))
}

async fn come_back(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Jose(grant): Jose,
) -> Result<StatusCode, Refused> {
    acceptance::present(&app, id, &grant).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn as_jws(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
) -> Result<impl IntoResponse, Refused> {
    let grant = acceptance::known(&app, &id).await?.granted()?;
    let headers = [(CONTENT_TYPE, JOSE), (CACHE_CONTROL, "no-store")];
    Ok((headers, jws::sign(&grant, &app.keys.signing_now())))
}
