//! Marks and Offers, as the frame's program fetches them (51, Fig 7).

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, Path, State},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
    routing::get,
};
use shared_protocol::{Offer, Problem, Signed};

use super::{
    pages::parameter,
    problem::Refused,
    wire::{Answer, merchant_id},
};
use crate::{app::App, marks::picture};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/marks/{merchant}", get(mark))
        .route("/v1/offers/{merchant}/{item}", get(offer))
}

/// As a message; with `.svg` or `.png` behind the name, as a picture that carries it.
async fn mark(
    State(app): State<App>,
    Path(name): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Refused> {
    let (id, kind) = name.rsplit_once('.').unwrap_or((&name, ""));
    let now = app.clock.now();
    let merchant = app.merchants.get(&merchant_id(id)?, now).await?;
    merchant.check_in_force(now)?;
    let signed = app.marks.current(&merchant, &app.keys, now);
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
    Ok(Answer(app.offers.get(&merchant, &item, now).await?))
}
