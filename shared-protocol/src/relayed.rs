//! Through a relay (Fig 1; ¶33): what the shopper's program asks the agent, sealed to the agent,
//! and the answer, sealed to whoever asked by what both ends export from the same HPKE context
//! (RFC 9180 §5.3 and §9.8, the pattern of RFC 9458).

use alloc::{string::String, vec::Vec};
use core::fmt;

use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, aead::AeadInOut as _};
use hpke::{
    Deserializable as _, HpkeError, OpModeR, OpModeS, Serializable as _,
    aead::{AeadCtxR, AeadCtxS, ChaCha20Poly1305 as Cipher},
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
    setup_receiver, setup_sender_with_rng,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Nonce,
    codec::{self, messages},
    problem::Problem,
    role::Role,
    seal::{EncappedKey, OpeningKey, SealContext, SealingKey, TAG_BYTES, pad, unpad},
    sign::label,
};

/// What the shopper's program asks the agent: one HTTP request (RFC 9110), the same that it would
/// send directly. It travels sealed in a [`RelayedRequest`] only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayedCall {
    /// `GET`, `POST` or `PUT`.
    pub method: String,
    /// Path at the agent.
    pub path: String,
    /// Of the body; empty if there is none.
    pub media_type: String,
    /// A message of the protocol, or nothing.
    pub body: Vec<u8>,
}

/// What the agent answers. It travels sealed in a [`RelayedReply`] only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayedAnswer {
    /// HTTP's.
    pub status: u16,
    /// A message, or a problem document (RFC 9457) where the status says so.
    pub body: Vec<u8>,
}

/// A [`RelayedCall`], sealed to the agent: all that a relay sees of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayedRequest {
    /// For whom, at which merchant's site, and for which purchase; one made up for the moment
    /// where it is about none.
    pub context: SealContext,
    encapped: EncappedKey,
    ciphertext: Vec<u8>,
}

/// A [`RelayedAnswer`], sealed to whoever sealed the request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayedReply {
    nonce: Nonce,
    ciphertext: Vec<u8>,
}

messages! {
    RelayedCall = "relayed-call", 16_366;
    RelayedAnswer = "relayed-answer", 65_518;
    RelayedRequest = "relayed-request", 16_640;
    RelayedReply = "relayed-reply", 65_600;
}

/// What opens the replies to one request. Whoever sealed that has it, and nobody else.
pub struct ReplyOpener(AeadCtxS<Cipher, HkdfSha256, X25519HkdfSha256>);

/// What seals replies to one request. Whoever opened that has it, and nobody else.
pub struct ReplySealer(AeadCtxR<Cipher, HkdfSha256, X25519HkdfSha256>);

impl RelayedCall {
    /// Seals it to the agent's key, for this context.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`] if the key is none or the call is over the largest size.
    pub fn seal(
        &self,
        context: SealContext,
        agent: &SealingKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(RelayedRequest, ReplyOpener), Problem> {
        let padded = pad(&codec::encode_private(self), REQUEST_SIZES);
        let padded = padded.ok_or(Problem::EnvelopeInvalid)?;
        let sealed = sealed_to(agent, &padded, &codec::encode(&context), rng);
        let (encapped, ciphertext, opener) = sealed.map_err(|_| Problem::EnvelopeInvalid)?;
        Ok((RelayedRequest { context, encapped, ciphertext }, opener))
    }
}

fn sealed_to(
    agent: &SealingKey,
    padded: &[u8],
    aad: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<(EncappedKey, Vec<u8>, ReplyOpener), HpkeError> {
    let key = <X25519HkdfSha256 as hpke::Kem>::PublicKey::from_bytes(agent.as_bytes())?;
    let info = label(REQUEST, Role::Shopper, Role::Agent);
    let (encapped, mut sender) = setup_sender_with_rng::<Cipher, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &key,
        info.as_bytes(),
        rng,
    )?;
    let ciphertext = sender.seal(padded, aad)?;
    Ok((EncappedKey::new(encapped.to_bytes().into()), ciphertext, ReplyOpener(sender)))
}

impl RelayedRequest {
    /// Opens it with the agent's key; its context was sealed with it.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`] whatever the cause: nothing is told to a forger.
    pub fn open(&self, key: &OpeningKey) -> Result<(RelayedCall, ReplySealer), Problem> {
        if !self.has_known_size() {
            return Err(Problem::EnvelopeInvalid);
        }
        let (padded, sealer) = self.opened(key).map_err(|_| Problem::EnvelopeInvalid)?;
        let call = unpad(&padded).and_then(|call| codec::decode_private(call).ok());
        Ok((call.ok_or(Problem::EnvelopeInvalid)?, sealer))
    }

