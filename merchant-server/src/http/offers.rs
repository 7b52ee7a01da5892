//! `GET /warifu/v1/offers/{item}`: what is sold, at what price, on what terms, signed.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::Response;
use shared_protocol::{ItemId, Problem};

use super::body::outgoing;
use crate::app::App;
use crate::domain::Failure;

pub(super) async fn show(
    State(app): State<App>,
    Path(item): Path<String>,
) -> Result<Response, Failure> {
    let item: ItemId = item.parse().map_err(|_| Problem::UnknownItem)?;
    let catalogue = app.shelf().catalogue().await;
    let (shop, store, now) = (app.shop(), app.store(), app.now());
    let offer = app.offers().offer(shop, store, &catalogue, &item, now).await?;
    let mut response = outgoing(&offer);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    Ok(response)
}
