//! The private keys that live, as read from their files: of each kind the one that is used first,
//! then the other one if there are two.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use shared_protocol::{ContractNumber, OpeningKey, Signature, Signer, Timestamp, VerifyingKey};
use zeroize::Zeroizing;

use super::{
    KeyFault,
    book::{KeyBook, KeyKind, KeyState},
    file::{read, read_32},
};

/// What is in memory.
pub(super) struct Held {
    pub(super) book: KeyBook,
    /// As the book was read, before public halves were noted.
    written: KeyBook,
    order: Vec<u32>,
    signing_used: usize,
    pub(super) signing: Vec<Ed25519KeyPair>,
    pub(super) opening: Vec<OpeningKey>,
    pub(super) peppers: Vec<Pepper>,
    pub(super) numbers: Vec<LessSafeKey>,
}

/// A pepper with its number.
pub(super) struct Pepper {
    pub(super) number: u32,
    pub(super) key: hmac::Key,
}

impl Held {
    pub(super) fn read(dir: &Path, mut book: KeyBook, now: Timestamp) -> Result<Self, KeyFault> {
        let written = book.clone();
        let order = order(&book, now);
        let numbers_of = |kind: KeyKind| -> Vec<(u32, std::path::PathBuf)> {
            let living = book.living(kind, now);
            living.iter().map(|key| (key.number, dir.join(kind.file(key.number)))).collect()
        };
        let (mut signing, mut opening) = (Vec::new(), Vec::new());
        let (mut peppers, mut numbers, mut public) = (Vec::new(), Vec::new(), Vec::new());
        for (number, path) in numbers_of(KeyKind::Signing) {
            let pair = Ed25519KeyPair::from_pkcs8(&read(&path)?);
            let pair = pair.map_err(|_| KeyFault::Damaged(path))?;
            public.push((KeyKind::Signing, number, public_text(verifying_key(&pair).as_bytes())));
            signing.push(pair);
        }
        for (number, path) in numbers_of(KeyKind::Opening) {
            let key = OpeningKey::from_bytes(&*read_32(&path)?);
            let key = key.map_err(|_| KeyFault::Damaged(path))?;
            public.push((KeyKind::Opening, number, public_text(key.sealing_key().as_bytes())));
            opening.push(key);
        }
        for (number, path) in numbers_of(KeyKind::Pepper) {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &*read_32(&path)?);
            peppers.push(Pepper { number, key });
        }
        for (_, path) in numbers_of(KeyKind::Numbers) {
            let key = UnboundKey::new(&CHACHA20_POLY1305, &*read_32(&path)?);
            numbers.push(LessSafeKey::new(key.map_err(|_| KeyFault::Damaged(path))?));
        }
        let is_next = |key: &&super::KeyEntry| book.state(key, now) == KeyState::Next;
        let signing_used = signing.len() - book.of(KeyKind::Signing).filter(is_next).count();
        for (kind, number, text) in public {
            book.publish(kind, number, text);
        }
        if [signing.len(), opening.len(), peppers.len(), numbers.len()].contains(&0) {
            return Err(KeyFault::Damaged(dir.into()));
        }
        Ok(Self { book, written, order, signing_used, signing, opening, peppers, numbers })
    }

    /// Whether these are the keys of that book at that moment.
    pub(super) fn is_as(&self, book: &KeyBook, now: Timestamp) -> bool {
        self.written == *book && self.order == order(book, now)
    }

    /// Signing keys that are or were used: the next one is not.
    pub(super) fn used(&self) -> impl Iterator<Item = &Ed25519KeyPair> {
        self.signing[..self.signing_used].iter()
    }
}

fn order(book: &KeyBook, now: Timestamp) -> Vec<u32> {
    let states = KeyKind::ALL.into_iter().flat_map(|kind| book.living(kind, now));
    states.map(|key| key.number * 2 + u32::from(now < key.from)).collect()
}

/// A signer by one key.
pub(super) struct By<'a>(pub(super) &'a Ed25519KeyPair);

impl Signer for By<'_> {
    fn sign(&self, message: &[u8]) -> Signature {
        sign(self.0, message)
    }

    fn verifying_key(&self) -> VerifyingKey {
        verifying_key(self.0)
    }
}

pub(super) fn sign(key: &Ed25519KeyPair, message: &[u8]) -> Signature {
    let signature = key.sign(message);
    Signature::try_from(signature.as_ref()).expect("Ed25519 signatures are 64 bytes")
}

pub(super) fn verifying_key(key: &Ed25519KeyPair) -> VerifyingKey {
    VerifyingKey::try_from(key.public_key().as_ref()).expect("Ed25519 public keys are 32 bytes")
}

/// # Panics
/// Never: a number is far shorter than the cipher's limit.
pub(super) fn seal_number(
    key: &LessSafeKey,
    number: &ContractNumber,
    row: i64,
    nonce: [u8; 12],
) -> Vec<u8> {
    let mut sealed = number.expose().as_bytes().to_vec();
    let (aad, once) = (Aad::from(row.to_be_bytes()), Nonce::assume_unique_for_key(nonce));
    let done = key.seal_in_place_append_tag(once, aad, &mut sealed);
    done.expect("a number is short");
    [&nonce[..], &sealed].concat()
}

pub(super) fn open_number(key: &LessSafeKey, sealed: &[u8], row: i64) -> Option<ContractNumber> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut bytes = Zeroizing::new(sealed.to_vec());
    let (aad, once) = (Aad::from(row.to_be_bytes()), Nonce::assume_unique_for_key(*nonce));
    let number = key.open_in_place(once, aad, &mut bytes).ok()?;
    Some(ContractNumber::new(str::from_utf8(number).ok()?))
}

/// A public half as the book holds it.
pub(super) fn public_text(key: &[u8; 32]) -> String {
    BASE64URL.encode(key)
}

/// What [`public_text`] wrote of a signing key.
pub(super) fn read_public(text: &str) -> Option<VerifyingKey> {
    VerifyingKey::try_from(BASE64URL.decode(text).ok()?.as_slice()).ok()
}
