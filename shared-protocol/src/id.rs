//! Names: fixed-size random ids, digests, and the short text ids that people choose.
//! One macro each; none of them is a bare string or number in a signature anywhere.

use alloc::string::String;
use core::{fmt, str::FromStr};

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

/// A newtype over `LEN` bytes: on the wire a byte string of exactly that length.
macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Its length in bytes.
            pub const LEN: usize = $len;

            /// From exactly these bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = $crate::id::NotAnId;
            fn try_from(bytes: &[u8]) -> Result<Self, $crate::id::NotAnId> {
                bytes.try_into().map(Self).map_err(|_| $crate::id::NotAnId)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}({:02x}{:02x}…)", stringify!($name), self.0[0], self.0[1])
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_bytes($crate::id::ExactBytes::<$len>).map(Self)
            }
        }
    };
}
pub(crate) use bytes_id;

/// Adds `random(rng)` to a bytes id.
macro_rules! random_id {
    ($name:ident) => {
        impl $name {
            /// A fresh one from a cryptographic source.
            pub fn random(rng: &mut impl CryptoRng) -> Self {
                let mut bytes = [0; Self::LEN];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }
        }
    };
}

bytes_id! {
    /// Names one purchase; chosen by the client program, so that asking twice is asking once.
    /// Shown as `pur_` and 26 Crockford base-32 symbols.
    PurchaseId, 16
}
random_id!(PurchaseId);

bytes_id! {
    /// Makes one Challenge unlike every other (TRUST.md D1).
    Nonce, 16
}
random_id!(Nonce);

bytes_id! {
    /// Keeps a half from being guessed from its digest (TRUST.md D3); 256 random bits.
    Salt, 32
}
random_id!(Salt);

bytes_id! {
    /// SHA-256 under a domain label; see [`crate::digest`].
    Digest, 32
}

bytes_id! {
    /// All that the host of a borrowed window learns of a sale in it (¶80): seller and agent can
    /// say from the purchase which referral it was, the host cannot say which purchase.
    /// Shown as `ref_` and 26 Crockford base-32 symbols.
    ReferralId, 16
}

impl ReferralId {
    /// The referral that led to this purchase.
    pub fn of(purchase: &PurchaseId) -> Self {
        let digest = crate::digest("referral", &purchase.0);
        let mut bytes = [0; Self::LEN];
        bytes.copy_from_slice(&digest.0[..Self::LEN]);
        Self(bytes)
    }
}

impl fmt::Display for PurchaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(f, "pur_", self.0)
    }
}

impl fmt::Display for ReferralId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(f, "ref_", self.0)
    }
}

fn write_id(f: &mut fmt::Formatter<'_>, prefix: &str, bytes: [u8; 16]) -> fmt::Result {
    f.write_str(prefix)?;
    let number = u128::from_be_bytes(bytes);
    for place in (0..26).rev() {
        let symbol = CROCKFORD[((number >> (place * 5)) & 31) as usize];
        write!(f, "{}", symbol.to_ascii_lowercase() as char)?;
    }
    Ok(())
}

impl FromStr for PurchaseId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let symbols = text.strip_prefix("pur_").ok_or(NotAnId)?;
        if symbols.len() != 26 || !symbols.starts_with(|c| ('0'..='7').contains(&c)) {
            return Err(NotAnId);
        }
        let mut number: u128 = 0;
        for symbol in symbols.bytes() {
            if symbol.is_ascii_uppercase() {
                return Err(NotAnId);
            }
            number = (number << 5) | u128::from(crockford_value(symbol).ok_or(NotAnId)?);
        }
        Ok(Self(number.to_be_bytes()))
    }
}

/// A short text id with a fixed alphabet: on the wire and everywhere else the text itself.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $max:literal, $allowed:pat) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let tail = text.strip_prefix($prefix).ok_or(NotAnId)?;
                // All dots would be another place in a URL's path.
                let named = tail.bytes().any(|b| b != b'.');
                let fits = named && text.len() <= $max;
                (fits && tail.bytes().all(|b| matches!(b, $allowed)))
                    .then(|| Self(text.into()))
                    .ok_or(NotAnId)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(|_| de::Error::custom("not an id"))
            }
        }
    };
}

text_id! {
    /// Names a merchant: `mrc_` and lower-case letters, digits, `_`. Public.
    MerchantId, "mrc_", 40, b'a'..=b'z' | b'0'..=b'9' | b'_'
}
text_id! {
    /// Names an agent: `agt_` and lower-case letters, digits, `_`. Public.
    AgentId, "agt_", 40, b'a'..=b'z' | b'0'..=b'9' | b'_'
}
text_id! {
    /// Names an item in a merchant's catalogue (its SKU).
    ItemId, "", 64, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'
}

text_id! {
    /// A merchant's own name for a shipment, a claim, a void or a refund of one purchase: under it
    /// asking twice is asking once.
    Reference, "", 64, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'
}

/// Crockford's base-32 alphabet: no I, L, O, U.
pub(crate) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The value of a Crockford symbol in either case; misreadings (O, I, L) are not forgiven here.
pub(crate) fn crockford_value(symbol: u8) -> Option<u8> {
    let upper = symbol.to_ascii_uppercase();
    CROCKFORD.iter().position(|&s| s == upper).and_then(|p| u8::try_from(p).ok())
}

/// Reads a byte string of exactly `N` bytes.
pub(crate) struct ExactBytes<const N: usize>;

impl<const N: usize> de::Visitor<'_> for ExactBytes<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<[u8; N], E> {
        bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))
    }
}
