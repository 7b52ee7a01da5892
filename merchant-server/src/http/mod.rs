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
mod relayed;

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
use crate::config::Origin;
use crate::entropy::Entropy;
use crate::relay::Relay;

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
    let (agent, entropy) = (&app.config().agent.url.clone(), app.entropy());
    let around = |routes| around(admitted(routes, &app), agent, &entropy);
    let relayed = app.relay().map(|relay| relay_routes(relayed::routes(), relay));
    let shop = around(for_the_frame).layer(cors(agent)).merge(around(for_all));
    let shop = shop.with_state(app.clone());
    shop.merge(relayed.unwrap_or_default())
}

/// A relay by itself.
pub(crate) fn relay_site(relay: Relay) -> Router {
    let own = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::alive))
        .fallback(problem::not_found);
    let own = around(own, relay.agent(), &Entropy::system());
    relay_routes(relayed::routes_apart(), &relay).merge(own)
}

fn relay_routes(routes: Router<Relay>, relay: &Relay) -> Router {
    let routes = around(routes, relay.agent(), &Entropy::system());
    routes.layer(cors(relay.agent())).with_state(relay.clone())
}

/// The whole server: the shop's routes, health, and in a demo the demo's own.
pub(crate) fn site(app: App) -> Router {
    let agent = app.config().agent.url.clone();
    let mut own = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::is_ready))
        .fallback(problem::not_found);
    if app.demo().is_some() {
        own = own
            .route("/_demo/received.json", get(demo::received).layer(cors(&agent)))
            .route("/_demo/clock", post(demo::advance).layer(cors(&agent)))
            .fallback(demo::shop_page);
    }
    let own = around(admitted(own, &app), &agent, &app.entropy()).with_state(app.clone());
    router(app).merge(own)
}

/// Refuses what is too much at once. A relay has seats of its own.
fn admitted(routes: Router<App>, app: &App) -> Router<App> {
    routes.layer(middleware::from_fn_with_state(app.clone(), overload::admit))
}

/// What every answer goes through, outermost last.
fn around<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    agent: &Origin,
    entropy: &Entropy,
) -> Router<S> {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    routes
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(middleware::from_fn_with_state(agent.clone(), problem::render))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "no-referrer"))
        .layer(header(CACHE_CONTROL, "no-store"))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http().make_span_with(problem::span))
        .layer(SetRequestIdLayer::x_request_id(problem::RequestIds(entropy.clone())))
}

/// Only the agent's frame may read these answers from a browser.
fn cors(agent: &Origin) -> CorsLayer {
    let agent = HeaderValue::from_str(agent.as_str());
    CorsLayer::new()
        .allow_origin(AllowOrigin::exact(agent.expect("an origin is printable ASCII")))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([CONTENT_TYPE])
        .max_age(Duration::from_secs(600))
}

/// More than any message of the protocol to a merchant or through a relay.
const BODY_BYTES_MAX: usize = 20 * 1024;
const PATIENCE: Duration = Duration::from_secs(15);
