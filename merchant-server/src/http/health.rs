//! `/healthz`: the process lives. `/readyz`: it can keep its word, the database reads and writes.

use std::future::{Ready, ready};

use axum::extract::State;

use crate::app::App;
use crate::domain::Failure;

pub(super) fn alive() -> Ready<&'static str> {
    ready("alive\n")
}

pub(super) async fn is_ready(State(app): State<App>) -> Result<&'static str, Failure> {
    app.store().vitals().await?;
    Ok("ready\n")
}
