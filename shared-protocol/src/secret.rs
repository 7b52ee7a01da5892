//! What must not leak. None of these types has `Debug`, `Display` or `Serialize`; each is wiped
//! when dropped; the text is reached only by a call that says what it does.

use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::role::{Agent, Merchant, VisibleTo};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident seen by $reader:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
        pub struct $name(String);

        impl $name {
            /// Takes a text that the shopper typed and `field.rs` has normalised.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself: for checking, storing under its reader's rules, or showing to the
            /// shopper. Never for a log.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl VisibleTo<$reader> for $name {}
    };
}

secret! {
    /// The number of the shopper's contract with the agent (契約番号, ¶48): a letter and 12 digits.
    /// Only the agent may learn it.
    ///
    /// It cannot be printed:
    /// ```compile_fail,E0277
    /// let _ = format!("{:?}", shared_protocol::ContractNumber::new("C900000000001"));
    /// ```
    /// ```compile_fail,E0277
    /// let _ = format!("{}", shared_protocol::ContractNumber::new("C900000000001"));
    /// ```
    /// nor serialized by whoever holds it:
    /// ```compile_fail,E0277
    /// fn serialize<T: serde::Serialize>() {}
    /// serialize::<shared_protocol::ContractNumber>();
    /// ```
    ContractNumber seen by Agent
}

secret! {
    /// The code that goes with a contract number (認証コード, ¶48). Only the agent may learn it.
    SecurityCode seen by Agent
}

secret! {
    /// One thing typed for the delivery: a name, a street, a telephone number, an e-mail address.
    /// Only the merchant may learn it.
    ///
    /// ```compile_fail,E0277
    /// let _ = format!("{:?}", shared_protocol::Personal::new("1-2-3 Ginza"));
    /// ```
    Personal seen by Merchant
}

/// How secrets are written inside a sealed half, and nowhere else: `#[serde(with)]` of the private
/// wire forms in `half.rs`.
pub(crate) mod sealed_text {
    use super::*;

    /// A secret that knows its text.
    pub(crate) trait Text: Sized {
        fn text(&self) -> &str;
        fn from_text(text: String) -> Self;
    }

    macro_rules! text {
        ($($name:ident)*) => {$(
            impl Text for $name {
                fn text(&self) -> &str {
                    &self.0
                }
                fn from_text(text: String) -> Self {
                    Self(text)
                }
            }
        )*};
    }
    text!(ContractNumber SecurityCode Personal);

    pub(crate) fn serialize<T: Text, S: Serializer>(secret: &T, to: S) -> Result<S::Ok, S::Error> {
        secret.text().serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        String::deserialize(from).map(T::from_text)
    }
}
