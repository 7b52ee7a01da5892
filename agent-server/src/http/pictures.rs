//! Pictures of what sellers without a server offer: taken in where the signed Offer names them,
//! shown by the digest that it names, as nothing but a picture.

use axum::{
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use shared_protocol::Problem;

use super::{
    api::{Body, Group, Routes, get, kinds, put},
    problem::Refused,
    wire::File,
};
use crate::{
    app::App,
    domain::{
        picture::{self, BYTES_MAX, KINDS},
        unavailable,
    },
};

/// Its routes.
pub fn routes() -> Routes {
    let keep = put("/v1/offers/{merchant}/{item}/picture", "api.keep_picture", keep)
        .among(Group::Market)
        .at("merchant", kinds::MERCHANT)
        .at("item", kinds::ITEM)
        .takes_body(Body::bytes(File::KIND).up_to(BYTES_MAX))
        .answers_nothing()
        .refuses(&[Problem::OfferInvalid]);
    let show = get("/v1/pictures/{name}", "api.show_picture", show)
        .among(Group::Market)
        .at("name", kinds::PICTURE);
    let show = KINDS.into_iter().fold(show, |show, kind| show.answers_body(Body::bytes(kind)));
    Routes::new().and(keep).and(show)
}

async fn keep(
    State(app): State<App>,
    Path((merchant, item)): Path<(String, String)>,
    File(picture): File,
) -> Result<StatusCode, Refused> {
    let merchant = merchant.parse().map_err(|_| Problem::UnknownMerchant)?;
    let item = item.parse().map_err(|_| Problem::UnknownItem)?;
    picture::keep(&app, merchant, item, picture.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a name stands for never changes. Whoever opens it alone gets no page.
async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Refused> {
    let picture = app.store.picture(&name).await.map_err(unavailable)?;
    let (kind, picture) = picture.ok_or(Problem::NotFound)?;
    let kind = HeaderValue::from_str(&kind).map_err(|_| Problem::Unavailable)?;
    let kept = [(header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok(([(header::CONTENT_TYPE, kind)], kept, alone(), picture).into_response())
}

/// A picture is nothing but a picture, also where it is opened by itself.
pub(super) fn alone() -> [(HeaderName, &'static str); 3] {
    [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ]
}
