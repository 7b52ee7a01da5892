//! What an operator's browser is asked to have a passkey sign: exactly what is in one row.

use axum::response::IntoResponse;
use shared_protocol::Digest;

use crate::{
    app::App,
    domain::{
        operator::{Operator, signing_purpose},
        passkey::IssuedChallenge,
        unavailable,
    },
    http::{
        passkeys::{descriptor, request, unkept},
        problem::Refused,
    },
};

/// Asks for a signature by any passkey of the operator's.
pub(super) async fn asked(
    app: &App,
    by: &Operator,
    (row, digest): (i64, Digest),
) -> Result<impl IntoResponse + use<>, Refused> {
    let keys = app.store.operator_passkeys(by.id).await.map_err(unavailable)?;
    let keys: Vec<_> =
        keys.iter().map(|key| descriptor(&key.credential_id, &key.transports)).collect();
    let purpose = signing_purpose(by, row, digest);
    let (now, mut rng) = (app.clock.now(), app.entropy.clone());
    let challenge = IssuedChallenge::new(purpose, &app.keys, now, &mut rng);
    Ok(unkept(request(app, &keys, &challenge)))
}
