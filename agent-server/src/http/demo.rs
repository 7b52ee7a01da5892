//! The demo's pages: mailbox, split inspector, clock.

use axum::Router;

use crate::app::App;

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
}
