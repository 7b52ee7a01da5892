//! A merchant's own programs, known by their token (RFC 6750 §2.1).

use std::collections::HashMap;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use shared_protocol::{MerchantId, Problem};

use super::{problem::Refused, wire::merchant_id};
use crate::{
    app::App,
    domain::{merchant_token::MerchantToken, unavailable},
};

/// The merchant that the path names, shown by its token.
pub struct ByToken(pub MerchantId);

impl FromRequestParts<App> for ByToken {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let Path(names) = path.map_err(|_| Problem::MalformedMessage)?;
        let named = names.get("merchant").map(String::as_str).unwrap_or_default();
        let merchant = merchant_id(named)?;
        check(app, &merchant, &parts.headers).await?;
        Ok(Self(merchant))
    }
}

/// Whether somebody shows a token at all.
pub fn is_shown(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
}

/// Whether the token that is shown is this merchant's.
///
/// # Errors
/// [`Problem::TokenInvalid`], [`Problem::Unavailable`].
pub async fn check(app: &App, merchant: &MerchantId, headers: &HeaderMap) -> Result<(), Problem> {
    let token = shown(headers).ok_or(Problem::TokenInvalid)?;
    let owner = app.store.merchant_of_token(&token.digest()).await.map_err(unavailable)?;
    if owner.as_ref() == Some(merchant) { Ok(()) } else { Err(Problem::TokenInvalid) }
}

fn shown(headers: &HeaderMap) -> Option<MerchantToken> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = scheme.eq_ignore_ascii_case("bearer").then_some(token)?;
    token.trim().parse().ok()
}
