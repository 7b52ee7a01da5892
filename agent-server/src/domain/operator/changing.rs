//! A change is prepared, signed by the passkey of who asked for it, and done at once: by the same
//! functions as on the command line, and only if it still begins from what was signed for.

use shared_protocol::{
    MerchantId, PasskeyAssertion, Problem, SealingKey, Span, Timestamp, VerifyingKey, jws,
};

use super::{
    Change, Invitation, LinkToken, Operator, Power, PreparedChange, Role, invite_by, signed::signed,
};
use crate::{
    app::App,
    domain::{
        Merchant,
        merchant_keys::{KnownMerchant, read_key},
        origins::{OriginFault, check_form, check_hand_over, check_nobody_elses},
        unavailable,
    },
    store::{Fault, KeyChange, NewChange},
};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// It changes nothing, or there is no such thing any more.
    #[error("there is nothing to be changed")]
    Nothing,
    /// An origin cannot be registered.
    #[error(transparent)]
    Origin(#[from] OriginFault),
    /// What was typed is no pair of keys.
    #[error("{0}")]
    Key(String),
    /// The key was revoked: it never counts again.
    #[error("the key was revoked")]
    Revoked,
    /// The name is none, or another operator's.
    #[error("the name is taken, or is none")]
    Name,
    /// Who moves money comes in, or is let do so, by the command line alone: whoever could make a
    /// second operator here would be two.
    #[error("who moves money is named on the command line")]
    Money,
    /// Nobody else could govern.
    #[error("nobody else could govern")]
    LastAdmin,
    /// It was signed before, or too late.
    #[error("it was signed before, or too late")]
    Closed,
    /// The database.
    #[error(transparent)]
    Store(#[from] Fault),
}

/// Writes down what an operator asks for, if it can be done now. It is nothing until they sign it.
///
/// # Errors
/// [`Unchanged`].
pub async fn prepare_change(app: &App, by: &Operator, change: &Change) -> Result<i64, Unchanged> {
    check(app, by.id, change).await?;
    let now = app.clock.now();
    let (id, what) = (app.store.fresh_id(now), change.written());
    let digest = Change::digest(&what);
    let new = NewChange { id, what, digest, by: by.id, lapses_at: now.plus(LIFETIME) };
    app.store.add_change(new, now).await?;
    Ok(id)
}

/// Takes the operator's signature for what they prepared, and does it.
///
/// # Errors
/// [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`], [`Problem::PasskeyInvalid`],
/// [`Problem::PasskeyUnknown`], [`Problem::PasskeyCloned`], [`Problem::Unavailable`]; within,
/// [`Unchanged`]: nothing was changed.
pub async fn sign_change(
    app: &App,
    by: &Operator,
    prepared: &PreparedChange,
    said: &PasskeyAssertion,
) -> Result<Result<(), Unchanged>, Problem> {
    let word = signed(app, by, (prepared.id, prepared.digest), said).await?;
    match done(app, prepared, word).await {
        Err(Unchanged::Store(fault)) => Err(unavailable(fault)),
        said => Ok(said),
    }
}

/// The link that an invitation brought, for a short while, as long as nobody has used it.
///
/// # Errors
/// [`Fault`].
pub async fn shown_link(app: &App, prepared: &PreparedChange) -> Result<Option<LinkToken>, Fault> {
    let (now, is_invitation) =
        (app.clock.now(), prepared.change().is_some_and(|change| change.is_invitation()));
    let is_shown = prepared.done_at.is_some_and(|done| now < done.plus(LINK_SHOWN));
    if !is_invitation || !is_shown {
        return Ok(None);
    }
    let token = LinkToken::of_change(&app.keys, prepared.id, prepared.digest);
    let known = app.store.operator_of_link(&token.digest(), now).await?;
    Ok(known.map(|_| token))
}

async fn done(app: &App, prepared: &PreparedChange, word: super::Signed) -> Result<(), Unchanged> {
    let now = app.clock.now();
    let change = prepared.change().ok_or(Unchanged::Nothing)?;
    check(app, prepared.operator, &change).await?;
    if !app.store.sign_change(word, change.act(), now).await? {
        return Err(Unchanged::Closed);
    }
    carry_out(app, prepared, change, now).await?;
    app.store.end_change(prepared.id, now).await?;
    Ok(())
}

/// Whether it can be done now, and begins from what there is.
async fn check(app: &App, by: i64, change: &Change) -> Result<(), Unchanged> {
    match change {
        Change::Origins { merchant, before, after } => {
            let known = merchant_of(app, merchant).await?;
            let is_as_it_was = known.origins == *before && before != after;
            is_as_it_was.then_some(()).ok_or(Unchanged::Nothing)?;
            after.iter().try_for_each(|origin| check_form(origin))?;
            for origin in after.iter().filter(|origin| !before.contains(origin)) {
                check_nobody_elses(&app.store, origin, &known.id).await?;
            }
            check_hand_over(&Merchant { origins: after.clone(), ..Merchant::clone(&known) })?;
        }
        Change::Keys { merchant, before, verifying, sealing, .. } => {
            let known = merchant_of(app, merchant).await?;
            let (next, _) = pair(verifying, sealing)?;
            let is_as_it_was = jws::key_id(&known.verifying_key) == *before;
            let is_another = next != known.verifying_key;
            (is_as_it_was && is_another).then_some(()).ok_or(Unchanged::Nothing)?;
            (!known.is_revoked(&next)).then_some(()).ok_or(Unchanged::Revoked)?;
        }
        Change::RevokeKey { merchant, kid } => {
            let known = merchant_of(app, merchant).await?;
            key_of(&known, kid).ok_or(Unchanged::Nothing)?;
        }
        Change::Invite { name, role } => {
            let is_plain = |c: char| c.is_alphanumeric() || "._@-".contains(c);
            let is_name = (1..=64).contains(&name.chars().count()) && name.chars().all(is_plain);
            let is_taken = app.store.operators().await?.iter().any(|known| known.name == *name);
            (is_name && !is_taken).then_some(()).ok_or(Unchanged::Name)?;
            check_harmless(Role::from_name(role).ok_or(Unchanged::Nothing)?)?;
        }
        Change::Link { name } => {
            let known = operator_of(app, name).await?;
            if known.id != by {
                check_harmless(known.role)?;
            }
        }
        Change::Role { name, before, after } => {
            let known = operator_of(app, name).await?;
            let after = Role::from_name(after).ok_or(Unchanged::Nothing)?;
            let is_as_it_was = known.role.name() == before && known.role != after;
            is_as_it_was.then_some(()).ok_or(Unchanged::Nothing)?;
            check_harmless(after)?;
            check_governed(app, &known).await?;
        }
        Change::Remove { name } => check_governed(app, &operator_of(app, name).await?).await?,
    }
    Ok(())
}

async fn carry_out(
    app: &App,
    prepared: &PreparedChange,
    change: Change,
    now: Timestamp,
) -> Result<(), Unchanged> {
    let store = &app.store;
    let is_done = match change {
        Change::Origins { merchant, after, .. } => {
            let known = merchant_of(app, &merchant).await?;
            let merchant = Merchant { origins: after, ..Merchant::clone(&known) };
            store.put_merchant(merchant, now).await?;
            true
        }
        Change::Keys { merchant, verifying, sealing, overlap_hours, .. } => {
            let known = merchant_of(app, &merchant).await?;
            let (verifying, sealing) = pair(&verifying, &sealing)?;
            let until = now.plus(Span::hours(i64::from(overlap_hours)));
            let change = KeyChange::Replace(verifying, sealing, until);
            store.change_keys(known.id.clone(), change, now).await?
        }
        Change::RevokeKey { merchant, kid } => {
            let known = merchant_of(app, &merchant).await?;
            let key = key_of(&known, &kid).ok_or(Unchanged::Nothing)?;
            store.change_keys(known.id.clone(), KeyChange::Revoke(key), now).await?
        }
        Change::Invite { name, role } => {
            let role = Role::from_name(&role).ok_or(Unchanged::Nothing)?;
            invited(app, prepared, Invitation::New(&name, role), now).await?
        }
        Change::Link { name } => invited(app, prepared, Invitation::Again(&name), now).await?,
        Change::Role { name, after, .. } => {
            let role = Role::from_name(&after).ok_or(Unchanged::Nothing)?;
            store.set_role_sparing(name, role, now).await?
        }
        Change::Remove { name } => store.remove_operator_sparing(name, now).await?,
    };
    is_done.then_some(()).ok_or(Unchanged::Nothing)
}

async fn invited(
    app: &App,
    prepared: &PreparedChange,
    invitation: Invitation<'_>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let token = LinkToken::of_change(&app.keys, prepared.id, prepared.digest);
    invite_by(&app.store, &token, &app.entropy, invitation, now).await
}

async fn merchant_of(app: &App, id: &str) -> Result<KnownMerchant, Unchanged> {
    let id: MerchantId = id.parse().map_err(|_| Unchanged::Nothing)?;
    app.store.known_merchant(&id).await?.ok_or(Unchanged::Nothing)
}

async fn operator_of(app: &App, name: &str) -> Result<Operator, Unchanged> {
    let all = app.store.operators().await?;
    let found = all.into_iter().find(|known| known.name == *name && known.removed_at.is_none());
    found.ok_or(Unchanged::Nothing)
}

/// Nobody alone makes somebody who could approve what they propose.
fn check_harmless(role: Role) -> Result<(), Unchanged> {
    (!role.may(Power::Money)).then_some(()).ok_or(Unchanged::Money)
}

/// The last who can govern stays.
async fn check_governed(app: &App, leaving: &Operator) -> Result<(), Unchanged> {
    let stays = leaving.role != Role::Admin || app.store.is_governed_without(&leaving.name).await?;
    stays.then_some(()).ok_or(Unchanged::LastAdmin)
}

/// A key of the merchant's that counts, or did, and was not revoked.
fn key_of(merchant: &KnownMerchant, kid: &str) -> Option<VerifyingKey> {
    let is_it = |key: &&crate::domain::merchant_keys::MerchantKey| {
        !key.revoked && jws::key_id(&key.verifying) == kid
    };
    merchant.keys().iter().find(is_it).map(|key| key.verifying)
}

fn pair(verifying: &str, sealing: &str) -> Result<(VerifyingKey, SealingKey), Unchanged> {
    let key = |text: &str| read_key(text).map_err(Unchanged::Key);
    Ok((VerifyingKey::new(key(verifying)?), SealingKey::new(key(sealing)?)))
}

/// So long a change waits for its signature.
const LIFETIME: Span = Span::minutes(30);
/// So long the link of an invitation is shown to who made it.
const LINK_SHOWN: Span = Span::minutes(10);
