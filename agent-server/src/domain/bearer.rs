//! By what programs show whose they are: a bearer token (RFC 6750), of which the database holds the
//! digest alone.

use std::{marker::PhantomData, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::digest::{SHA256, digest};
use shared_protocol::NotAnId;
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// Whose programs have such a token.
pub trait Bearer {
    /// How each token of theirs begins: by it, programs that look for lost secrets know it.
    const PREFIX: &'static str;
}

/// 256 bits that its bearer keeps.
pub struct Token<B>(Zeroizing<[u8; 32]>, PhantomData<B>);

/// SHA-256 (FIPS 180-4) of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenDigest(pub [u8; 32]);

impl<B: Bearer> Token<B> {
    /// A fresh one.
    pub fn random(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()), PhantomData)
    }

    /// What the database holds of it.
    pub fn digest(&self) -> TokenDigest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &*self.0).as_ref());
        TokenDigest(bytes)
    }

    /// As its bearer keeps it.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", B::PREFIX, BASE64URL.encode(*self.0)))
    }
}

impl<B: Bearer> FromStr for Token<B> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let text = text.strip_prefix(B::PREFIX).ok_or(NotAnId)?;
        let bytes = Zeroizing::new(BASE64URL.decode(text).map_err(|_| NotAnId)?);
        let token: [u8; 32] = bytes.as_slice().try_into().map_err(|_| NotAnId)?;
        Ok(Self(Zeroizing::new(token), PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{merchant_token::MerchantToken, operator::OperatorToken};

    #[test]
    fn a_token_is_read_as_it_is_shown_and_no_other_way() {
        let token = MerchantToken::random(&Entropy::new());
        let shown = token.expose();
        let read: MerchantToken = shown.parse().map_err(|_| "unread").unwrap();
        assert_eq!(read.digest(), token.digest());
        for other in [&shown[4..], &shown[..46], &format!("{}=", *shown), "wmt_", ""] {
            assert!(other.parse::<MerchantToken>().is_err(), "{other}");
        }
        assert!(shown.parse::<OperatorToken>().is_err(), "a merchant's is no operator's");
        assert_ne!(MerchantToken::random(&Entropy::new()).digest(), token.digest());
    }
}
