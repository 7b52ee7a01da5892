//! `/warifu/v1/purchases/{purchase}`: check an order half (54–56), take the order (61–62), ask how
//! it stands.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use shared_protocol::{Acceptance, OrderCheck, OrderSubmission, Signed};

use super::body::{Incoming, Named, encoded, outgoing};
use crate::app::App;
use crate::domain::{self, Failure};

pub(super) async fn check(
    State(app): State<App>,
    Named(purchase): Named,
    Incoming { message, bytes }: Incoming<OrderCheck>,
) -> Result<StatusCode, Failure> {
    let now = app.now();
    if let Some(demo) = app.demo() {
        demo.saw_check(app.shop(), purchase, &message, &bytes, now);
    }
    let catalogue = app.shelf().catalogue().await;
    domain::check(app.shop(), app.store(), &catalogue, purchase, &message, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn accept(
    State(app): State<App>,
    Named(purchase): Named,
    Incoming { message, bytes }: Incoming<OrderSubmission>,
) -> Result<Response, Failure> {
    let now = app.now();
    if let Some(demo) = app.demo() {
        demo.saw_submission(app.shop(), purchase, &message, &bytes, now);
    }
    let catalogue = app.shelf().catalogue().await;
    let came = (bytes.as_ref(), &message);
    let taken = domain::accept(app.shop(), app.store(), &catalogue, purchase, came, now).await;
    app.wake_driver();
    Ok(encoded::<Signed<Acceptance>>(taken?))
}

pub(super) async fn status(
    State(app): State<App>,
    Named(purchase): Named,
) -> Result<Response, Failure> {
    Ok(outgoing(&domain::status(app.store(), purchase).await?))
}