    /// Whether it is of a size that requests have. A relay passes on nothing else.
    pub fn has_known_size(&self) -> bool {
        REQUEST_SIZES.contains(&self.ciphertext.len())
    }

    fn opened(&self, key: &OpeningKey) -> Result<(Zeroizing<Vec<u8>>, ReplySealer), HpkeError> {
        let encapped = self.encapped.as_bytes();
        let encapped = <X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(encapped)?;
        let info = label(REQUEST, Role::Shopper, Role::Agent);
        let mut receiver = setup_receiver::<Cipher, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            key.secret(),
            &encapped,
            info.as_bytes(),
        )?;
        let padded = receiver.open(&self.ciphertext, &codec::encode(&self.context))?;
        Ok((Zeroizing::new(padded), ReplySealer(receiver)))
    }
}

impl ReplySealer {
    /// Seals an answer. Each is sealed under a key of its own, so a request that is sent twice
    /// may be answered twice.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`] if it is over the largest size.
    pub fn seal(
        &self,
        answer: &RelayedAnswer,
        rng: &mut impl CryptoRng,
    ) -> Result<RelayedReply, Problem> {
        let nonce = Nonce::random(rng);
        let mut padded =
            pad(&codec::encode_private(answer), &RELAYED_SIZES).ok_or(Problem::EnvelopeInvalid)?;
        let keys = ReplyKeys::exported(&nonce, |context, out| self.0.export(context, out))?;
        let sealed = keys.cipher().encrypt_inout_detached(
            &keys.once.into(),
            &[],
            padded.as_mut_slice().into(),
        );
        let tag = sealed.map_err(|_| Problem::EnvelopeInvalid)?;
        Ok(RelayedReply { nonce, ciphertext: [padded.as_slice(), &tag[..]].concat() })
    }
}

impl ReplyOpener {
    /// Opens a reply to the request that this came with.
    ///
    /// # Errors
    /// [`Problem::EnvelopeInvalid`] whatever the cause, also if it is the reply to another.
    pub fn open(&self, reply: RelayedReply) -> Result<RelayedAnswer, Problem> {
        let RelayedReply { nonce, mut ciphertext } = reply;
        if !RELAYED_SIZES.contains(&ciphertext.len()) {
            return Err(Problem::EnvelopeInvalid);
        }
        let (padded, tag) =
            ciphertext.split_last_chunk_mut::<TAG_BYTES>().ok_or(Problem::EnvelopeInvalid)?;
        let keys = ReplyKeys::exported(&nonce, |context, out| self.0.export(context, out))?;
        let opened = keys.cipher().decrypt_inout_detached(
            &keys.once.into(),
            &[],
            (&mut *padded).into(),
            &(*tag).into(),
        );
        opened.map_err(|_| Problem::EnvelopeInvalid)?;
        let answer = unpad(padded).and_then(|answer| codec::decode_private(answer).ok());
        answer.ok_or(Problem::EnvelopeInvalid)
    }
}

/// Key and nonce of one reply: what the HPKE context exports under the reply's label and nonce.
#[derive(Default)]
struct ReplyKeys {
    key: Zeroizing<[u8; 32]>,
    once: [u8; 12],
}

impl ReplyKeys {
    fn exported(
        nonce: &Nonce,
        export: impl FnOnce(&[u8], &mut [u8]) -> Result<(), HpkeError>,
    ) -> Result<Self, Problem> {
        let mut context = label(REPLY, Role::Agent, Role::Shopper).into_bytes();
        context.push(0);
        context.extend_from_slice(nonce.as_bytes());
        let mut exported = Zeroizing::new([0; 32 + 12]);
        export(&context, exported.as_mut_slice()).map_err(|_| Problem::EnvelopeInvalid)?;
        let mut keys = Self::default();
        keys.key.copy_from_slice(&exported[..32]);
        keys.once.copy_from_slice(&exported[32..]);
        Ok(keys)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&(*self.key).into())
    }
}

impl fmt::Debug for RelayedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelayedRequest({} bytes)", self.ciphertext.len())
    }
}

impl fmt::Debug for RelayedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelayedReply({} bytes)", self.ciphertext.len())
    }
}

/// Sizes of ciphertext that a relay can see, in bytes, both ways (TRUST.md T13). The least holds
/// every problem document and every Grant, so that no size tells the one from the other.
pub const RELAYED_SIZES: [usize; 4] = [2048, 8192, 16_384, 65_536];
/// Only lists of quotes are longer.
const REQUEST_SIZES: &[usize] = RELAYED_SIZES.split_at(3).0;
const REQUEST: &str = "relayed-request";
const REPLY: &str = "relayed-reply";
