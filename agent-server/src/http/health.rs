//! For whoever operates the server: does it live, does it work, what has it done.

use std::sync::OnceLock;

use axum::{
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use shared_protocol::Problem;

use super::{
    api::{Body, Group, Routes, get},
    problem::Refused,
};
use crate::app::App;

/// Its routes.
pub fn routes() -> Routes {
    recorder();
    let lives = async || ([(CACHE_CONTROL, "no-store")], "ok\n");
    let lives = get("/healthz", "api.live", lives).answers_body(Body::text(TEXT));
    let works = get("/readyz", "api.work", ready).answers_body(Body::text(TEXT));
    let done = get("/metrics", "api.figures", figures).answers_body(Body::text(FIGURES));
    let all = [lives, works, done].map(|served| served.among(Group::Operation));
    all.into_iter().fold(Routes::new(), Routes::and)
}

const TEXT: &str = "text/plain; charset=utf-8";
/// As Prometheus reads it.
const FIGURES: &str = "text/plain; version=0.0.4";

async fn ready(State(app): State<App>) -> Result<impl IntoResponse, Refused> {
    if let Err(fault) = app.store.check().await {
        tracing::warn!(%fault, "not ready");
        return Err(Refused(Problem::Unavailable));
    }
    Ok((StatusCode::OK, [(CACHE_CONTROL, "no-store")], "ready\n"))
}

async fn figures() -> impl IntoResponse {
    let kind = [(CONTENT_TYPE, FIGURES), (CACHE_CONTROL, "no-store")];
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
