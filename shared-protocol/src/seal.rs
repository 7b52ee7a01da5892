//! Envelopes: HPKE (RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20-Poly1305) to the one reader whom the type names, padded to a size class.

use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};

use hpke::{
    Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::X25519HkdfSha256, single_shot_open, single_shot_seal_with_rng,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    AgentId, MerchantId, PurchaseId, codec,
    id::bytes_id,
    problem::Problem,
    role::{Reader, Role, VisibleTo},
    sign::label,
};

bytes_id! {
    /// An X25519 public key (RFC 7748) to which halves are sealed.
    SealingKey, 32
}

bytes_id! {
    /// HPKE's encapsulated key.
    EncappedKey, 32
}

/// The private key that opens envelopes. No `Debug`, no `Clone`, wiped when dropped.
pub struct OpeningKey(<X25519HkdfSha256 as hpke::Kem>::PrivateKey);

impl OpeningKey {
    /// From 32 bytes of a key file.
    ///
    /// # Errors
    /// [`Problem::MalformedMessage`] if they are no key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Problem> {
        <X25519HkdfSha256 as hpke::Kem>::PrivateKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| Problem::MalformedMessage)
    }

    /// For whoever opens envelopes in this crate.
    pub(crate) fn secret(&self) -> &<X25519HkdfSha256 as hpke::Kem>::PrivateKey {
        &self.0
    }

    /// The public half.
    pub fn sealing_key(&self) -> SealingKey {
        SealingKey::new(X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into())
    }
}

/// A half of the deal, or the passkey's word on it: who may read it, and its private wire form.
/// There are three, and no other crate can add one, so nothing else ever fits into an envelope:
/// ```compile_fail,E0277
/// use shared_protocol::{Agent, Half, VisibleTo};
/// use zeroize::Zeroizing;
/// struct Leak;
/// impl VisibleTo<Agent> for Leak {}
/// impl Half for Leak {
///     type Reader = Agent;
///     const PURPOSE: &'static str = "payment-half";
///     fn to_plaintext(&self) -> Zeroizing<Vec<u8>> {
///         Zeroizing::new(Vec::new())
///     }
///     fn from_plaintext(_: &[u8]) -> Option<Self> {
///         None
///     }
/// }
/// ```
pub trait Half: closed::Half + VisibleTo<Self::Reader> + Sized {
    /// The only party that may open it.
    type Reader: Reader;
    /// Its purpose in the label.
    const PURPOSE: &'static str;

    #[doc(hidden)]
    fn to_plaintext(&self) -> Zeroizing<Vec<u8>>;
    #[doc(hidden)]
    fn from_plaintext(plaintext: &[u8]) -> Option<Self>;
}

pub(crate) mod closed {
    /// Only this crate's halves have it.
    pub trait Half {}
}

/// What an envelope is bound to besides its contents; both ends must name the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealContext {
    /// This purchase.
    pub purchase: PurchaseId,
    /// With this merchant.
    pub merchant: MerchantId,
    /// Through this agent.
    pub agent: AgentId,
}
codec::messages! { SealContext = "seal-context", 128; }

/// The envelope for reader `R` with a `T` in it, which `R` may learn.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Envelope<R: Reader, T: VisibleTo<R>> {
    encapped: EncappedKey,
    ciphertext: Vec<u8>,
    #[serde(skip)]
    what: PhantomData<fn(R) -> T>,
}

/// The envelope of a half for its only reader.
pub type Sealed<T> = Envelope<<T as Half>::Reader, T>;

