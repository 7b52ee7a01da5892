//! Signed statements. What is signed travels and is kept as the bytes that were signed; a
//! [`Verified`] value exists only because its signature was checked here.

use alloc::{string::String, vec::Vec};
use core::{fmt, marker::PhantomData, ops::Deref};

use serde::{Deserialize, Serialize};

use crate::{
    Digest, VERSION,
    codec::{self, Message},
    digest::digest,
    id::bytes_id,
    problem::Problem,
    role::Role,
};

/// A message that somebody signs: its label says who speaks to whom and why.
pub trait Statement: Message {
    /// Who signs it.
    const SPEAKER: Role;
    /// Who acts on it.
    const HEARER: Role;
    /// What is wrong, in the numbered words, when its signature does not hold.
    const BROKEN: Problem;
}

bytes_id! {
    /// An Ed25519 public key (RFC 8032).
    VerifyingKey, 32
}

bytes_id! {
    /// An Ed25519 signature (RFC 8032).
    Signature, 64
}

/// Whoever can sign: a server's key file through ring, a test's fixed key.
/// The browser's WebCrypto key answers later than asked and so uses [`Signed::from_parts`].
pub trait Signer {
    /// Signs these bytes (Ed25519, RFC 8032).
    fn sign(&self, message: &[u8]) -> Signature;
    /// The public half.
    fn verifying_key(&self) -> VerifyingKey;
}

/// Whoever can check signatures but may answer later than asked: the browser's WebCrypto.
pub trait Verifier {
    /// Whether `signature` is `key`'s over `message` (Ed25519, RFC 8032 §5.1.7).
    fn verifies(
        &self,
        key: &VerifyingKey,
        message: &[u8],
        signature: &Signature,
    ) -> impl Future<Output = bool>;
}

/// The verifier of [`Signed::verify`], which answers at once.
#[derive(Clone, Copy, Debug)]
pub struct AtOnce;

impl Verifier for AtOnce {
    async fn verifies(&self, key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
        crate::ed25519::verifies(key, message, signature)
    }
}

/// Bytes and the signature over them, not yet checked.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Signed<T> {
    bytes: Vec<u8>,
    signature: Signature,
    #[serde(skip)]
    what: PhantomData<fn() -> T>,
}

impl<T: Statement> Signed<T> {
    /// Signs a statement.
    pub fn sign(statement: &T, signer: &impl Signer) -> Self {
        let bytes = codec::encode(statement);
        let signature = signer.sign(&signing_input::<T>(&bytes));
        Self::from_parts(bytes, signature)
    }

    /// Puts together what was signed elsewhere over [`signing_input`]; nothing is checked yet.
    pub fn from_parts(bytes: Vec<u8>, signature: Signature) -> Self {
        Self { bytes, signature, what: PhantomData }
    }

    /// Checks the signature, then reads the bytes that it covers.
    ///
    /// # Errors
    /// `T::BROKEN` if `key` did not sign this, [`Problem::MalformedMessage`] if it signed nonsense.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Verified<T>, Problem> {
        let holds =
            crate::ed25519::verifies(key, &signing_input::<T>(&self.bytes), &self.signature);
        self.read_if(holds)
    }

    /// The same, where the signature is checked by somebody who answers later.
    ///
    /// # Errors
    /// As [`Signed::verify`].
    pub async fn verify_by(
        &self,
        key: &VerifyingKey,
        verifier: &impl Verifier,
    ) -> Result<Verified<T>, Problem> {
        let input = signing_input::<T>(&self.bytes);
        self.read_if(verifier.verifies(key, &input, &self.signature).await)
    }

    fn read_if(&self, holds: bool) -> Result<Verified<T>, Problem> {
        if !holds {
            return Err(T::BROKEN);
        }
        let value = codec::decode(&self.bytes).map_err(|_| Problem::MalformedMessage)?;
        Ok(Verified { value, digest: self.digest() })
    }

    /// Reads the statement without believing it, to learn for example whose key to fetch.
    ///
    /// # Errors
    /// [`Problem::MalformedMessage`] if it is none.
    pub fn claimed(&self) -> Result<T, Problem> {
        codec::decode(&self.bytes).map_err(|_| Problem::MalformedMessage)
    }

    /// The digest of the signed bytes, under this statement's name.
    pub fn digest(&self) -> Digest {
        digest(T::NAME, &self.bytes)
    }

    /// The bytes that were signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature over them.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
}

impl<T> Clone for Signed<T> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), signature: self.signature, what: PhantomData }
    }
}

impl<T> PartialEq for Signed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.signature == other.signature
    }
}

impl<T> Eq for Signed<T> {}

impl<T: Statement> fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed<{}>({} bytes)", T::NAME, self.bytes.len())
    }
}

impl<T: Statement> Message for Signed<T> {
    const NAME: &'static str = T::NAME;
    const LEN_MAX: usize = T::LEN_MAX + 70;
}

/// A statement whose signature held. Only [`Signed::verify`] and [`Signed::verify_by`] make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    digest: Digest,
}

impl<T> Verified<T> {
    /// For a statement verified in another form (a JWS), by this crate alone.
    #[cfg(feature = "jws")]
    pub(crate) fn vouched(value: T, digest: Digest) -> Self {
        Self { value, digest }
    }

    /// The digest of the bytes that were signed.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The statement itself; what was known about it is given up.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// The very bytes that are signed: label, NUL, statement.
pub fn signing_input<T: Statement>(bytes: &[u8]) -> Vec<u8> {
    let mut input = label(T::NAME, T::SPEAKER, T::HEARER).into_bytes();
    input.push(0);
    input.extend_from_slice(bytes);
    input
}

/// "warifu/1 grant agent>merchant": version, purpose, speaker, hearer (TRUST.md §2: keep the tags).
pub(crate) fn label(purpose: &str, speaker: Role, hearer: Role) -> String {
    alloc::format!("{VERSION} {purpose} {}>{}", role_name(speaker), role_name(hearer))
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Shopper => "shopper",
        Role::Merchant => "merchant",
        Role::Relay => "relay",
        Role::Agent => "agent",
        Role::Bank => "bank",
        Role::Anyone => "anyone",
    }
}
