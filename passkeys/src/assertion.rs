//! An assertion (WebAuthn Level 3 §7.2): the owner of a passkey consents to exactly this challenge,
//! on a page where they may be asked.

use shared_protocol::{PasskeyAssertion, Problem};

use crate::{
    Place, RelyingParty, UserHandle, authenticator::AuthenticatorData, client, key::PublicKey,
    sha256,
};

/// What is known of a passkey, whosever it is.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What its authenticator calls it.
    pub id: &'a [u8],
    /// What authenticators call its owner.
    pub user_handle: &'a UserHandle,
    /// Its public key, a `COSE_Key` (RFC 9052 §7).
    pub public_key: &'a [u8],
    /// Whether it may be on several devices; never changes.
    pub backup_eligible: bool,
}

/// A use of a passkey that held. Whether its counter rises is decided where the counter is kept.
/// Only [`verify_assertion`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    counter: u32,
    backed_up: bool,
}

impl Used {
    /// Signatures of that passkey so far, as its authenticator says.
    pub fn counter(&self) -> u32 {
        self.counter
    }

    /// Whether it is on several devices now.
    pub fn backed_up(&self) -> bool {
        self.backed_up
    }
}

/// Checks an assertion of this passkey, step by step as §7.2 says. User verification is always
/// required: it stands for the code that is not typed.
///
/// # Errors
/// [`Problem::PasskeyInvalid`], whatever is wrong.
pub fn verify_assertion(
    known: &Known<'_>,
    said: &PasskeyAssertion,
    challenge: &[u8],
    party: &RelyingParty,
    place: Place<'_>,
) -> Result<Used, Problem> {
    check(known, said, challenge, party, place).ok_or(Problem::PasskeyInvalid)
}

fn check(
    known: &Known<'_>,
    said: &PasskeyAssertion,
    challenge: &[u8],
    party: &RelyingParty,
    place: Place<'_>,
) -> Option<Used> {
    // Steps 5–6: the passkey was found by its id; whoever holds it must call the owner as we do.
    let is_owners =
        said.credential_id.expose() == known.id && said.user_handle.expose() == known.user_handle;
    // Steps 7–14.
    let client_data = said.client_data.expose();
    let is_ours = client::is_ours(client_data, "webauthn.get", challenge, party, place);
    // Steps 15–19. Whether it may be on several devices was settled when it was made.
    let authenticator_data = said.authenticator_data.expose();
    let data = AuthenticatorData::read(authenticator_data)?;
    let is_sound = data.rp_id_hash == party.id_hash()
        && data.is_present_and_verified()
        && data.attested.is_none()
        && data.backup_eligible() == known.backup_eligible;
    // Steps 20–21.
    let signed = [authenticator_data, &sha256(client_data)].concat();
    let key = PublicKey::read(known.public_key)?;
    let is_signed = key.verifies(&signed, said.signature.expose());
    let used = Used { counter: data.counter, backed_up: data.backed_up() };
    (is_owners && is_ours && is_sound && is_signed).then_some(used)
}
