//! When there is more to do than can be done, what is shown waits so that orders need not: Offers
//! and pictures first, orders and the agent's word last (TRUST.md F22).

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use shared_protocol::Problem;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::domain::Failure;

/// How much may be under way.
pub struct Load {
    all: Arc<Semaphore>,
    shown: Arc<Semaphore>,
}

impl Load {
    /// So many requests at the same time at most; half of it for what is only shown.
    pub fn new(most: usize) -> Self {
        let most = most.max(2);
        let shown = Arc::new(Semaphore::new(most / 2));
        Self { all: Arc::new(Semaphore::new(most)), shown }
    }
}

/// Lets a request in, or refuses it at once.
pub(super) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    if HEALTH.contains(&route) {
        return next.run(request).await;
    }
    let is_order = ORDERS.iter().any(|begin| route.starts_with(begin));
    let load = app.load();
    let shown = (!is_order).then(|| load.shown.clone().try_acquire_owned());
    match (shown.transpose(), load.all.clone().try_acquire_owned()) {
        (Ok(_shown), Ok(_all)) => next.run(request).await,
        (Err(_), _) | (_, Err(_)) => Failure::Problem(Problem::Unavailable).into_response(),
    }
}

const HEALTH: [&str; 2] = ["/healthz", "/readyz"];
const ORDERS: [&str; 2] = ["/warifu/v1/purchases", "/warifu/v1/events"];
