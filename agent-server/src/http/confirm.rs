//! The confirmation page: GET shows, POST decides (64–65).

use axum::Router;

use crate::app::App;

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
}
