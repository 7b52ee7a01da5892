//! SHA-256 (FIPS 180-4) under a domain label, so that a digest of one thing is never one of
//! another.

use sha2::{Digest as _, Sha256};

use crate::{Digest, VERSION};

/// The digest of `bytes` as a `purpose` (for example "offer") of this protocol version.
pub fn digest(purpose: &str, bytes: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(VERSION.as_bytes());
    hash.update([b' ']);
    hash.update(purpose.as_bytes());
    hash.update([0]);
    hash.update(bytes);
    Digest::new(hash.finalize().into())
}
