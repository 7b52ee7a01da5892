//! Passkeys of a contract: how one is registered, and how one signs its owner in.

use shared_protocol::{PasskeyAssertion, Problem};

use super::{Place, Purpose, answered, verify_assertion, verify_registration};
use crate::{
    app::App,
    domain::unavailable,
    store::{Added, PasskeyLabel, Used},
};

/// So many passkeys a contract may have: enough for every device, too few to hide one among.
pub const PASSKEYS_MAX: usize = 10;

/// What a browser answers to a registration (§5.2.1).
pub struct Registration {
    /// What it says of the page.
    pub client_data: Vec<u8>,
    /// The new passkey.
    pub attestation_object: Vec<u8>,
    /// What its owner calls it, and how it is reached.
    pub label: PasskeyLabel,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It is entered.
    Now,
    /// The contract has as many as it may: one has to go first.
    Full,
}

/// Enters a new passkey of this contract, and tells its owner by mail.
///
/// # Errors
/// [`Problem::ChallengeInvalid`] if it was not asked for, or was answered before,
/// [`Problem::ChallengeExpired`], [`Problem::PasskeyInvalid`], [`Problem::Unavailable`].
pub async fn register(app: &App, contract: i64, said: Registration) -> Result<Registered, Problem> {
    let now = app.clock.now();
    let challenge = answered(&said.client_data, Purpose::Register { contract }, &app.keys, now)?;
    let party = app.config.relying_party();
    let (client_data, object) = (&said.client_data, &said.attestation_object);
    let passkey = verify_registration(client_data, object, challenge.as_bytes(), &party)?;
    let added = app.store.add_passkey(contract, passkey, said.label, challenge, now).await;
    match added.map_err(unavailable)? {
        Added::Now => {
            app.wake_driver();
            Ok(Registered::Now)
        }
        Added::Full => Ok(Registered::Full),
        Added::Spent => Err(Problem::ChallengeInvalid),
        Added::Taken => Err(Problem::PasskeyInvalid),
    }
}

/// The contract whose passkey signed a challenge of ours.
///
/// # Errors
/// As [`register`], [`Problem::PasskeyUnknown`], [`Problem::PasskeyCloned`].
pub async fn sign_in(app: &App, said: &PasskeyAssertion) -> Result<i64, Problem> {
    let now = app.clock.now();
    let challenge = answered(said.client_data.expose(), Purpose::SignIn, &app.keys, now)?;
    let known = app.store.passkey(said.credential_id.expose()).await.map_err(unavailable)?;
    let passkey = known.ok_or(Problem::PasskeyUnknown)?;
    let party = app.config.relying_party();
    let asserted = verify_assertion(&passkey, said, challenge.as_bytes(), &party, Place::OurPage)?;
    match app.store.use_passkey(asserted, challenge, now).await.map_err(unavailable)? {
        Used::Now => Ok(asserted.contract()),
        Used::Spent => Err(Problem::ChallengeInvalid),
        Used::Cloned => Err(Problem::PasskeyCloned),
        Used::Gone => Err(Problem::PasskeyUnknown),
    }
}
