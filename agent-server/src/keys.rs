//! The agent's three keys: one signs, one opens envelopes, one ("pepper") keys the hashes of
//! contract numbers and codes. They live in files of mode 0600, never in the database or a log.

use std::{
    fs, io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use ring::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use shared_protocol::{
    OpeningKey, Problem, SealingKey, Signature, Signed, Signer, Statement, Verified, VerifyingKey,
};
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// All private keys of an agent.
pub struct AgentKeyring {
    signing: Ed25519KeyPair,
    opening: OpeningKey,
    pepper: hmac::Key,
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
        Ok(Self { signing, opening, pepper })
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
const FILES: [&str; 3] = [SIGNING, OPENING, PEPPER];
