//! Security codes at rest: argon2id (RFC 9106) over the keyed hash of number and code, so that
//! neither the database alone nor the key file alone lets anybody try codes. Pure, and slow.

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use super::contract::KeyedHash;

/// What one trial costs: us, and whoever stole the database.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Independent lanes of it.
    pub lanes: u32,
}

/// The keyed hash of number and code, and the pepper under which it was made.
#[derive(Clone, Copy)]
pub struct CodeMac {
    /// HMAC-SHA256.
    pub mac: KeyedHash,
    /// The pepper's number.
    pub pepper: u32,
}

/// What the database holds of a code: the PHC string `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeHash(String);

/// The outcome of comparing a code with what the database held. Only [`verify`] makes one.
#[derive(Clone, Copy)]
pub struct Verdict {
    is_right: bool,
    /// SHA-256 of what it was compared with; `None`: there was no such contract.
    about: Option<[u8; 32]>,
}

impl From<KeyedHash> for CodeMac {
    /// Under the first pepper.
    fn from(mac: KeyedHash) -> Self {
        Self { mac, pepper: 1 }
    }
}

impl CodeCost {
    /// The least of OWASP's recommendations for argon2id with one lane.
    pub const DEFAULT: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };
    /// The least that argon2id allows: for demos and tests, whose codes everybody knows.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };

    /// Whether argon2id can be run like this.
    pub fn is_possible(self) -> bool {
        Params::new(self.memory_kib, self.passes, self.lanes, None).is_ok()
    }

    fn argon2(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, None);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params.unwrap_or_default())
    }
}

impl CodeHash {
    /// Of the keyed hash of number and code. Takes as long as `cost` says.
    ///
    /// # Panics
    /// If there is no memory for it.
    pub fn new(code_mac: &CodeMac, cost: CodeCost, salt: [u8; 16]) -> Self {
        let hashed = cost.argon2().hash_password_with_salt(&code_mac.mac, &salt);
        let hashed = hashed.expect("sixteen bytes are a salt, and memory is there");
        match code_mac.pepper {
            1 => Self(hashed.to_string()),
            pepper => Self(format!("{hashed}{PEPPER}{pepper}")),
        }
    }

    /// As the database has it.
    pub fn read(stored: &[u8]) -> Option<Self> {
        let text = str::from_utf8(stored).ok()?;
        text.starts_with("$argon2id$").then(|| Self(text.to_owned()))
    }

    /// For the database.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The number of the pepper under which the code was hashed first.
    pub fn pepper(&self) -> u32 {
        let number = self.0.split_once(PEPPER).and_then(|(_, number)| number.parse().ok());
        number.unwrap_or(1)
    }

    fn argon2id(&self) -> &str {
        self.0.split_once(PEPPER).map_or(&self.0, |(hash, _)| hash)
    }

    fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.as_bytes()).as_ref());
        bytes
    }
}

/// Compares a code with what is stored. Where nothing is stored, the same work is done against
/// `nobody`, so that time does not tell whether a number exists (TRUST.md T29).
pub fn verify(code_mac: &CodeMac, stored: Option<&CodeHash>, nobody: &CodeHash) -> Verdict {
    let against = stored.unwrap_or(nobody);
    let matches = Argon2::default().verify_password(&code_mac.mac, against.argon2id()).is_ok();
    let same_pepper = code_mac.pepper == against.pepper();
    Verdict {
        is_right: matches & stored.is_some() & same_pepper,
        about: stored.map(CodeHash::digest),
    }
}

impl Verdict {
    /// Whether the code was right.
    pub fn is_right(&self) -> bool {
        self.is_right
    }

    /// Whether it is about this: the code may have been changed, or the contract issued, since.
    pub fn is_about(&self, stored: Option<&CodeHash>) -> bool {
        self.about == stored.map(CodeHash::digest)
    }
}

/// Whether a code is one of those that everybody tries first.
pub fn is_trivial(code: &str) -> bool {
    let digits = code.as_bytes();
    let steps =
        |step: u8| digits.windows(2).all(|two| two[1] == (two[0] - b'0' + step) % 10 + b'0');
    let halves = digits.split_at(digits.len() / 2);
    let repeats = digits.len().is_multiple_of(2) && halves.0 == halves.1;
    let is_year = digits.len() == 4 && (digits.starts_with(b"19") || digits.starts_with(b"20"));
    steps(0) || steps(1) || steps(9) || repeats || is_year || OFTEN.contains(&code)
}

/// Of the codes that people choose most, those that no rule above finds.
/// Stands between the hash (PHC format, which has no such sign) and the pepper's number; without
/// it, it is the first.
const PEPPER: char = '#';
const OFTEN: [&str; 6] = ["2580", "1004", "5683", "0852", "1122", "123123"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_right_for_its_own_hash_only() {
        let stored = CodeHash::new(&[1; 32].into(), CodeCost::LEAST, [7; 16]);
        let nobody = CodeHash::new(&[2; 32].into(), CodeCost::LEAST, [8; 16]);
        assert!(verify(&[1; 32].into(), Some(&stored), &nobody).is_right());
        assert!(!verify(&[2; 32].into(), Some(&stored), &nobody).is_right());
        assert!(!verify(&[2; 32].into(), None, &nobody).is_right(), "also not the code of nobody");
        let again = CodeHash::read(stored.as_bytes()).unwrap();
        assert!(verify(&[1; 32].into(), Some(&again), &nobody).is_right());
        assert!(CodeHash::read(&[1; 32]).is_none(), "the bare hash of earlier versions");
    }

    #[test]
    fn the_peppers_number_stands_behind_the_hash() {
        let mac = CodeMac { mac: [1; 32], pepper: 12 };
        let stored = CodeHash::new(&mac, CodeCost::LEAST, [7; 16]);
        let again = CodeHash::read(stored.as_bytes()).unwrap();
        assert_eq!(again.pepper(), 12);
        assert!(verify(&mac, Some(&again), &again).is_right());
        assert!(!verify(&[1; 32].into(), Some(&again), &again).is_right(), "of another pepper");
    }

    #[test]
    fn a_verdict_is_about_what_was_compared() {
        let stored = CodeHash::new(&[1; 32].into(), CodeCost::LEAST, [7; 16]);
        let other = CodeHash::new(&[1; 32].into(), CodeCost::LEAST, [8; 16]);
        let verdict = verify(&[1; 32].into(), Some(&stored), &other);
        assert!(verdict.is_about(Some(&stored)));
        assert!(!verdict.is_about(Some(&other)) && !verdict.is_about(None));
        assert!(verify(&[1; 32].into(), None, &other).is_about(None));
    }

    #[test]
    fn the_cost_stands_in_what_is_stored() {
        let stored =
            CodeHash::new(&[1; 32].into(), CodeCost { memory_kib: 64, ..CodeCost::LEAST }, [7; 16]);
        assert!(stored.0.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", stored.0);
        assert!(CodeCost::DEFAULT.is_possible() && CodeCost::LEAST.is_possible());
        assert!(!CodeCost { memory_kib: 7, ..CodeCost::LEAST }.is_possible());
    }

    #[test]
    fn codes_that_everybody_tries_first_are_known() {
        for code in ["0000", "1234", "4321", "9012", "1212", "1987", "2026", "2580", "123456"] {
            assert!(is_trivial(code), "{code}");
        }
        for code in ["2468", "7391", "80514", "40718293"] {
            assert!(!is_trivial(code), "{code}");
        }
    }
}
