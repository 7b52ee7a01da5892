//! One pair of private keys: Ed25519 to sign, X25519 to open order halves. They live in files that
//! only this user may read, are never printed, and never leave this room.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use rand_core::CryptoRng;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use shared_protocol::{OpeningKey, SealingKey, Signature, Signer, VerifyingKey};
use zeroize::Zeroizing;

/// A pair of keys.
pub struct Pair {
    signing: Ed25519KeyPair,
    opening: OpeningKey,
}

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// `keys init` has not been run.
    #[error("there is no key {0}: run `merchant-server keys init`")]
    Missing(PathBuf),
    /// Keys are there already, and another pair would make every Mark and Offer void.
    #[error("there are keys in {0} already; move them away if you really want new ones")]
    AlreadyThere(PathBuf),
    /// Somebody else on this machine could read it.
    #[error("{0} can be read by others: run chmod 600 on it")]
    Exposed(PathBuf),
    /// It is not what `keys init` wrote.
    #[error("{0} is not a key file of merchant-server")]
    Damaged(PathBuf),
    /// One rotation after the other: with three pairs nobody knows which counts.
    #[error("a rotation is under way already: finish it with `keys activate` and `keys retire`")]
    StillRotating,
    /// `keys rotate` has not been run, or was finished.
    #[error("there is no {0} pair of keys")]
    NoSuchPair(&'static str),
    /// The operating system said no.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
}

impl Pair {
    /// Makes a fresh pair and writes it to `dir`, which is made if need be.
    pub(super) fn make(dir: &Path, rng: &mut impl CryptoRng) -> Result<(), KeyError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(|error| KeyError::Io(dir.to_owned(), error))?;
        for (name, label) in FILES {
            let mut secret = Zeroizing::new([0_u8; 32]);
            rng.fill_bytes(secret.as_mut());
            let path = dir.join(name);
            write(&path, label, &secret).map_err(|error| KeyError::Io(path, error))?;
        }
        let synced = File::open(dir).and_then(|dir| dir.sync_all());
        synced.map_err(|error| KeyError::Io(dir.to_owned(), error))
    }

    /// Reads the pair of `dir`.
    pub(super) fn load(dir: &Path) -> Result<Self, KeyError> {
        let [signing, opening] = FILES.map(|(name, label)| {
            let path = dir.join(name);
            read(&path, label).map(|secret| (path, secret))
        });
        let (path, seed) = signing?;
        let signing = Ed25519KeyPair::from_seed_unchecked(seed.as_ref())
            .map_err(|_| KeyError::Damaged(path))?;
        let (path, secret) = opening?;
        let opening = OpeningKey::from_bytes(&secret).map_err(|_| KeyError::Damaged(path))?;
        Ok(Self { signing, opening })
    }

    /// Removes its files; that they are gone already is no fault.
    pub(super) fn remove(dir: &Path) -> Result<(), KeyError> {
        for (name, _) in FILES {
            match fs::remove_file(dir.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(KeyError::Io(dir.join(name), error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether there is any of its files.
    pub(super) fn is_there(dir: &Path) -> bool {
        FILES.iter().any(|(name, _)| dir.join(name).exists())
    }

    /// Whose signature Offers and Acceptances bear.
    pub fn verifying(&self) -> VerifyingKey {
        VerifyingKey::try_from(self.signing.public_key().as_ref())
            .expect("an Ed25519 public key is 32 bytes")
    }

    /// To which order halves are sealed.
    pub fn sealing(&self) -> SealingKey {
        self.opening.sealing_key()
    }

    /// What opens them.
    pub(super) fn opening(&self) -> &OpeningKey {
        &self.opening
    }
}

impl Signer for Pair {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature::try_from(self.signing.sign(message).as_ref())
            .expect("an Ed25519 signature is 64 bytes")
    }

    fn verifying_key(&self) -> VerifyingKey {
        self.verifying()
    }
}

/// How a public key is written in configurations and in `/.well-known/warifu`.
pub fn public_text(key: &[u8; 32]) -> String {
    BASE64URL.encode(key)
}

fn write(path: &Path, label: &str, secret: &[u8; 32]) -> io::Result<()> {
    let line = Zeroizing::new(format!("{label} {}\n", *Zeroizing::new(BASE64URL.encode(secret))));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

fn read(path: &Path, label: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let io_error = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => KeyError::Missing(path.to_owned()),
        _ => KeyError::Io(path.to_owned(), error),
    };
    let mode = fs::metadata(path).map_err(io_error)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(io_error)?);
    let secret = text.trim_end().strip_prefix(label).and_then(|rest| {
        let bytes = Zeroizing::new(BASE64URL.decode(rest.strip_prefix(' ')?).ok()?);
        Some(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?))
    });
    secret.ok_or_else(|| KeyError::Damaged(path.to_owned()))
}

/// File names, and what each file begins with.
const FILES: [(&str, &str); 2] =
    [("signing.key", "warifu-ed25519-private"), ("opening.key", "warifu-x25519-private")];
