//! Grants (57–60), as signed bytes and as compact JWS.

use axum::{
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use shared_protocol::{Grant, GrantRequest, Problem, Signed, jws};

use super::{
    api::{Body, CLOSED, Routes, get, kinds, put},
    peer::Caller,
    problem::Refused,
    wire::{Answer, JOSE, JOSE_BYTES_MAX, Jose, OfPurchase, Wire},
};
use crate::{
    app::App,
    domain::{acceptance, grant},
};

/// Its routes.
pub fn routes() -> Routes {
    let jws = || Body::text(JOSE).up_to(JOSE_BYTES_MAX);
    let give = put("/v1/purchases/{id}/grant", "api.give_grant", give)
        .at("id", kinds::PURCHASE)
        .takes::<GrantRequest>()
        .answers::<Signed<Grant>>()
        .refuses(OF_REQUEST)
        .refuses(OF_CONTRACT);
    let show = get("/v1/purchases/{id}/grant.jws", "api.show_grant", as_jws)
        .at("id", kinds::PURCHASE)
        .answers_body(jws());
    let come_back = put("/v1/purchases/{id}/grant.jws", "api.present_grant", come_back)
        .at("id", kinds::PURCHASE)
        .takes_body(jws())
        .answers_nothing()
        .refuses(&[
            Problem::GrantInvalid,
            Problem::GrantExpired,
            Problem::AcceptanceInvalid,
            Problem::PurchaseConflict,
        ])
        .refuses(CLOSED);
    Routes::new().and(give).and(show).and(come_back)
}

/// What can be wrong with a request, whoever pays (57–59).
const OF_REQUEST: &[Problem] = &[
    Problem::WrongRecipient,
    Problem::ChallengeInvalid,
    Problem::ChallengeExpired,
    Problem::TallyInvalid,
    Problem::TallyExpired,
    Problem::EnvelopeInvalid,
    Problem::HalfMismatch,
    Problem::AmountMismatch,
    Problem::CardNumberRefused,
    Problem::UnknownMerchant,
    Problem::MerchantLapsed,
    Problem::OfferInvalid,
    Problem::OfferExpired,
    Problem::QuantityOutOfRange,
    Problem::PlanNotAccepted,
    Problem::QuoteInvalid,
    Problem::QuoteExpired,
    Problem::PayeeInvalid,
    Problem::PlacementUnknown,
    Problem::PlacementExpired,
    Problem::PlacementRevoked,
    Problem::PlacementInvalid,
    Problem::MarkRevoked,
    Problem::PurchaseConflict,
];

/// Why a contract does not pay (59).
const OF_CONTRACT: &[Problem] = &[
    Problem::ContractNotRecognised,
    Problem::ContractLocked,
    Problem::ContractLapsed,
    Problem::ContractSuspended,
    Problem::LimitExceeded,
    Problem::PasskeyInvalid,
    Problem::PasskeyUnknown,
    Problem::PasskeyCloned,
    Problem::PayeeAccountWrong,
    Problem::BalanceShort,
    Problem::TransferUndetermined,
    Problem::TooManyRequests,
];

async fn give(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Caller(network): Caller,
    Wire { message, bytes }: Wire<GrantRequest>,
) -> Result<Answer<Signed<Grant>>, Refused> {
    let given = grant::give(&app, id, message, &bytes, network).await;
    let outcome = given.as_ref().map_or_else(|problem| problem.code(), |_| "granted");
    metrics::counter!("agent_grants", "outcome" => outcome).increment(1);
    Ok(Answer(given?))
}

async fn come_back(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
    Jose(grant): Jose,
) -> Result<StatusCode, Refused> {
    acceptance::present(&app, id, &grant).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn as_jws(
    State(app): State<App>,
    OfPurchase(id): OfPurchase,
) -> Result<impl IntoResponse, Refused> {
    let grant = acceptance::known(&app, &id).await?.granted()?;
    let headers = [(CONTENT_TYPE, JOSE), (CACHE_CONTROL, "no-store")];
    Ok((headers, jws::sign(&grant, &app.keys.signing_now())))
}
