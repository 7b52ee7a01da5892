//! Marks and Offers, as the frame's program fetches them (51, Fig 7), and as sellers without a
//! server leave them here.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::get,
};
use serde::Deserialize;
use shared_protocol::{Mark, Offer, Problem, Signed};

use super::{
    problem::Refused,
    wire::{Answer, Wire, merchant_id},
};
use crate::{
    app::App,
    domain::{mailbox, placement},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/marks/{merchant}", get(mark))
        .route("/v1/offers/{merchant}/{item}", get(offer).put(publish))
}

/// In whose window, and with what, if it is a borrowed one.
#[derive(Deserialize)]
struct Borrowed {
    host: Option<String>,
    #[serde(default)]
    item: String,
}

async fn mark(
    State(app): State<App>,
    Path(merchant): Path<String>,
    Query(Borrowed { host, item }): Query<Borrowed>,
) -> Result<Answer<Signed<Mark>>, Refused> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&merchant_id(&merchant)?, now).await?;
    merchant.check_in_force(now)?;
    let Some(host) = host else {
        return Ok(Answer(app.marks.current(&merchant, &app.keys, now)));
    };
    let item = item.parse().map_err(|_| Problem::UnknownItem)?;
    let window = placement::open(&app, &merchant, &merchant_id(&host)?, &item, now).await?;
    Ok(Answer(app.marks.within(&merchant, &window, &app.keys, now)))
}

async fn offer(
    State(app): State<App>,
    Path((merchant, item)): Path<(String, String)>,
) -> Result<Answer<Signed<Offer>>, Refused> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&merchant_id(&merchant)?, now).await?;
    merchant.check_in_force(now)?;
    let item = item.parse().map_err(|_| Problem::UnknownItem)?;
    Ok(Answer(mailbox::offer(&app, &merchant, &item, now).await?))
}

async fn publish(
    State(app): State<App>,
    Path((merchant, item)): Path<(String, String)>,
    Wire { message, .. }: Wire<Signed<Offer>>,
) -> Result<StatusCode, Refused> {
    let item = item.parse().map_err(|_| Problem::UnknownItem)?;
    mailbox::publish(&app, &merchant_id(&merchant)?, &item, message).await?;
    Ok(StatusCode::NO_CONTENT)
}
