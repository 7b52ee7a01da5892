//! How operators come in: by a link that the command line prints, by which they register a passkey
//! once, and from then on by that passkey. There are no passwords.

use shared_protocol::{PasskeyAssertion, Problem, Timestamp};

use super::{
    Operator, Role,
    link::{LIFETIME, LinkToken},
};
use crate::{
    app::App,
    domain::{
        passkey::{Purpose, Registration, answered, verify_operator, verify_registration},
        unavailable,
    },
    entropy::Entropy,
    store::{Fault, NewLink, NewOperator, Store, Used},
};

/// Who is invited.
#[derive(Clone, Copy, Debug)]
pub enum Invitation<'a> {
    /// Somebody new, with this role.
    New(&'a str, Role),
    /// An operator who needs another passkey.
    Again(&'a str),
}

/// What became of a registration by link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// This operator has a passkey more.
    Now(i64),
    /// The link was used, or is too old, or the challenge was answered before.
    Over,
    /// There is a passkey of that id.
    Taken,
}

/// A link by which an operator registers a passkey. `None`: the name is taken, or not known.
///
/// # Errors
/// [`Fault`].
pub async fn invite(
    store: &Store,
    entropy: &Entropy,
    invitation: Invitation<'_>,
    now: Timestamp,
) -> Result<Option<LinkToken>, Fault> {
    let token = LinkToken::random(entropy);
    let done = invite_by(store, &token, entropy, invitation, now).await?;
    Ok(done.then_some(token))
}

/// The same by this link; `false`: the name is taken, or not known.
///
/// # Errors
/// [`Fault`].
pub async fn invite_by(
    store: &Store,
    token: &LinkToken,
    entropy: &Entropy,
    invitation: Invitation<'_>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let link = NewLink { digest: token.digest(), expires_at: now.plus(LIFETIME) };
    match invitation {
        Invitation::New(name, role) => {
            let handle = entropy.bytes();
            store.add_operator(NewOperator { name: name.into(), role, handle, link }, now).await
        }
        Invitation::Again(name) => store.link_operator(name.into(), link, now).await,
    }
}

/// Whose link it is, if it can still be used.
///
/// # Errors
/// [`Problem::LinkInvalid`], [`Problem::Unavailable`].
pub async fn link_of(app: &App, token: &LinkToken) -> Result<Operator, Problem> {
    let found = app.store.operator_of_link(&token.digest(), app.clock.now()).await;
    found.map_err(unavailable)?.ok_or(Problem::LinkInvalid)
}

/// Registers a passkey of whoever holds the link, which is used up by it.
///
/// # Errors
/// [`Problem::LinkInvalid`], [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`],
/// [`Problem::PasskeyInvalid`], [`Problem::Unavailable`].
pub async fn enrol(app: &App, token: &LinkToken, said: Registration) -> Result<i64, Problem> {
    let (now, link) = (app.clock.now(), token.digest());
    let purpose = Purpose::OperatorRegister { link: link.0 };
    let challenge = answered(&said.client_data, purpose, &app.keys, now)?;
    let party = app.config.relying_party();
    let (client_data, object) = (&said.client_data, &said.attestation_object);
    let passkey = verify_registration(client_data, object, challenge.as_bytes(), &party)?;
    let label = said.label;
    let enrolled = app.store.enrol_operator(link, passkey, label, challenge, now).await;
    match enrolled.map_err(unavailable)? {
        Enrolled::Now(operator) => Ok(operator),
        Enrolled::Over => Err(Problem::LinkInvalid),
        Enrolled::Taken => Err(Problem::PasskeyInvalid),
    }
}

/// The operator whose passkey signed a challenge of ours.
///
/// # Errors
/// [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`], [`Problem::PasskeyInvalid`],
/// [`Problem::PasskeyUnknown`], [`Problem::PasskeyCloned`], [`Problem::Unavailable`].
pub async fn sign_in(app: &App, said: &PasskeyAssertion) -> Result<i64, Problem> {
    let (now, purpose) = (app.clock.now(), Purpose::OperatorSignIn);
    let challenge = answered(said.client_data.expose(), purpose, &app.keys, now)?;
    let known = app.store.operator_passkey(said.credential_id.expose()).await;
    let passkey = known.map_err(unavailable)?.ok_or(Problem::PasskeyUnknown)?;
    let party = app.config.relying_party();
    let asserted = verify_operator(&passkey, said, challenge.as_bytes(), &party)?;
    let used = app.store.use_operator_passkey(asserted, challenge, now).await;
    is_used(used.map_err(unavailable)?)?;
    Ok(asserted.operator())
}

/// Takes everything from an operator at once: sessions, passkeys, links, tokens. What they did
/// stays written down. `false`: there is none of this name.
///
/// # Errors
/// [`Fault`].
pub async fn remove(store: &Store, name: &str, now: Timestamp) -> Result<bool, Fault> {
    store.remove_operator(name.into(), now).await
}

/// What became of an assertion whose challenge and counter were kept.
pub(super) fn is_used(used: Used) -> Result<(), Problem> {
    match used {
        Used::Now => Ok(()),
        Used::Spent => Err(Problem::ChallengeInvalid),
        Used::Cloned => Err(Problem::PasskeyCloned),
        Used::Gone => Err(Problem::PasskeyUnknown),
    }
}
