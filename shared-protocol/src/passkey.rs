//! A passkey's word on a purchase (TRUST.md D1, D4): its challenge is the tally's digest, which
//! commits to both halves, so it cannot stand in one of them and has an envelope of its own.

use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    codec,
    half::sealable,
    role::{Agent, VisibleTo, half},
    seal::Half,
};

half! {
    /// For the agent only: a passkey's assertion over the tally (WebAuthn Level 3 §5.2.2).
    ///
    /// It does not fit into anything for the merchant, who would recognise the shopper by it:
    /// ```compile_fail,E0277
    /// use shared_protocol::{Merchant, PasskeyAssertion, VisibleTo};
    /// fn for_merchant<T: VisibleTo<Merchant>>() {}
    /// for_merchant::<PasskeyAssertion>();
    /// ```
    /// ```compile_fail,E0277
    /// use shared_protocol::{Envelope, Merchant, PasskeyAssertion};
    /// fn sealed(_: PasskeyAssertion) -> Envelope<Merchant, PasskeyAssertion> { unreachable!() }
    /// ```
    pub struct PasskeyAssertion seen by Agent {
        /// Which passkey.
        credential_id: PasskeyPart,
        /// What the authenticator says of itself and of the moment (§6.1).
        authenticator_data: PasskeyPart,
        /// What the browser says of the page (§5.8.1).
        client_data: PasskeyPart,
        /// Over both.
        signature: PasskeyPart,
        /// Whose passkey it is; empty where the authenticator did not say.
        user_handle: PasskeyPart,
    }
}

/// Bytes of an assertion. Only the agent may learn them.
///
/// ```compile_fail,E0277
/// let _ = format!("{:?}", shared_protocol::PasskeyPart::new([1, 2]));
/// ```
/// ```compile_fail,E0277
/// use shared_protocol::{Merchant, PasskeyPart, VisibleTo};
/// fn for_merchant<T: VisibleTo<Merchant>>() {}
/// for_merchant::<PasskeyPart>();
/// ```
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PasskeyPart(Vec<u8>);

impl PasskeyPart {
    /// As the browser gave them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes themselves: for checking and looking up. Never for a log.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl VisibleTo<Agent> for PasskeyPart {}

/// The wire form: serde derives on a private twin, so that no assertion is `Serialize` outside.
mod wire {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "PasskeyAssertion")]
    pub(super) struct PasskeyAssertionWire {
        #[serde(with = "part")]
        credential_id: PasskeyPart,
        #[serde(with = "part")]
        authenticator_data: PasskeyPart,
        #[serde(with = "part")]
        client_data: PasskeyPart,
        #[serde(with = "part")]
        signature: PasskeyPart,
        #[serde(with = "part")]
        user_handle: PasskeyPart,
    }

    mod part {
        use super::*;

        pub(super) fn serialize<S: Serializer>(
            part: &PasskeyPart,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            part.0.serialize(to)
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<PasskeyPart, D::Error> {
            Vec::deserialize(from).map(PasskeyPart)
        }
    }
}
sealable!(PasskeyAssertion for Agent as "passkey-assertion" through "wire::PasskeyAssertionWire");
