//! What merchants say of purchases (61–62), and how purchases stand.

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use shared_protocol::{Acceptance, Problem, PurchaseStatus, Refusal, Signed};
use utoipa::ToSchema;

use super::{
    api::{CLOSED, Routes, get, kinds, put},
    problem::Refused,
    wire::{Answer, OfPurchase, Wire},
};
use crate::{app::App, domain::acceptance};

/// Its routes.
pub fn routes() -> Routes {
    let show = get("/v1/purchases/{id}", "api.show_purchase", show)
        .at("id", kinds::PURCHASE)
        .answers::<PurchaseStatus>()
        .answers_json::<Standing>();
    let accept = put("/v1/purchases/{id}/acceptance", "api.accept_order", accept)
        .takes::<Signed<Acceptance>>()
        .refuses(&[Problem::AcceptanceInvalid, Problem::GrantExpired]);
    let refuse = put("/v1/purchases/{id}/refusal", "api.refuse_order", refuse)
        .takes::<Signed<Refusal>>()
        .refuses(&[Problem::RefusalInvalid]);
    let words = [accept, refuse].map(|word| {
        word.at("id", kinds::PURCHASE)
            .answers_nothing()
            .refuses(&[Problem::PurchaseConflict])
            .refuses(CLOSED)
    });
    words.into_iter().fold(Routes::new().and(show), Routes::and)
}

/// How a purchase stands, for shops that have nothing but a JSON library.
#[derive(Serialize, ToSchema)]
struct Standing {
    /// `pur_…`
    purchase: String,
    /// granted, accepted, confirmed, declined, refused, cancelled or expired
    state: &'static str,
    /// Once it was granted.
    handling_number: Option<String>,
    /// In minor units.
    amount: Option<u64>,
    /// ISO 4217
    currency: Option<String>,
}

async fn show(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let status = acceptance::known(&app, &id).await?.status();
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    Ok(match accepted.contains(JSON) {
        true => {
            let headers = [(CONTENT_TYPE, JSON), (CACHE_CONTROL, "no-store"), (VARY, "accept")];
            (headers, Json(Standing::of(&status)?)).into_response()
        }
        false => Answer(status).into_response(),
    })
}

impl Standing {
    fn of(status: &PurchaseStatus) -> Result<Self, Problem> {
        let grant = status.grant.as_ref().map(Signed::claimed).transpose()?;
        Ok(Self {
            purchase: status.purchase.to_string(),
            state: status.state.name(),
            handling_number: grant.as_ref().map(|grant| grant.handling_number.to_string()),
            amount: grant.as_ref().map(|grant| grant.amount.minor),
            currency: grant.as_ref().map(|grant| grant.amount.currency.to_string()),
        })
    }
}

const JSON: &str = "application/json";

async fn accept(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Wire { message, .. }: Wire<Signed<Acceptance>>,
) -> Result<StatusCode, Refused> {
    acceptance::accept(&app, id, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn refuse(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Wire { message, .. }: Wire<Signed<Refusal>>,
) -> Result<StatusCode, Refused> {
    acceptance::refuse(&app, id, message).await?;
    Ok(StatusCode::NO_CONTENT)
}
