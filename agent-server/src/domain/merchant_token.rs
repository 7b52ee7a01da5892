//! By what a merchant's own programs read what is theirs: a bearer token (RFC 6750), of which the
//! database holds the digest alone.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::digest::{SHA256, digest};
use shared_protocol::{MerchantId, NotAnId, Timestamp};
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// 256 bits that the merchant keeps.
pub struct MerchantToken(Zeroizing<[u8; 32]>);

/// SHA-256 (FIPS 180-4) of a merchant's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenDigest(pub [u8; 32]);

/// A token as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownToken {
    /// Its row, of `mtk_…`.
    pub id: i64,
    /// Whose.
    pub merchant: MerchantId,
    /// What the operator calls it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it counts no more.
    pub revoked_at: Option<Timestamp>,
}

impl MerchantToken {
    /// A fresh one.
    pub fn random(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()))
    }

    /// What the database holds of it.
    pub fn digest(&self) -> TokenDigest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &*self.0).as_ref());
        TokenDigest(bytes)
    }

    /// As the merchant keeps it; by its beginning, programs that look for lost secrets know it.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", BASE64URL.encode(*self.0)))
    }
}

impl FromStr for MerchantToken {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let text = text.strip_prefix(PREFIX).ok_or(NotAnId)?;
        let bytes = Zeroizing::new(BASE64URL.decode(text).map_err(|_| NotAnId)?);
        let token: [u8; 32] = bytes.as_slice().try_into().map_err(|_| NotAnId)?;
        Ok(Self(Zeroizing::new(token)))
    }
}

impl KnownToken {
    /// Its name on the command line.
    pub fn name(&self) -> String {
        format!("mtk_{}", self.id)
    }
}

const PREFIX: &str = "wmt_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_shown_and_no_other_way() {
        let token = MerchantToken::random(&Entropy::new());
        let shown = token.expose();
        let read: MerchantToken = shown.parse().map_err(|_| "unread").unwrap();
        assert_eq!(read.digest(), token.digest());
        for other in [&shown[4..], &shown[..46], &format!("{}=", *shown), "wmt_", ""] {
            assert!(other.parse::<MerchantToken>().is_err(), "{other}");
        }
        assert_ne!(MerchantToken::random(&Entropy::new()).digest(), token.digest());
    }
}
