//! The shop's private keys: one pair that is used, and while it is rotated the next pair or the one
//! before. A running server takes up within a second what the command line did.

mod pair;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use shared_protocol::{
    Half, Problem, SealContext, Sealed, SealingKey, Signature, Signed, Signer, Statement, Verified,
    VerifyingKey,
};

pub use pair::{KeyError, Pair, public_text};

/// What the shop signs and opens with.
pub struct Keyring {
    dir: PathBuf,
    held: RwLock<Arc<Held>>,
}

struct Held {
    ring: Ring,
    current: Arc<Pair>,
    next: Option<Arc<Pair>>,
    old: Option<Arc<Pair>>,
}

/// Which pair is used, by number; the first one needs no such file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ring {
    current: u32,
    next: Option<u32>,
    old: Option<u32>,
}

impl Keyring {
    /// Makes the first pair of keys in `dir`, which is made if need be.
    ///
    /// # Errors
    /// [`KeyError::AlreadyThere`], [`KeyError::Io`].
    pub fn init(dir: &Path, rng: &mut impl CryptoRng) -> Result<Self, KeyError> {
        if Pair::is_there(dir) || dir.join(RING).exists() {
            return Err(KeyError::AlreadyThere(dir.to_owned()));
        }
        Pair::make(dir, rng)?;
        Self::load(dir)
    }

    /// Reads the keys of `dir`.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn load(dir: &Path) -> Result<Self, KeyError> {
        let held = RwLock::new(Arc::new(Held::read(dir)?));
        Ok(Self { dir: dir.to_owned(), held })
    }

    /// Makes the next pair: it opens at once, and signs nothing yet.
    ///
    /// # Errors
    /// [`KeyError::StillRotating`], [`KeyError`].
    pub fn rotate(dir: &Path, rng: &mut impl CryptoRng) -> Result<(), KeyError> {
        let ring = Ring::read(dir)?;
        if ring.next.is_some() || ring.old.is_some() {
            return Err(KeyError::StillRotating);
        }
        let next = ring.current + 1;
        // One that a rotation left behind which did not come so far.
        Pair::remove(&folder(dir, next))?;
        Pair::make(&folder(dir, next), rng)?;
        Ring { next: Some(next), ..ring }.write(dir)
    }

    /// Uses the next pair from now on; the one before still opens.
    ///
    /// # Errors
    /// [`KeyError::NoSuchPair`], [`KeyError`].
    pub fn activate(dir: &Path) -> Result<(), KeyError> {
        let ring = Ring::read(dir)?;
        let current = ring.next.ok_or(KeyError::NoSuchPair("next"))?;
        Ring { current, next: None, old: Some(ring.current) }.write(dir)
    }

    /// Ends the pair before, and removes its files.
    ///
    /// # Errors
    /// [`KeyError::NoSuchPair`], [`KeyError`].
    pub fn retire(dir: &Path) -> Result<(), KeyError> {
        let ring = Ring::read(dir)?;
        let old = ring.old.ok_or(KeyError::NoSuchPair("old"))?;
        Ring { old: None, ..ring }.write(dir)?;
        Pair::remove(&folder(dir, old))
    }

    /// Takes up what was rotated since; `true` if anything was.
    ///
    /// # Errors
    /// [`KeyError`]; then the keys stay as they were.
    pub fn refresh(&self) -> Result<bool, KeyError> {
        if Ring::read(&self.dir)? == self.held().ring {
            return Ok(false);
        }
        let held = Arc::new(Held::read(&self.dir)?);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(true)
    }

    fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whose signature Offers and Acceptances bear.
    pub fn verifying(&self) -> VerifyingKey {
        self.held().current.verifying()
    }

    /// To which order halves are sealed.
    pub fn sealing(&self) -> SealingKey {
        self.held().current.sealing()
    }

    /// The next pair, while there is one.
    pub fn next(&self) -> Option<Arc<Pair>> {
        self.held().next.clone()
    }

    /// The pair before, while there is one.
    pub fn old(&self) -> Option<Arc<Pair>> {
        self.held().old.clone()
    }

    /// Opens what was sealed to this shop, and says to which pair it was: whoever sealed it has
    /// that pair's Mark, and believes no other.
    ///
    /// # Errors
    /// As [`Sealed::open`].
    pub fn open<T: Half>(
        &self,
        sealed: &Sealed<T>,
        context: &SealContext,
    ) -> Result<(T, Arc<Pair>), Problem> {
        let held = self.held();
        let by = |pair: &Arc<Pair>| {
            sealed.open(context, pair.opening()).map(|half| (half, pair.clone()))
        };
        held.others().fold(by(&held.current), |opened, pair| {
            opened.or_else(|problem| by(pair).map_err(|_| problem))
        })
    }

    /// Verifies what this shop itself signed.
    ///
    /// # Errors
    /// `T::BROKEN`, [`Problem::MalformedMessage`].
    pub fn verify_own<T: Statement>(&self, said: &Signed<T>) -> Result<Verified<T>, Problem> {
        let held = self.held();
        let first = said.verify(&held.current.verifying());
        held.others().fold(first, |own, pair| own.or_else(|_| said.verify(&pair.verifying())))
    }
}

