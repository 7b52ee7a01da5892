//! Ed25519 verification (RFC 8032): ring on the servers, dalek in the browser.

use crate::sign::{Signature, VerifyingKey};

/// Whether `signature` is `key`'s over `message`.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn verifies(key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key.as_bytes())
        .verify(message, signature.as_bytes())
        .is_ok()
}

/// Whether `signature` is `key`'s over `message`; the strict rules, which accept nothing that ring
/// refuses for an honest key.
#[cfg(target_arch = "wasm32")]
pub(crate) fn verifies(key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes())
        .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}
