//! Every address of this server on one page. Handlers decode, call the domain, encode; nothing is
//! decided here.

mod body;
mod demo;
mod events;
mod health;
mod images;
mod keys;
mod listen;
mod offers;
pub(crate) mod overload;
mod problem;
mod purchases;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware;
use axum::routing::{get, post, put};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

pub(crate) use listen::listen;

use crate::app::App;

/// What a shop needs of Warifu, to merge into its own axum application.
pub fn router(app: App) -> Router {
    let for_the_frame = Router::new()
        .route("/warifu/v1/offers/{item}", get(offers::show))
        .route("/warifu/v1/purchases/{purchase}/check", post(purchases::check))
        .route("/warifu/v1/purchases/{purchase}", put(purchases::accept).get(purchases::status));
    let for_all = Router::new()
        .route("/warifu/v1/events", post(events::hear))
        .route("/warifu/v1/images/{file}", get(images::show))
        .route("/.well-known/warifu", get(keys::show));
    around(for_the_frame, &app).layer(cors(&app)).merge(around(for_all, &app)).with_state(app)
}

/// The whole server: the shop's routes, health, and in a demo the demo's own.
pub(crate) fn site(app: App) -> Router {
    let mut own = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::is_ready))
        .fallback(problem::not_found);
    if app.demo().is_some() {
        own = own
            .route("/_demo/received.json", get(demo::received).layer(cors(&app)))
            .route("/_demo/clock", post(demo::advance).layer(cors(&app)))
            .fallback(demo::shop_page);
    }
    router(app.clone()).merge(around(own, &app).with_state(app))
}

/// What every answer goes through, outermost last.
fn around(routes: Router<App>, app: &App) -> Router<App> {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    routes
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(app.clone(), overload::admit))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(middleware::from_fn_with_state(app.clone(), problem::render))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "no-referrer"))
        .layer(header(CACHE_CONTROL, "no-store"))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http().make_span_with(problem::span))
        .layer(SetRequestIdLayer::x_request_id(problem::RequestIds(app.entropy())))
}

/// Only the agent's frame may read these answers from a browser.
fn cors(app: &App) -> CorsLayer {
    let agent = HeaderValue::from_str(app.config().agent.url.as_str());
    CorsLayer::new()
        .allow_origin(AllowOrigin::exact(agent.expect("an origin is printable ASCII")))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([CONTENT_TYPE])
        .max_age(Duration::from_secs(600))
}

/// More than any message of the protocol to a merchant.
const BODY_BYTES_MAX: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(15);
