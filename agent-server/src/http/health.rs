//! For whoever operates the server: does it live, does it work, what has it done.

use std::sync::OnceLock;

use axum::{
    Router,
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::IntoResponse,
    routing::get,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use shared_protocol::Problem;

use super::problem::Refused;
use crate::app::App;

/// Its routes.
pub fn routes() -> Router<App> {
    recorder();
    Router::new()
        .route("/healthz", get(async || ([(CACHE_CONTROL, "no-store")], "ok\n")))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
}

async fn ready(State(app): State<App>) -> Result<impl IntoResponse, Refused> {
    if let Err(fault) = app.store.check().await {
        tracing::warn!(%fault, "not ready");
        return Err(Refused(Problem::Unavailable));
    }
    Ok((StatusCode::OK, [(CACHE_CONTROL, "no-store")], "ready\n"))
}

async fn figures() -> impl IntoResponse {
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4"), (CACHE_CONTROL, "no-store")];
    (kind, recorder().render())
}

/// One recorder for the process; several servers in one test share it.
fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // A program that embeds this server may have its own recorder; then ours stays empty.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}
