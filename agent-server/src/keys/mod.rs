//! The agent's keys: some sign, some open envelopes, some ("pepper") key the hashes of contract
//! numbers and codes, some seal contract numbers at rest. They live in files of mode 0600, never in
//! the database or a log. Each kind is rotated with an overlap, also under a running server.

mod book;
mod file;
mod held;
mod rotate;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use ring::hmac;
use shared_protocol::{
    AgentId, ContractNumber, Half, KeyList, ListedKey, OpeningKey, Problem, RelayedCall,
    RelayedRequest, ReplySealer, SealContext, Sealed, SealingKey, Signature, Signed, Signer,
    Statement, Timestamp, Verified, VerifyingKey,
};

pub use book::{KeyBook, KeyEntry, KeyKind, KeyState};
pub use file::KeyFault;
use held::Held;

use crate::{
    clock::{Clock as _, SystemClock},
    domain::key_history::{KeyHistory, KeyPeriod},
    entropy::Entropy,
};

/// All private keys of an agent.
pub struct AgentKeyring {
    dir: PathBuf,
    held: RwLock<Arc<Held>>,
}

/// The key that signs at one moment, whatever is rotated meanwhile.
pub struct SigningNow(Arc<Held>);

impl AgentKeyring {
    /// Reads the keys from `dir`.
    ///
    /// # Errors
    /// [`KeyFault`] naming the file that is missing, damaged or readable by others.
    pub fn load(dir: &Path) -> Result<Self, KeyFault> {
        let held = Held::read(dir, rotate::book(dir)?, SystemClock.now())?;
        Ok(Self { dir: dir.into(), held: RwLock::new(Arc::new(held)) })
    }

    /// Writes those key files that are not there yet; returns which.
    ///
    /// # Errors
    /// [`KeyFault::Io`].
    pub fn create_missing(dir: &Path, entropy: &Entropy) -> Result<Vec<String>, KeyFault> {
        fs::create_dir_all(dir).map_err(|fault| KeyFault::Io(dir.into(), fault))?;
        let mut created = Vec::new();
        if rotate::is_kept(dir) {
            return Ok(created);
        }
        for kind in KeyKind::ALL {
            let name = kind.file(1);
            if !dir.join(&name).exists() {
                rotate::make(dir, kind, 1, entropy)?;
                created.push(name);
            }
        }
        Ok(created)
    }

    /// Takes up what was rotated since, by this moment; `true` if anything was.
    ///
    /// # Errors
    /// [`KeyFault`]; then the keys stay as they were.
    pub fn refresh(&self, now: Timestamp) -> Result<bool, KeyFault> {
        let book = rotate::book(&self.dir)?;
        if self.now().is_as(&book, now) {
            return Ok(false);
        }
        let held = Arc::new(Held::read(&self.dir, book, now)?);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(true)
    }

    fn now(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Which keys there are and have been.
    pub fn book(&self) -> KeyBook {
        self.now().book.clone()
    }

    /// Opens what was sealed to this agent, also to the key before.
    ///
    /// # Errors
    /// As [`Sealed::open`].
    pub fn open<T: Half>(&self, sealed: &Sealed<T>, context: &SealContext) -> Result<T, Problem> {
        self.by_any(|key| sealed.open(context, key))
    }

    /// Opens what came through a relay, also to the key before.
    ///
    /// # Errors
    /// As [`RelayedRequest::open`].
    pub fn open_relayed(
        &self,
        request: &RelayedRequest,
    ) -> Result<(RelayedCall, ReplySealer), Problem> {
        self.by_any(|key| request.open(key))
    }

    fn by_any<T>(&self, open: impl Fn(&OpeningKey) -> Result<T, Problem>) -> Result<T, Problem> {
        let held = self.now();
        let opened = open(&held.opening[0]);
        held.opening[1..]
            .iter()
            .fold(opened, |opened, key| opened.or_else(|problem| open(key).map_err(|_| problem)))
    }

    /// To which payment halves are sealed.
    pub fn sealing_key(&self) -> SealingKey {
        self.now().opening[0].sealing_key()
    }

    /// Keys whose signature counts: the one that signs, then the next or the one before.
    pub fn verifying_keys(&self) -> Vec<VerifyingKey> {
        self.now().signing.iter().map(held::verifying_key).collect()
    }

    /// The name of the key that signs now (RFC 7517 `kid`).
    pub fn kid(&self) -> String {
        shared_protocol::jws::key_id(&self.verifying_key())
    }

    /// The key that signs now.
    pub fn signing_now(&self) -> SigningNow {
        SigningNow(self.now())
    }

    /// Signs with every key that is or was used, newest first: for readers who know but one.
    pub fn sign_by_all(&self, message: &[u8]) -> Vec<Signature> {
        let held = self.now();
        held.used().map(|key| held::sign(key, message)).collect()
    }

    /// Every key that ever signed, and when its signature counted.
    pub fn history(&self) -> KeyHistory {
        let held = self.now();
        let period = |key: &KeyEntry| {
            let public = key.public.as_deref().and_then(held::read_public)?;
            // Grants say whole seconds.
            let from = Timestamp::from_millis(key.made.as_secs() * 1000);
            Some(KeyPeriod { key: public, from, until: key.until })
        };
        held.book.of(KeyKind::Signing).rev().filter_map(period).collect()
    }

    /// The keys as others may know them, signed by the living key that `reader` knows, else by the
    /// one that signs now.
    pub fn list(&self, agent: &AgentId, reader: &str, now: Timestamp) -> Signed<KeyList> {
        let held = self.now();
        let listed = |key: &KeyEntry| {
            let public = key.public.as_deref().and_then(held::read_public)?;
            Some(ListedKey { key: public, from: key.from, until: key.until })
        };
        let keys = held.book.of(KeyKind::Signing).rev().filter_map(listed).take(LISTED).collect();
        let list = KeyList { agent: agent.clone(), keys, listed: now };
        let knows = |key: &&ring::signature::Ed25519KeyPair| {
            shared_protocol::jws::key_id(&held::verifying_key(key)) == reader
        };
        let by = held.used().find(knows).unwrap_or(&held.signing[0]);
        Signed::sign(&list, &held::By(by))
    }

    /// Verifies a statement that this agent itself signed, by any key that still counts.
    ///
    /// # Errors
    /// `T::BROKEN`, [`Problem::MalformedMessage`].
    pub fn verify_own<T: Statement>(&self, signed: &Signed<T>) -> Result<Verified<T>, Problem> {
        let held = self.now();
        let verify = |key| signed.verify(&held::verifying_key(key));
        let first = verify(&held.signing[0]);
        held.signing[1..].iter().fold(first, |said, key| said.or_else(|_| verify(key)))
    }

    /// HMAC-SHA256 (RFC 2104) under the pepper, for one purpose: without the key file, whoever
    /// reads the database can neither guess numbers nor compare codes.
    pub fn keyed_hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        hash(&self.now().peppers[0].key, purpose, parts)
    }

