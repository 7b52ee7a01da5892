//! How people come in: by a link that the command line or an owner's page shows once, by which they
//! register a passkey, and from then on by that passkey. There are no passwords.

use passkeys::{Known, Place, RelyingParty, SaidRegistration, verify_assertion};
use rand_core::CryptoRng;
use shared_protocol::{PasskeyAssertion, Problem, Timestamp};

use super::{ChallengeKey, LINK_LIFETIME, Person, Purpose, Role, Token};
use crate::domain::Failure;
use crate::store::{Fault, NewPerson, Store};

/// What coming in needs to know.
pub struct Door<'a> {
    /// Who is known.
    pub store: &'a Store,
    /// What challenges are signed with.
    pub key: &'a ChallengeKey,
    /// This desk, as passkeys know it.
    pub party: &'a RelyingParty,
    /// What time it is.
    pub now: Timestamp,
}

/// Who is invited.
#[derive(Clone, Copy, Debug)]
pub enum Invitation<'a> {
    /// Somebody new, with this role.
    New(&'a str, Role),
    /// Somebody who needs another passkey.
    Again(&'a str),
}

/// A link by which somebody registers a passkey, made `by` somebody or at the command line. `None`:
/// the name is taken, or not known.
///
/// # Errors
/// [`Fault`].
pub async fn invite(
    store: &Store,
    rng: &mut impl CryptoRng,
    invitation: Invitation<'_>,
    by: Option<i64>,
    now: Timestamp,
) -> Result<Option<Token>, Fault> {
    let token = Token::random(rng);
    let mut tx = store.begin("invite-person", now).await?;
    let (person, act, name) = match invitation {
        Invitation::New(name, role) => {
            let mut handle = [0; 32];
            rng.fill_bytes(&mut handle);
            (tx.add_person(&NewPerson { name, role, handle }).await?, "added", name)
        }
        Invitation::Again(name) => (tx.person_called(name).await?, "invited", name),
    };
    let Some(person) = person else { return Ok(None) };
    tx.keep_person_link(person, token.digest(), now.plus(LINK_LIFETIME)).await?;
    tx.note_act(by, act, name).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Whose link it is, if it can still be used.
///
/// # Errors
/// [`Problem::LinkInvalid`].
pub async fn link_of(door: &Door<'_>, token: &Token) -> Result<Person, Failure> {
    let found = door.store.person_of_link(token.digest(), door.now).await?;
    Ok(found.ok_or(Problem::LinkInvalid)?)
}

/// Registers a passkey of whoever holds the link, which is used up by it.
///
/// # Errors
/// [`Problem::LinkInvalid`], [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`],
/// [`Problem::PasskeyInvalid`].
pub async fn enrol(
    door: &Door<'_>,
    token: &Token,
    said: &SaidRegistration,
) -> Result<i64, Failure> {
    let (client_data, object) = said.read()?;
    let purpose = Purpose::Register(token.digest());
    let challenge = door.key.check(&client_data, purpose, door.now)?;
    let passkey =
        passkeys::verify_registration(&client_data, &object, challenge.as_bytes(), door.party)?;
    let mut tx = door.store.begin("enrol-person", door.now).await?;
    let person = tx.use_person_link(token.digest()).await?.ok_or(Problem::LinkInvalid)?;
    if !tx.spend_challenge(&challenge).await? {
        return Err(Problem::ChallengeInvalid.into());
    }
    if !tx.add_person_passkey(person, &passkey, &said.transports()).await? {
        return Err(Problem::PasskeyInvalid.into());
    }
    tx.note_act(Some(person), "passkey-registered", "").await?;
    tx.commit().await?;
    Ok(person)
}

/// Whose passkey signed a challenge of ours.
///
/// # Errors
/// [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`], [`Problem::PasskeyInvalid`],
/// [`Problem::PasskeyUnknown`], [`Problem::PasskeyCloned`].
pub async fn sign_in(door: &Door<'_>, said: &PasskeyAssertion) -> Result<i64, Failure> {
    prove(door, said, Purpose::SignIn, None).await
}

/// The same for any purpose, where only one person's will do.
pub(super) async fn prove(
    door: &Door<'_>,
    said: &PasskeyAssertion,
    purpose: Purpose,
    only: Option<i64>,
) -> Result<i64, Failure> {
    let challenge = door.key.check(said.client_data.expose(), purpose, door.now)?;
    let known = door.store.person_passkey(said.credential_id.expose()).await?;
    let passkey = known.filter(|known| only.is_none_or(|person| person == known.person));
    let passkey = passkey.ok_or(Problem::PasskeyUnknown)?;
    let known = Known {
        id: &passkey.credential_id,
        user_handle: &passkey.handle,
        public_key: &passkey.public_key,
        backup_eligible: passkey.backup_eligible,
    };
    let used = verify_assertion(&known, said, challenge.as_bytes(), door.party, Place::OurPage)?;
    let mut tx = door.store.begin("use-person-passkey", door.now).await?;
    if !tx.spend_challenge(&challenge).await? {
        return Err(Problem::ChallengeInvalid.into());
    }
    if !tx.use_person_passkey(passkey.id, used).await? {
        return Err(Problem::PasskeyCloned.into());
    }
    tx.commit().await?;
    Ok(passkey.person)
}

/// Takes sessions, passkeys and links from somebody at once. What they did stays written down.
/// `false`: there is nobody of this name.
///
/// # Errors
/// [`Fault`].
pub async fn remove(
    store: &Store,
    name: &str,
    by: Option<i64>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let mut tx = store.begin("remove-person", now).await?;
    let Some(person) = tx.person_called(name).await? else { return Ok(false) };
    tx.remove_person(person).await?;
    tx.note_act(by, "removed", name).await?;
    tx.commit().await?;
    Ok(true)
}

/// Has somebody do other things from now on. `false`: there is nobody of this name.
///
/// # Errors
/// [`Fault`].
pub async fn give_role(
    store: &Store,
    (name, role): (&str, Role),
    by: Option<i64>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let mut tx = store.begin("give-role", now).await?;
    let Some(person) = tx.person_called(name).await? else { return Ok(false) };
    tx.set_role(person, role).await?;
    tx.note_act(by, "role-given", &format!("{name} {}", role.name())).await?;
    tx.commit().await?;
    Ok(true)
}
