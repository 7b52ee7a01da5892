//! An assertion (WebAuthn Level 3 §7.2): the owner of a passkey consents to exactly this challenge,
//! on a page where they may be asked.

use shared_protocol::{PasskeyAssertion, Problem};

use super::{
    OperatorPasskey, Passkey, Place, RelyingParty, UserHandle, authenticator::AuthenticatorData,
    client, key::PublicKey, sha256,
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

/// An assertion of an operator's that held: never one of a shopper's. Only [`verify_operator`]
/// makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorAsserted {
    passkey: i64,
    operator: i64,
    counter: u32,
    backed_up: bool,
}

impl OperatorAsserted {
    /// The passkey's row.
    pub fn passkey(&self) -> i64 {
        self.passkey
    }

    /// Who consents.
    pub fn operator(&self) -> i64 {
        self.operator
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
    let known = Known {
        id: &passkey.credential_id,
        user_handle: &passkey.user_handle,
        public_key: &passkey.public_key,
        backup_eligible: passkey.backup_eligible,
    };
    let data = check(&known, said, challenge, party, place).ok_or(Problem::PasskeyInvalid)?;
    Ok(Asserted {
        passkey: passkey.id,
        contract: passkey.contract,
        counter: data.counter,
        backed_up: data.backed_up(),
    })
}

/// The same for an operator's passkey, which is asked for on our own pages alone.
///
/// # Errors
/// [`Problem::PasskeyInvalid`], whatever is wrong.
pub fn verify_operator(
    passkey: &OperatorPasskey,
    said: &PasskeyAssertion,
    challenge: &[u8],
    party: &RelyingParty,
) -> Result<OperatorAsserted, Problem> {
    let known = Known {
        id: &passkey.credential_id,
        user_handle: &passkey.user_handle,
        public_key: &passkey.public_key,
        backup_eligible: passkey.backup_eligible,
    };
    let data = check(&known, said, challenge, party, Place::OurPage);
    let data = data.ok_or(Problem::PasskeyInvalid)?;
    Ok(OperatorAsserted {
        passkey: passkey.id,
        operator: passkey.operator,
        counter: data.counter,
        backed_up: data.backed_up(),
    })
}

/// What is known of a passkey, whosever it is.
struct Known<'a> {
    id: &'a [u8],
    user_handle: &'a UserHandle,
    public_key: &'a [u8],
    backup_eligible: bool,
}

fn check<'s>(
    known: &Known<'_>,
    said: &'s PasskeyAssertion,
    challenge: &[u8],
    party: &RelyingParty,
    place: Place<'_>,
) -> Option<AuthenticatorData<'s>> {
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
    (is_owners && is_ours && is_sound && is_signed).then_some(data)
}
