//! A registration (WebAuthn Level 3 §7.1): a new passkey for whoever is signed in.

use ciborium::Value;
use shared_protocol::Problem;

use crate::{Place, RelyingParty, authenticator::AuthenticatorData, client, key::PublicKey};

/// A passkey that may be entered. Only [`verify_registration`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPasskey {
    credential_id: Vec<u8>,
    public_key: Vec<u8>,
    counter: u32,
    backup_eligible: bool,
    backed_up: bool,
}

impl NewPasskey {
    /// What its authenticator calls it.
    pub fn credential_id(&self) -> &[u8] {
        &self.credential_id
    }

    /// Its public key, a `COSE_Key`.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Signatures so far.
    pub fn counter(&self) -> u32 {
        self.counter
    }

    /// Whether it may be on several devices.
    pub fn backup_eligible(&self) -> bool {
        self.backup_eligible
    }

    /// Whether it is.
    pub fn backed_up(&self) -> bool {
        self.backed_up
    }
}

/// Checks a registration, step by step as §7.1 says. We ask for no attestation, and nothing
/// depends on an authenticator's make: a statement that comes all the same is not looked at
/// (steps 20–24 with the attestation "none").
///
/// # Errors
/// [`Problem::PasskeyInvalid`], whatever is wrong.
pub fn verify_registration(
    client_data: &[u8],
    attestation_object: &[u8],
    challenge: &[u8],
    party: &RelyingParty,
) -> Result<NewPasskey, Problem> {
    let is_ours = client::is_ours(client_data, "webauthn.create", challenge, party, Place::OurPage);
    let checked = || check(&authenticator_data(attestation_object)?, party);
    checked().filter(|_| is_ours).ok_or(Problem::PasskeyInvalid)
}

/// Steps 13–19 and 25.
fn check(authenticator_data: &[u8], party: &RelyingParty) -> Option<NewPasskey> {
    let data = AuthenticatorData::read(authenticator_data)?;
    let is_sound = data.rp_id_hash == party.id_hash() && data.is_present_and_verified();
    let attested = data.attested.as_ref().filter(|_| is_sound)?;
    PublicKey::read(attested.public_key)?;
    Some(NewPasskey {
        credential_id: attested.credential_id.to_vec(),
        public_key: attested.public_key.to_vec(),
        counter: data.counter,
        backup_eligible: data.backup_eligible(),
        backed_up: data.backed_up(),
    })
}

/// The authenticator data in an attestation object (§6.5.4): a CBOR map of three, and no more.
fn authenticator_data(object: &[u8]) -> Option<Vec<u8>> {
    let mut rest = object;
    let value = ciborium::de::from_reader_with_recursion_limit::<Value, _>(&mut rest, 8).ok()?;
    let entries = value.into_map().ok().filter(|all| all.len() == 3 && rest.is_empty())?;
    let (mut format, mut statement, mut data) = (None, None, None);
    for (key, value) in entries {
        match key.as_text()? {
            "fmt" => format = value.into_text().ok(),
            "attStmt" => statement = value.into_map().ok(),
            "authData" => data = value.into_bytes().ok(),
            _ => return None,
        }
    }
    data.filter(|_| format.is_some() && statement.is_some())
}