impl<R: Reader, T: Half<Reader = R>> Envelope<R, T> {
    /// Seals `half` to its reader's key.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`] if the key is none or the half is over the largest size class.
    pub fn seal(
        half: &T,
        context: &SealContext,
        reader: &SealingKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Problem> {
        let (encapped, ciphertext) =
            seal_bytes(&half.to_plaintext(), &seal_label::<T>(), context, reader, rng)
                .ok_or(Problem::EnvelopeInvalid)?;
        Ok(Self { encapped, ciphertext, what: PhantomData })
    }

    /// Opens it with the reader's key, for exactly this context.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`] whatever the cause: nothing is told to a forger.
    pub fn open(&self, context: &SealContext, key: &OpeningKey) -> Result<T, Problem> {
        if !SIZE_CLASSES.contains(&self.ciphertext.len()) {
            return Err(Problem::EnvelopeInvalid);
        }
        let encapped =
            <X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(self.encapped.as_bytes())
                .map_err(|_| Problem::EnvelopeInvalid)?;
        let padded = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &key.0,
            &encapped,
            seal_label::<T>().as_bytes(),
            &self.ciphertext,
            &codec::encode(context),
        )
        .map(Zeroizing::new)
        .map_err(|_| Problem::EnvelopeInvalid)?;
        unpad(&padded).and_then(T::from_plaintext).ok_or(Problem::EnvelopeInvalid)
    }

    /// Bytes of ciphertext: one of four sizes.
    pub fn size(&self) -> usize {
        self.ciphertext.len()
    }
}

impl<R: Reader, T: VisibleTo<R>> Clone for Envelope<R, T> {
    fn clone(&self) -> Self {
        Self { encapped: self.encapped, ciphertext: self.ciphertext.clone(), what: PhantomData }
    }
}

impl<R: Reader, T: VisibleTo<R>> fmt::Debug for Envelope<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({} bytes)", self.ciphertext.len())
    }
}

impl<R: Reader, T: VisibleTo<R>> PartialEq for Envelope<R, T> {
    fn eq(&self, other: &Self) -> bool {
        self.encapped == other.encapped && self.ciphertext == other.ciphertext
    }
}

impl<R: Reader, T: VisibleTo<R>> Eq for Envelope<R, T> {}

/// The same for every half, and so downloaded once.
fn seal_bytes(
    plaintext: &[u8],
    label: &str,
    context: &SealContext,
    reader: &SealingKey,
    rng: &mut impl CryptoRng,
) -> Option<(EncappedKey, Vec<u8>)> {
    let key = <X25519HkdfSha256 as hpke::Kem>::PublicKey::from_bytes(reader.as_bytes()).ok()?;
    let (encapped, ciphertext) =
        single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &key,
            label.as_bytes(),
            &pad(plaintext, &SIZE_CLASSES)?,
            &codec::encode(context),
            rng,
        )
        .ok()?;
    Some((EncappedKey::new(encapped.to_bytes().into()), ciphertext))
}

/// HPKE's `info`: version, purpose, from the shopper, to the reader.
pub(crate) fn seal_label<T: Half>() -> alloc::string::String {
    label(T::PURPOSE, Role::Shopper, T::Reader::ROLE)
}

/// Length, contents, zeros up to the next size class (less the tag, so that the ciphertext is
/// exactly the class).
pub(crate) fn pad(plaintext: &[u8], classes: &[usize]) -> Option<Zeroizing<Vec<u8>>> {
    let needed = plaintext.len().checked_add(LENGTH_BYTES)?;
    let class = classes.iter().map(|class| class - TAG_BYTES).find(|c| *c >= needed)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(class));
    padded.extend_from_slice(&u16::try_from(plaintext.len()).ok()?.to_be_bytes());
    padded.extend_from_slice(plaintext);
    padded.resize(class, 0);
    Some(padded)
}

/// What [`pad`] has padded; `None` if it did not.
pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (length, rest) = padded.split_at_checked(LENGTH_BYTES)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    let (plaintext, zeros) = rest.split_at_checked(length)?;
    zeros.iter().all(|zero| *zero == 0).then_some(plaintext)
}

/// Sizes of ciphertext that an onlooker can see, in bytes (TRUST.md T13).
pub const SIZE_CLASSES: [usize; 4] = [1024, 2048, 4096, 8192];
const LENGTH_BYTES: usize = 2;
/// Of ChaCha20-Poly1305 (RFC 8439), behind each ciphertext.
pub(crate) const TAG_BYTES: usize = 16;
