//! An assertion (WebAuthn Level 3 §7.2): the owner of a passkey consents to exactly this challenge,
//! on a page where they may be asked.

use shared_protocol::{PasskeyAssertion, Problem};

use super::{
    Passkey, Place, RelyingParty, authenticator::AuthenticatorData, client, key::PublicKey, sha256,
};

/// An assertion that held. Whether its counter rises is decided where the counter is kept. Only
/// [`verify_assertion`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asserted {
    passkey: i64,
    contract: i64,
    counter: u32,
    backed_up: bool,
}

impl Asserted {
    /// The passkey's row.
    pub fn passkey(&self) -> i64 {
        self.passkey
    }

    /// The contract that it speaks for.
    pub fn contract(&self) -> i64 {
        self.contract
    }

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
    passkey: &Passkey,
    said: &PasskeyAssertion,
    challenge: &[u8],
    party: &RelyingParty,
    place: Place<'_>,
) -> Result<Asserted, Problem> {
    check(passkey, said, challenge, party, place).ok_or(Problem::PasskeyInvalid)
}

fn check(
    passkey: &Passkey,
    said: &PasskeyAssertion,
    challenge: &[u8],
    party: &RelyingParty,
    place: Place<'_>,
) -> Option<Asserted> {
    // Steps 5–6: the passkey was found by its id; whoever holds it must call the owner as we do.
    let is_owners = said.credential_id.expose() == passkey.credential_id
        && said.user_handle.expose() == passkey.user_handle;
    // Steps 7–14.
    let client_data = said.client_data.expose();
    let is_ours = client::is_ours(client_data, "webauthn.get", challenge, party, place);
    // Steps 15–19. Whether it may be on several devices was settled when it was made.
    let authenticator_data = said.authenticator_data.expose();
    let data = AuthenticatorData::read(authenticator_data)?;
    let is_sound = data.rp_id_hash == party.id_hash()
        && data.is_present_and_verified()
        && data.attested.is_none()
        && data.backup_eligible() == passkey.backup_eligible;
    // Steps 20–21.
    let signed = [authenticator_data, &sha256(client_data)].concat();
    let key = PublicKey::read(&passkey.public_key)?;
    let is_signed = key.verifies(&signed, said.signature.expose());
    (is_owners && is_ours && is_sound && is_signed).then_some(Asserted {
        passkey: passkey.id,
        contract: passkey.contract,
        counter: data.counter,
        backed_up: data.backed_up(),
    })
}
