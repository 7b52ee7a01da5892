//! Where merchants hand in numbers that were read out to them. The signature decides, not the
//! sender; the name in the message makes asking twice asking once.

use axum::extract::State;
use shared_protocol::{Grant, Problem, Redemption, Signed};

use super::{
    api::{CLOSED, Group, Routes, post},
    problem::Refused,
    wire::{Answer, Wire},
};
use crate::{app::App, domain::by_hand};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().and(
        post("/v1/by-hand/redemptions", "api.redeem_number", redeem)
            .among(Group::Market)
            .takes::<Signed<Redemption>>()
            .answers::<Signed<Grant>>()
            .refuses(&[
                Problem::UnknownMerchant,
                Problem::MerchantLapsed,
                Problem::SettlementInvalid,
                Problem::NumberUnknown,
                Problem::AmountMismatch,
                Problem::GrantUsed,
                Problem::GrantExpired,
                Problem::TooManyRequests,
            ])
            .refuses(CLOSED),
    )
}

async fn redeem(
    State(app): State<App>,
    Wire { message, .. }: Wire<Signed<Redemption>>,
) -> Result<Answer<Signed<Grant>>, Refused> {
    Ok(Answer(by_hand::redeem(&app, &message).await?))
}
