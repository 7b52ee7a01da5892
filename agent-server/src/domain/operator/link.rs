//! The link by which an operator registers a passkey: good once and not for long. The database
//! holds its digest alone.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::digest::{SHA256, digest};
use shared_protocol::{Digest, NotAnId, Span};
use zeroize::Zeroizing;

use crate::{entropy::Entropy, keys::AgentKeyring};

/// 256 bits in a link, stored nowhere here.
#[derive(Clone)]
pub struct LinkToken(Zeroizing<[u8; 32]>);

/// SHA-256 (FIPS 180-4) of such a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkDigest(pub [u8; 32]);

impl LinkToken {
    /// A fresh one.
    pub fn random(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()))
    }

    /// The one that goes with a change which an operator signed: it can be shown to them for a
    /// while without being kept.
    pub fn of_change(keys: &AgentKeyring, id: i64, digest: Digest) -> Self {
        let parts: [&[u8]; 2] = [&id.to_be_bytes(), digest.as_bytes()];
        Self(Zeroizing::new(keys.keyed_hash("operator-link", &parts)))
    }

    /// What the database holds of it.
    pub fn digest(&self) -> LinkDigest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &*self.0).as_ref());
        LinkDigest(bytes)
    }

    /// As it stands in the link, base64url.
    pub fn expose(&self) -> String {
        BASE64URL.encode(*self.0)
    }
}

impl FromStr for LinkToken {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes = Zeroizing::new(BASE64URL.decode(text).map_err(|_| NotAnId)?);
        let token: [u8; 32] = bytes.as_slice().try_into().map_err(|_| NotAnId)?;
        Ok(Self(Zeroizing::new(token)))
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// So long a link can be used.
pub(super) const LIFETIME: Span = Span::hours(24);
