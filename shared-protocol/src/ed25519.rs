//! Ed25519 verification (RFC 8032): ring on the servers, dalek in the browser.

use crate::sign::{Signature, VerifyingKey};

/// Whether `signature` is `key`'s over `message`.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn verifies(key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    !has_small_order(key)
        && ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key.as_bytes())
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

/// Whether a "signature" of zeros would fit about every message under this key. Nobody gets such a
/// key by chance, but a shopper could choose one to disown a tally; ring does not look, so its
/// seven forms, each with either sign, are refused here as libsodium does.
#[cfg(not(target_arch = "wasm32"))]
fn has_small_order(key: &VerifyingKey) -> bool {
    let mut y = *key.as_bytes();
    y[31] &= 0x7f;
    let near_p = y[1..31].iter().all(|byte| *byte == 0xff) && y[31] == 0x7f && y[0] >= 0xec;
    let near_zero = y[1..].iter().all(|byte| *byte == 0) && y[0] <= 1;
    near_zero || (near_p && y[0] <= 0xee) || ORDER_EIGHT.contains(&y)
}

/// The two y of the four points of order eight.
#[cfg(not(target_arch = "wasm32"))]
const ORDER_EIGHT: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];
