//! Marks and Offers, as the frame's program fetches them (51, Fig 7).

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use shared_protocol::{Mark, Offer, Problem, Signed};

use super::{
    problem::Refused,
    wire::{Answer, merchant_id},
};
use crate::app::App;

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/marks/{merchant}", get(mark))
        .route("/v1/offers/{merchant}/{item}", get(offer))
}

async fn mark(
    State(app): State<App>,
    Path(merchant): Path<String>,
) -> Result<Answer<Signed<Mark>>, Refused> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&merchant_id(&merchant)?, now).await?;
    merchant.check_in_force(now)?;
    let merchant = merchant.using(app.offers.key_in_use(&merchant.id), now);
    Ok(Answer(app.marks.current(&merchant, &app.keys, now)))
}

async fn offer(
    State(app): State<App>,
    Path((merchant, item)): Path<(String, String)>,
) -> Result<Answer<Signed<Offer>>, Refused> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&merchant_id(&merchant)?, now).await?;
    merchant.check_in_force(now)?;
    let item = item.parse().map_err(|_| Problem::UnknownItem)?;
    Ok(Answer(app.offers.get(&merchant, &item, now).await?))
}
