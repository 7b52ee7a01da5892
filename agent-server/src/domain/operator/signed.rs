//! The word of an operator's passkey for exactly one thing, within five minutes of being asked.

use shared_protocol::{Digest, PasskeyAssertion, Problem};

use super::{Operator, account::is_used};
use crate::{
    app::App,
    domain::{
        passkey::{Purpose, answered, verify_operator},
        unavailable,
    },
};

/// The word of an operator's passkey. Only `signed` makes one.
#[derive(Clone, Copy, Debug)]
pub struct Signed {
    operator: i64,
    id: i64,
    digest: Digest,
}

impl Signed {
    /// Whose word it is.
    pub fn operator(&self) -> i64 {
        self.operator
    }

    /// For which proposal or change.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// For what, exactly.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// What a passkey is asked to sign so that this operator stands for what is in this row.
pub fn signing_purpose(by: &Operator, id: i64, digest: Digest) -> Purpose {
    Purpose::OperatorSign { operator: by.id, proposal: id, digest }
}

/// Takes what an operator's passkey signed for what is in this row.
///
/// # Errors
/// [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`], [`Problem::PasskeyInvalid`],
/// [`Problem::PasskeyUnknown`], [`Problem::PasskeyCloned`], [`Problem::Unavailable`].
pub(super) async fn signed(
    app: &App,
    by: &Operator,
    (id, digest): (i64, Digest),
    said: &PasskeyAssertion,
) -> Result<Signed, Problem> {
    let now = app.clock.now();
    let purpose = signing_purpose(by, id, digest);
    let challenge = answered(said.client_data.expose(), purpose, &app.keys, now)?;
    let known = app.store.operator_passkey(said.credential_id.expose()).await;
    let passkey = known.map_err(unavailable)?.filter(|passkey| passkey.operator == by.id);
    let passkey = passkey.ok_or(Problem::PasskeyUnknown)?;
    let party = app.config.relying_party();
    let asserted = verify_operator(&passkey, said, challenge.as_bytes(), &party)?;
    let used = app.store.use_operator_passkey(asserted, challenge, now).await;
    is_used(used.map_err(unavailable)?)?;
    Ok(Signed { operator: by.id, id, digest })
}
