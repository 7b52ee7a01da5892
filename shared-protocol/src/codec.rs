//! The one codec: postcard, strict. Refuses over-long input, leftovers and any encoding that is
//! not the canonical one, so that equal messages are equal bytes. Only this file names postcard.

use alloc::vec::Vec;

use postcard::{
    Deserializer, Serializer,
    de_flavors::Slice,
    ser_flavors::{AllocVec, Flavor as _},
};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// Something with a name and a size limit that travels as postcard bytes.
pub trait Message: Serialize + DeserializeOwned {
    /// Its name in PROTOCOL.md, in the media type and in the golden vectors, kebab-case.
    const NAME: &'static str;
    /// Longest encoding that is read at all, in bytes.
    const LEN_MAX: usize;

    /// The media type, `application/vnd.warifu.<name>`.
    fn media_type() -> alloc::string::String {
        alloc::format!("application/vnd.warifu.{}", Self::NAME)
    }
}

/// Why bytes were not read as a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// More than `LEN_MAX` bytes; not looked at.
    TooLong,
    /// Not an encoding of this message.
    Malformed,
    /// A whole message, and then more.
    TrailingBytes,
    /// Readable, but not as the encoder writes it (for example an over-long varint).
    NotCanonical,
}

/// The canonical bytes of a message.
pub fn encode<M: Message>(message: &M) -> Vec<u8> {
    to_bytes(message)
}

/// Reads a message; refuses everything that [`encode`] would not have written.
pub fn decode<M: Message>(bytes: &[u8]) -> Result<M, DecodeError> {
    if bytes.len() > M::LEN_MAX {
        return Err(DecodeError::TooLong);
    }
    strictly(bytes)
}

/// The plaintext of a half. Only `seal.rs` calls it; wiped when dropped.
pub(crate) fn encode_private<T: Serialize>(value: &T) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(to_bytes(value))
}

/// Reads the plaintext of a half, as strictly as [`decode`].
pub(crate) fn decode_private<T: Serialize + DeserializeOwned>(
    bytes: &[u8],
) -> Result<T, DecodeError> {
    strictly(bytes)
}

// Written out instead of `postcard::to_allocvec` and `from_bytes`, whose layers are compiled anew
// for each type; and without `expect`, whose printed error every shopper would download.
fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    let mut writer = Serializer { output: AllocVec::new() };
    let written = value.serialize(&mut writer).is_ok();
    finished(writer, written)
}

fn finished(writer: Serializer<AllocVec>, written: bool) -> Vec<u8> {
    match writer.output.finalize() {
        Ok(bytes) if written => bytes,
        _ => unreachable!("memory is the only sink and our types have known lengths"),
    }
}

fn strictly<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut reader = Deserializer::from_bytes(bytes);
    let value = T::deserialize(&mut reader).map_err(|_| DecodeError::Malformed)?;
    check_end(reader)?;
    check_canonical(&value, bytes)?;
    Ok(value)
}

fn check_end<'a>(reader: Deserializer<'a, Slice<'a>>) -> Result<(), DecodeError> {
    let rest = reader.finalize().map_err(|_| DecodeError::Malformed)?;
    if rest.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes) }
}

#[cfg(not(target_arch = "wasm32"))]
fn check_canonical<T: Serialize>(value: &T, bytes: &[u8]) -> Result<(), DecodeError> {
    let same = *Zeroizing::new(to_bytes(value)) == bytes;
    if same { Ok(()) } else { Err(DecodeError::NotCanonical) }
}

/// What a browser reads is signed over its very bytes, and nothing of it is compared or passed on
/// but those bytes: encoding it again would only be more to download.
#[cfg(target_arch = "wasm32")]
fn check_canonical<T>(_value: &T, _bytes: &[u8]) -> Result<(), DecodeError> {
    Ok(())
}

macro_rules! messages {
    ($($type:ty = $name:literal, $len_max:expr;)*) => {
        $(impl $crate::codec::Message for $type {
            const NAME: &'static str = $name;
            const LEN_MAX: usize = $len_max;
        })*
    };
}
pub(crate) use messages;
