//! What comes through a merchant's relay (Fig 1; ¶33): opened, answered by the same handlers as
//! what comes directly, sealed back to whoever asked. The relay learns a size and that there was an
//! answer; we do not learn from which network the shopper asks.

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::State,
    http::{Request, header::CONTENT_TYPE},
    routing::post,
};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use shared_protocol::{
    Message as _, Problem, PurchaseId, RelayedAnswer, RelayedCall, RelayedReply, RelayedRequest,
};

use super::{
    challenges, edge, grants, marks,
    overload::Within,
    peer::Caller,
    plans,
    problem::Refused,
    purchases,
    wire::{Answer, Wire},
};
use crate::app::App;

/// Its routes.
pub fn routes(app: &App) -> Router<App> {
    let asked = challenges::routes()
        .merge(plans::routes())
        .merge(marks::routes())
        .merge(grants::routes())
        .merge(purchases::routes());
    let inside = Inside(edge::around(asked, app).with_state(app.clone()));
    Router::new().route("/v1/relayed", post(pass_on)).layer(Extension(inside))
}

/// All that may be asked through a relay.
#[derive(Clone)]
struct Inside(Router);

async fn pass_on(
    State(app): State<App>,
    Extension(Inside(inside)): Extension<Inside>,
    Caller(network): Caller,
    Wire { message: request, .. }: Wire<RelayedRequest>,
) -> Result<Answer<RelayedReply>, Refused> {
    let context = &request.context;
    if context.agent != app.config.agent_id {
        return Err(Problem::WrongRecipient.into());
    }
    let merchant = app.merchants.get(&context.merchant, app.clock.now()).await?;
    let (call, sealer) = app.keys.open_relayed(&request)?;
    // Where a relay stands for many shoppers they are counted together.
    let caller = Caller(if merchant.relay.is_some() { network.of_relay() } else { network });
    let request = rebuilt(call, context.purchase, caller)?;
    let answered = TowerToHyperService::new(inside).call(request).await;
    let response = answered.unwrap_or_else(|never| match never {});
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), RelayedAnswer::LEN_MAX).await;
    let body = body.map_err(|_| Problem::Unavailable)?.into();
    let mut rng = app.entropy.clone();
    let sealed = sealer.seal(&RelayedAnswer { status, body }, &mut rng);
    Ok(Answer(sealed.map_err(|_| Problem::Unavailable)?))
}

/// The request as it would have come directly.
fn rebuilt(call: RelayedCall, of: PurchaseId, caller: Caller) -> Result<Request<Body>, Problem> {
    let named = call.path.strip_prefix("/v1/purchases/");
    let named = named.map(|rest| rest.split('/').next().unwrap_or(rest));
    if named.is_some_and(|named| named != of.to_string()) {
        return Err(Problem::WrongRecipient);
    }
    if !call.path.starts_with('/') {
        return Err(Problem::MalformedMessage);
    }
    let mut request = Request::builder().method(call.method.as_str()).uri(call.path);
    if !call.media_type.is_empty() {
        request = request.header(CONTENT_TYPE, call.media_type);
    }
    let request = request.extension(caller).extension(Within).body(call.body.into());
    request.map_err(|_| Problem::MalformedMessage)
}
