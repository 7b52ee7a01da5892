//! Merchants' and operators' own programs, known by their token (RFC 6750 §2.1).

use std::collections::HashMap;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use shared_protocol::{MerchantId, Problem};

use super::{problem::Refused, wire::merchant_id};
use crate::{
    app::App,
    domain::{
        bearer::{Bearer, Token},
        merchant_token::Merchants,
        operator::{Operators, Section},
        unavailable,
    },
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
    let token = shown::<Merchants>(headers).ok_or(Problem::TokenInvalid)?;
    let owner = app.store.merchant_of_token(&token.digest()).await.map_err(unavailable)?;
    if owner.as_ref() == Some(merchant) { Ok(()) } else { Err(Problem::TokenInvalid) }
}

/// Whether the token that is shown is an operator's who may read this part of the console.
///
/// # Errors
/// [`Problem::TokenInvalid`], [`Problem::RoleNotAllowed`], [`Problem::Unavailable`].
pub async fn check_reader(app: &App, section: Section, headers: &HeaderMap) -> Result<(), Problem> {
    let token = shown::<Operators>(headers).ok_or(Problem::TokenInvalid)?;
    let reader = app.store.reader_of_token(&token.digest()).await.map_err(unavailable)?;
    let reader = reader.ok_or(Problem::TokenInvalid)?;
    if reader.may_read(section) { Ok(()) } else { Err(Problem::RoleNotAllowed) }
}

fn shown<B: Bearer>(headers: &HeaderMap) -> Option<Token<B>> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = scheme.eq_ignore_ascii_case("bearer").then_some(token)?;
    token.trim().parse().ok()
}
