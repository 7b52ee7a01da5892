//! Who is signed in. A stand-in until shoppers can: nobody is.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse as _, Redirect, Response},
};

use crate::app::App;

/// A shopper who is signed in.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    /// The row of their contract.
    pub contract: i64,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(_: &mut Parts, _: &App) -> Result<Self, Response> {
        Err(Redirect::to("/me/sign-in").into_response())
    }
}
