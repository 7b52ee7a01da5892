//! The loader and the widget's files, ready compressed. The pinned addresses never change what
//! they serve; the rolling one may, and says so.

use axum::{
    Router,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{html::takes_brotli, pages};
use crate::{
    app::App,
    widget::{File, LOADER_VERSION},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/warifu.js", get(rolling_loader))
        .route(&format!("/v{LOADER_VERSION}/warifu.js"), get(pinned_loader))
        .route("/assets/{build}/{file}", get(asset))
}

async fn rolling_loader(State(app): State<App>, headers: HeaderMap) -> Response {
    loader(&app, &headers, "public, max-age=300, stale-while-revalidate=86400")
}

async fn pinned_loader(State(app): State<App>, headers: HeaderMap) -> Response {
    loader(&app, &headers, FOR_EVER)
}

/// Any page may run the loader, also one that is isolated or pins it by its digest.
fn loader(app: &App, headers: &HeaderMap, caching: &'static str) -> Response {
    let files = app.widget.files();
    let loader = files.get("warifu.js").expect("every build has a loader, if only this program's");
    let mut answer = serve("warifu.js", loader, headers, caching);
    let to = answer.headers_mut();
    to.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    to.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    answer
}

async fn asset(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path((build, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let files = app.widget.files();
    match files.get(&name).filter(|_| build == files.build) {
        Some(file) => serve(&name, file, &headers, FOR_EVER),
        None => pages::not_found(&app, &uri, &headers),
    }
}

fn serve(name: &str, file: &File, headers: &HeaderMap, caching: &'static str) -> Response {
    let brotli = file.brotli.as_ref().filter(|_| takes_brotli(headers));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tags| is_listed(tags, &file.etag));
    let mut answer = match (known, brotli) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, Some(small)) => small.clone().into_response(),
        (false, None) => file.raw.clone().into_response(),
    };
    let to = answer.headers_mut();
    to.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    to.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    to.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    to.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    to.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    if let Ok(etag) = HeaderValue::from_str(&file.etag) {
        to.insert(header::ETAG, etag);
    }
    if brotli.is_some() {
        to.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    answer
}

/// Weak comparison (RFC 9110 §13.1.2).
fn is_listed(tags: &HeaderValue, etag: &str) -> bool {
    let Ok(tags) = tags.to_str() else { return false };
    tags.split(',')
        .any(|tag| matches!(tag.trim(), "*") || tag.trim().trim_start_matches("W/") == etag)
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

const FOR_EVER: &str = "public, max-age=31536000, immutable";
