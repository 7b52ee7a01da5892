//! Marks and Offers, as the frame's program fetches them (51, Fig 7), and as sellers without a
//! server leave them here.

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, Path, Query, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use shared_protocol::{Mark, Offer, Problem, Signed};

use super::{
    pages::parameter,
    problem::Refused,
    wire::{Answer, Wire, merchant_id},
};
use crate::{
    app::App,
    domain::{mailbox, placement},
    marks::picture,
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/marks/{merchant}", get(mark))
        .route("/v1/offers/{merchant}/{item}", get(offer).put(publish))
}

/// In whose window, and with what, if it is a borrowed one.
#[derive(Deserialize)]
struct Borrowed {
    host: Option<String>,
    #[serde(default)]
    item: String,
}

/// As a message; with `.svg` or `.png` behind the name, as a picture that carries it.
async fn mark(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(borrowed): Query<Borrowed>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Refused> {
    let (id, kind) = name.rsplit_once('.').unwrap_or((&name, ""));
    let signed = current(&app, id, borrowed).await?;
    let mark = signed.claimed()?;
    let locale = parameter(&uri, "locale").and_then(|tag| tag.parse().ok()).unwrap_or_default();
    match kind {
        "" => Ok(Answer(signed).into_response()),
        "svg" => Ok(drawn("image/svg+xml", picture::svg(&signed, &mark, locale).into())),
        "png" => {
            let png = app.marks.png(&signed, &mark, locale).await;
            Ok(drawn("image/png", png.ok_or(Problem::Unavailable)?))
        }
        _ => Err(Problem::NotFound.into()),
    }
}

/// The Mark of now: in a borrowed window that of the window.
async fn current(app: &App, id: &str, borrowed: Borrowed) -> Result<Signed<Mark>, Refused> {
    let now = app.clock.now();
    let known = app.merchants.get(&merchant_id(id)?, now).await?;
    known.check_in_force(now)?;
    let merchant = known.using(app.offers.key_in_use(&known.id), now);
    let Borrowed { host: Some(host), item } = borrowed else {
        return Ok(app.marks.current(&merchant, &app.keys, now));
    };
    let item = item.parse().map_err(|_| Problem::UnknownItem)?;
    let window = placement::open(app, &known, &merchant_id(&host)?, &item, now).await?;
    Ok(app.marks.within(&merchant, &window, &app.keys, now))
}

/// A picture that any page may show, and nobody keeps for long: the Mark may be taken back.
fn drawn(kind: &'static str, picture: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=60"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, picture).into_response()
}

async fn offer(
    State(app): State<App>,
    Path((merchant, item)): Path<(String, String)>,
) -> Result<Answer<Signed<Offer>>, Refused> {
    let now = app.clock.now();
    let merchant = app.merchants.get(&merchant_id(&merchant)?, now).await?;
    merchant.check_in_force(now)?;
    let item = item.parse().map_err(|_| Problem::UnknownItem)?;
    Ok(Answer(mailbox::offer(&app, &merchant, &item, now).await?))
}

async fn publish(
    State(app): State<App>,
    Path((merchant, item)): Path<(String, String)>,
    Wire { message, .. }: Wire<Signed<Offer>>,
) -> Result<StatusCode, Refused> {
    let item = item.parse().map_err(|_| Problem::UnknownItem)?;
    mailbox::publish(&app, &merchant_id(&merchant)?, &item, message).await?;
    Ok(StatusCode::NO_CONTENT)
}
