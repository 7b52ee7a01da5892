//! `GET /warifu/v1/images/{file}`: the pictures that Offers show, for the agent's frame to embed.

use std::path::Path as FilePath;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use shared_protocol::Problem;

use crate::app::App;
use crate::domain::Failure;

pub(super) async fn show(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Response, Failure> {
    let dir = app.config().images_dir().ok_or(Problem::NotFound)?;
    let media_type = media_type(&file).ok_or(Problem::NotFound)?;
    let bytes = read(&dir, &file).await.ok_or(Problem::NotFound)?;
    let headers = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, "public, max-age=3600"),
        // An SVG opened by itself is a document: it may draw, and nothing else.
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ];
    let corp = [("cross-origin-resource-policy", "cross-origin")];
    Ok((headers, corp, bytes).into_response())
}

/// A plain file name in `dir`: no way out of it, nothing hidden.
pub(super) async fn read(dir: &FilePath, file: &str) -> Option<Vec<u8>> {
    let plain = file.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !plain || file.starts_with('.') {
        return None;
    }
    tokio::fs::read(dir.join(file)).await.ok()
}

fn media_type(file: &str) -> Option<&'static str> {
    Some(match file.rsplit_once('.')?.1 {
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        _ => return None,
    })
}
