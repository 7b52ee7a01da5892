//! An assertion (WebAuthn Level 3 §7.2): the owner of a passkey consents to exactly this challenge,
//! on a page where they may be asked.

use passkeys::Known;
use shared_protocol::{PasskeyAssertion, Problem};

use super::{OperatorPasskey, Passkey, Place, RelyingParty};

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
    let used = passkeys::verify_assertion(&known, said, challenge, party, place)?;
    Ok(Asserted {
        passkey: passkey.id,
        contract: passkey.contract,
        counter: used.counter(),
        backed_up: used.backed_up(),
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
    let used = passkeys::verify_assertion(&known, said, challenge, party, Place::OurPage)?;
    Ok(OperatorAsserted {
        passkey: passkey.id,
        operator: passkey.operator,
        counter: used.counter(),
        backed_up: used.backed_up(),
    })
}