impl Held {
    fn read(dir: &Path) -> Result<Self, KeyError> {
        let ring = Ring::read(dir)?;
        let pair = |number| Pair::load(&folder(dir, number)).map(Arc::new);
        Ok(Self {
            ring,
            current: pair(ring.current)?,
            next: ring.next.map(pair).transpose()?,
            old: ring.old.map(pair).transpose()?,
        })
    }

    fn others(&self) -> impl Iterator<Item = &Arc<Pair>> {
        self.next.iter().chain(&self.old)
    }
}

impl Ring {
    fn read(dir: &Path) -> Result<Self, KeyError> {
        let path = dir.join(RING);
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| KeyError::Damaged(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self { current: 1, next: None, old: None })
            }
            Err(error) => Err(KeyError::Io(path, error)),
        }
    }

    /// All of it or nothing.
    fn write(self, dir: &Path) -> Result<(), KeyError> {
        let (path, beside) = (dir.join(RING), dir.join("ring.new"));
        let write = || {
            let mut options = fs::OpenOptions::new();
            let options = options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&beside)?;
            file.write_all(&serde_json::to_vec(&self)?)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            fs::File::open(dir)?.sync_all()
        };
        write().map_err(|error| KeyError::Io(path.clone(), error))
    }
}

/// Where the pair of this number is.
fn folder(dir: &Path, number: u32) -> PathBuf {
    match number {
        1 => dir.to_owned(),
        _ => dir.join(number.to_string()),
    }
}

impl Signer for Keyring {
    fn sign(&self, message: &[u8]) -> Signature {
        self.held().current.sign(message)
    }

    fn verifying_key(&self) -> VerifyingKey {
        self.verifying()
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring({:?})", self.verifying())
    }
}

/// Says which pair is which.
const RING: &str = "ring.json";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::entropy::Entropy;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("warifu-keys-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn keys_are_written_once_for_their_owner_alone_and_read_back() {
        let dir = scratch("once");
        let made = Keyring::init(&dir, &mut Entropy::system()).unwrap();
        for name in ["signing.key", "opening.key"] {
            assert_eq!(fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let read = Keyring::load(&dir).unwrap();
        assert_eq!(made.verifying(), read.verifying());
        assert_eq!(made.sealing(), read.sealing());
        let again = Keyring::init(&dir, &mut Entropy::system());
        assert!(matches!(again, Err(KeyError::AlreadyThere(_))));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = scratch("exposed");
        Keyring::init(&dir, &mut Entropy::system()).unwrap();
        let path = dir.join("opening.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Keyring::load(&dir), Err(KeyError::Exposed(at)) if at == path));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn missing_and_damaged_keys_are_named() {
        let dir = scratch("damaged");
        assert!(matches!(Keyring::load(&dir), Err(KeyError::Missing(_))));
        Keyring::init(&dir, &mut Entropy::system()).unwrap();
        fs::write(dir.join("signing.key"), "warifu-ed25519-private short\n").unwrap();
        assert!(matches!(Keyring::load(&dir), Err(KeyError::Damaged(_))));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_pair_is_next_then_used_then_old_then_gone() {
        let dir = scratch("rotated");
        let mut rng = Entropy::system();
        let keys = Keyring::init(&dir, &mut rng).unwrap();
        let first = keys.verifying();
        assert!(matches!(Keyring::activate(&dir), Err(KeyError::NoSuchPair("next"))));
        Keyring::rotate(&dir, &mut rng).unwrap();
        assert!(matches!(Keyring::rotate(&dir, &mut rng), Err(KeyError::StillRotating)));
        assert!(keys.refresh().unwrap());
        assert!(!keys.refresh().unwrap());
        let next = keys.next().unwrap().verifying();
        assert_eq!(keys.verifying(), first, "it signs nothing yet");
        Keyring::activate(&dir).unwrap();
        keys.refresh().unwrap();
        assert_eq!(keys.verifying(), next);
        assert_eq!(keys.old().unwrap().verifying(), first);
        Keyring::retire(&dir).unwrap();
        assert!(!dir.join("signing.key").exists());
        keys.refresh().unwrap();
        assert!(keys.old().is_none());
        let again = Keyring::init(&dir, &mut rng);
        assert!(matches!(again, Err(KeyError::AlreadyThere(_))), "none is made beside it");
        fs::remove_dir_all(dir).unwrap();
    }
}
