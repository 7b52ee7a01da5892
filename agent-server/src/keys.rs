//! The agent's four keys: one signs, one opens envelopes, one ("pepper") keys the hashes of
//! contract numbers and codes, one seals contract numbers at rest. They live in files of mode
//! 0600, never in the database or a log.

use std::{
    fs, io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use shared_protocol::{
    ContractNumber, OpeningKey, Problem, SealingKey, Signature, Signed, Signer, Statement,
    Verified, VerifyingKey,
};
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// All private keys of an agent.
pub struct AgentKeyring {
    signing: Ed25519KeyPair,
    opening: OpeningKey,
    pepper: hmac::Key,
    numbers: LessSafeKey,
}

impl AgentKeyring {
    /// Reads the keys from `dir`.
    ///
    /// # Errors
    /// [`KeyFault`] naming the file that is missing, damaged or readable by others.
    pub fn load(dir: &Path) -> Result<Self, KeyFault> {
        let signing = read(&dir.join(SIGNING))?;
        let signing = Ed25519KeyPair::from_pkcs8(&signing)
            .map_err(|_| KeyFault::Damaged(dir.join(SIGNING)))?;
        let opening = OpeningKey::from_bytes(&*read_32(&dir.join(OPENING))?)
            .map_err(|_| KeyFault::Damaged(dir.join(OPENING)))?;
        let pepper = hmac::Key::new(hmac::HMAC_SHA256, &*read_32(&dir.join(PEPPER))?);
        let numbers = UnboundKey::new(&CHACHA20_POLY1305, &*read_32(&dir.join(NUMBERS))?)
            .map_err(|_| KeyFault::Damaged(dir.join(NUMBERS)))?;
        Ok(Self { signing, opening, pepper, numbers: LessSafeKey::new(numbers) })
    }

    /// Writes those key files that are not there yet; returns which.
    ///
    /// # Errors
    /// [`KeyFault::Io`].
    pub fn create_missing(dir: &Path, entropy: &Entropy) -> Result<Vec<&'static str>, KeyFault> {
        fs::create_dir_all(dir).map_err(|fault| KeyFault::Io(dir.into(), fault))?;
        let mut created = Vec::new();
        for name in FILES {
            let path = dir.join(name);
            if path.exists() {
                continue;
            }
            let bytes = Zeroizing::new(match name {
                SIGNING => entropy.signing_key(),
                _ => entropy.bytes::<32>().to_vec(),
            });
            write_new(&path, &bytes).map_err(|fault| KeyFault::Io(path, fault))?;
            created.push(name);
        }
        Ok(created)
    }

    /// Opens payment halves.
    pub fn opening(&self) -> &OpeningKey {
        &self.opening
    }

    /// To which payment halves are sealed.
    pub fn sealing_key(&self) -> SealingKey {
        self.opening.sealing_key()
    }

    /// Keys whose signature counts, newest first.
    pub fn verifying_keys(&self) -> Vec<VerifyingKey> {
        vec![self.verifying_key()]
    }

    /// Verifies a statement that this agent itself signed, by any key that still counts.
    ///
    /// # Errors
    /// `T::BROKEN`, [`Problem::MalformedMessage`].
    pub fn verify_own<T: Statement>(&self, signed: &Signed<T>) -> Result<Verified<T>, Problem> {
        signed.verify(&self.verifying_key())
    }

    /// HMAC-SHA256 (RFC 2104) under the pepper, for one purpose: without the key file, whoever
    /// reads the database can neither guess numbers nor compare codes.
    pub fn keyed_hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.pepper);
        for part in [purpose.as_bytes()].iter().chain(parts) {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }

    /// A contract number as the database holds it: ChaCha20-Poly1305 (RFC 8439) behind its nonce,
    /// good in this row only.
    ///
    /// # Panics
    /// Never: a number is far shorter than the cipher's limit.
    pub fn seal_number(&self, number: &ContractNumber, row: i64, nonce: [u8; 12]) -> Vec<u8> {
        let mut sealed = number.expose().as_bytes().to_vec();
        let (aad, once) = (Aad::from(row.to_be_bytes()), Nonce::assume_unique_for_key(nonce));
        let done = self.numbers.seal_in_place_append_tag(once, aad, &mut sealed);
        done.expect("a number is short");
        [&nonce[..], &sealed].concat()
    }

    /// The contract number that was sealed into this row.
    pub fn open_number(&self, sealed: &[u8], row: i64) -> Option<ContractNumber> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let (aad, once) = (Aad::from(row.to_be_bytes()), Nonce::assume_unique_for_key(*nonce));
        let number = self.numbers.open_in_place(once, aad, &mut bytes).ok()?;
        Some(ContractNumber::new(str::from_utf8(number).ok()?))
    }
}

impl Signer for AgentKeyring {
    fn sign(&self, message: &[u8]) -> Signature {
        let signature = self.signing.sign(message);
        Signature::try_from(signature.as_ref()).expect("Ed25519 signatures are 64 bytes")
    }

    fn verifying_key(&self) -> VerifyingKey {
        let key = self.signing.public_key();
        VerifyingKey::try_from(key.as_ref()).expect("Ed25519 public keys are 32 bytes")
    }
}

/// Why there are no usable keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The file is not there: `keys init` makes it.
    #[error("{0} does not exist (agent-server keys init makes it)")]
    Missing(PathBuf),
    /// The file does not hold a key.
    #[error("{0} does not hold a key")]
    Damaged(PathBuf),
    /// Others than its owner may read it.
    #[error("{0} can be read by others (chmod 600 it)")]
    Exposed(PathBuf),
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    let io_fault = |fault: io::Error| match fault.kind() {
        io::ErrorKind::NotFound => KeyFault::Missing(path.into()),
        _ => KeyFault::Io(path.into(), fault),
    };
    let mode = fs::metadata(path).map_err(io_fault)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFault::Exposed(path.into()));
    }
    fs::read(path).map(Zeroizing::new).map_err(io_fault)
}

fn read_32(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFault> {
    let bytes: [u8; 32] =
        read(path)?.as_slice().try_into().map_err(|_| KeyFault::Damaged(path.into()))?;
    Ok(Zeroizing::new(bytes))
}

/// Creates the file with its mode, so that it is never readable in between, and syncs it: a key
/// that is lost with the power would make every Grant under it worthless.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()?;
    if let Some(dir) = path.parent() {
        fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// Ed25519, PKCS #8: signs Marks, Challenges, Grants, Confirmations, webhooks.
const SIGNING: &str = "signing.pkcs8";
/// X25519, 32 bytes: opens payment halves.
const OPENING: &str = "opening.x25519";
/// 32 random bytes: keys the hashes in the database.
const PEPPER: &str = "pepper";
/// 32 random bytes: seals contract numbers in the database.
const NUMBERS: &str = "numbers";
const FILES: [&str; 4] = [SIGNING, OPENING, PEPPER, NUMBERS];

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