    /// The same under both peppers while they are rotated, else the same twice: the one that is
    /// used first.
    pub fn keyed_hashes(&self, purpose: &str, parts: &[&[u8]]) -> [[u8; 32]; 2] {
        let held = self.now();
        let [first, .., last] = [&held.peppers[0], &held.peppers[held.peppers.len() - 1]];
        [first, last].map(|pepper| hash(&pepper.key, purpose, parts))
    }

    /// The same under the pepper of this number; `None` if it has been retired.
    pub fn keyed_hash_by(&self, number: u32, purpose: &str, parts: &[&[u8]]) -> Option<[u8; 32]> {
        let held = self.now();
        let pepper = held.peppers.iter().find(|pepper| pepper.number == number)?;
        Some(hash(&pepper.key, purpose, parts))
    }

    /// The number of the pepper that is used.
    pub fn pepper(&self) -> u32 {
        self.now().peppers[0].number
    }

    /// A contract number as the database holds it: ChaCha20-Poly1305 (RFC 8439) behind its nonce,
    /// good in this row only.
    pub fn seal_number(&self, number: &ContractNumber, row: i64, nonce: [u8; 12]) -> Vec<u8> {
        held::seal_number(&self.now().numbers[0], number, row, nonce)
    }

    /// The contract number that was sealed into this row, also under the key before.
    pub fn open_number(&self, sealed: &[u8], row: i64) -> Option<ContractNumber> {
        self.now().numbers.iter().find_map(|key| held::open_number(key, sealed, row))
    }

    /// Whether it was sealed by the key that is used.
    pub fn is_sealed_now(&self, sealed: &[u8], row: i64) -> bool {
        held::open_number(&self.now().numbers[0], sealed, row).is_some()
    }
}

fn hash(pepper: &hmac::Key, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(pepper);
    for part in [purpose.as_bytes()].iter().chain(parts) {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.sign().as_ref());
    hash
}

impl Signer for AgentKeyring {
    fn sign(&self, message: &[u8]) -> Signature {
        held::sign(&self.now().signing[0], message)
    }

    fn verifying_key(&self) -> VerifyingKey {
        held::verifying_key(&self.now().signing[0])
    }
}

impl Signer for SigningNow {
    fn sign(&self, message: &[u8]) -> Signature {
        held::sign(&self.0.signing[0], message)
    }

    fn verifying_key(&self) -> VerifyingKey {
        held::verifying_key(&self.0.signing[0])
    }
}

/// More than anybody rotates while a receipt is of interest.
const LISTED: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_number_opens_in_its_own_row_and_under_its_own_key_only() {
        let entropy = Entropy::new();
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [keys, other] = folders.each_ref().map(|folder| {
            AgentKeyring::create_missing(folder.path(), &entropy).unwrap();
            AgentKeyring::load(folder.path()).unwrap()
        });
        let number = ContractNumber::new("C123456789012");
        let sealed = keys.seal_number(&number, 7, entropy.bytes());
        assert!(!sealed.windows(4).any(|window| number.expose().as_bytes().ends_with(window)));
        assert_eq!(keys.open_number(&sealed, 7).unwrap().expose(), number.expose());
        assert!(keys.open_number(&sealed, 8).is_none());
        assert!(other.open_number(&sealed, 7).is_none());
        for at in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[at] ^= 1;
            assert!(keys.open_number(&broken, 7).is_none(), "{at}");
        }
        assert!(keys.open_number(&sealed[..5], 7).is_none());
    }
}
