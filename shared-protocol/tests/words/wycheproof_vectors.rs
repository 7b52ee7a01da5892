//! Wycheproof's vectors for the primitives as used: Ed25519 through ring (servers) and dalek's
//! strict rules (browser), X25519, HKDF-SHA256 and ChaCha20-Poly1305 through what hpke stands on.

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _,
    aead::{Aead as _, Payload},
};
use ed25519_dalek::Signer as _;
use hkdf::Hkdf;
use ring::signature::{ED25519, UnparsedPublicKey};
use sha2::Sha256;
use shared_protocol::{
    Problem, Signature, Signed, Span, Tally, VerifyingKey, encode, signing_input,
};
use wycheproof::{TestResult, aead, eddsa, hkdf as hkdf_vectors, xdh};

use crate::{
    effort::{did, did_from_seed, seed, times},
    examples,
    hex::{unhex, unhex_exact},
    party::{Deal, NOW, Seeded},
};

fn ring_accepts(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
}

/// As `ed25519.rs` does in the browser.
fn dalek_accepts(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (key.try_into(), signature.try_into()) else { return false };
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    ed25519_dalek::VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

#[test]
fn ed25519_is_verified_as_wycheproof_says_by_both_libraries() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for group in &set.test_groups {
        for test in &group.tests {
            let valid = test.result == TestResult::Valid;
            let by_ring = ring_accepts(&group.key.pk, &test.msg, &test.sig);
            assert_eq!(by_ring, valid, "ring, {}: {}", test.tc_id, test.comment);
            let by_dalek = dalek_accepts(&group.key.pk, &test.msg, &test.sig);
            assert_eq!(by_dalek, valid, "dalek, {}: {}", test.tc_id, test.comment);
        }
    }
    did("Wycheproof vectors of Ed25519", set.number_of_tests);
    assert!(set.number_of_tests >= 150);
}

#[test]
fn x25519_multiplies_as_wycheproof_says() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let mut zeros = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let private: Result<[u8; 32], _> = test.private_key.as_slice().try_into();
        let public: Result<[u8; 32], _> = test.public_key.as_slice().try_into();
        let (Ok(private), Ok(public)) = (private, public) else {
            assert!(test.result.must_fail(), "{}: a key of another length", test.tc_id);
            continue;
        };
        let secret = x25519_dalek::StaticSecret::from(private);
        let shared = secret.diffie_hellman(&x25519_dalek::PublicKey::from(public));
        assert_eq!(shared.as_bytes(), test.shared_secret.as_slice(), "{}", test.tc_id);
        // RFC 9180 §7.1.4: an all-zero product is refused, which hpke does (see envelopes.rs).
        zeros += usize::from(!shared.was_contributory());
    }
    did("Wycheproof vectors of X25519", set.number_of_tests);
    assert!(set.number_of_tests >= 500 && zeros > 0);
}

#[test]
fn hkdf_sha_256_expands_as_wycheproof_says() {
    let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::HkdfSha256).unwrap();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut okm = vec![0; test.size];
        let expanded =
            Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
        assert_eq!(expanded.is_err(), test.result.must_fail(), "{}", test.tc_id);
        if expanded.is_ok() {
            assert_eq!(okm, test.okm.as_slice(), "{}", test.tc_id);
        }
    }
    did("Wycheproof vectors of HKDF-SHA256", set.number_of_tests);
    assert!(set.number_of_tests >= 80);
}

#[test]
fn chacha20_poly1305_seals_and_opens_as_wycheproof_says() {
    let set = aead::TestSet::load(aead::TestName::ChaCha20Poly1305).unwrap();
    for group in &set.test_groups {
        for test in &group.tests {
            let nonce: Result<[u8; 12], _> = test.nonce.as_slice().try_into();
            let Ok(nonce) = nonce else {
                assert!(test.result.must_fail(), "{}: a nonce of another length", test.tc_id);
                continue;
            };
            let cipher = ChaCha20Poly1305::new_from_slice(&test.key).unwrap();
            let sealed = [test.ct.as_slice(), &test.tag].concat();
            let opened = cipher.decrypt(&nonce.into(), Payload { msg: &sealed, aad: &test.aad });
            assert_eq!(
                opened.is_err(),
                test.result.must_fail(),
                "{}: {}",
                test.tc_id,
                test.comment
            );
            if let Ok(opened) = opened {
                assert_eq!(opened, test.pt.as_slice());
                let again = cipher.encrypt(&nonce.into(), Payload { msg: &opened, aad: &test.aad });
                assert_eq!(again.unwrap(), sealed, "{}", test.tc_id);
            }
        }
    }
    did("Wycheproof vectors of ChaCha20-Poly1305", set.number_of_tests);
    assert!(set.number_of_tests >= 300);
}

#[test]
fn both_libraries_agree_on_every_signature_by_an_honest_key() {
    let mut rng = Seeded(seed());
    let count = times(300);
    for _ in 0..count {
        let mut private = [0; 32];
        rand_core::Rng::fill_bytes(&mut rng, &mut private);
        let key = ed25519_dalek::SigningKey::from_bytes(&private);
        let ring = ring::signature::Ed25519KeyPair::from_seed_unchecked(&private).unwrap();
        let public = *key.verifying_key().as_bytes();
        let message = &private[..(private[0] % 32) as usize];
        let signature = key.sign(message).to_bytes();
        assert_eq!(ring.sign(message).as_ref(), signature, "both sign the same");
        assert!(ring_accepts(&public, message, &signature));
        assert!(dalek_accepts(&public, message, &signature));
        for bit in [0, 1, 7, 255, 256, 300, 503, 504, 508, 509, 510, 511] {
            let mut forged = signature;
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(!ring_accepts(&public, message, &forged), "bit {bit}");
            assert!(!dalek_accepts(&public, message, &forged), "bit {bit}");
        }
        let malleable = plus_group_order(signature);
        assert!(!ring_accepts(&public, message, &malleable), "S + L");
        assert!(!dalek_accepts(&public, message, &malleable), "S + L");
    }
    did_from_seed("honest keys on which both libraries agree", count as usize);
}

/// The same signature with its scalar written one group order higher.
fn plus_group_order(mut signature: [u8; 64]) -> [u8; 64] {
    let order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    signature
}

/// The eight points of small order and all other writings of them: keys that nobody has by chance.
/// With one of them a "signature" of zeros fits about every message.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// Each with either sign.
fn small_order() -> Vec<[u8; 32]> {
    let signs = |key: [u8; 32]| {
        let mut negative = key;
        negative[31] |= 0x80;
        [key, negative]
    };
    SMALL_ORDER.map(unhex_exact).into_iter().flat_map(signs).collect()
}

/// Signatures of zeros under every such key and point.
fn forgeries() -> impl Iterator<Item = ([u8; 32], [u8; 64])> {
    small_order().into_iter().flat_map(|key| {
        small_order().into_iter().map(move |r| {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&r);
            (key, signature)
        })
    })
}

/// Where the libraries differ: ring by itself takes keys of small order, dalek's strict rules do
/// not. The crate refuses them with either, or a shopper could sign a tally and disown it.
#[test]
fn a_key_of_small_order_signs_nothing_here_though_ring_would_take_it() {
    let tally = examples::tallies(&Deal::new()).remove(0);
    let (mut tried, mut by_ring) = (0, 0);
    for n in 0..16 {
        let bytes = encode(&Tally { expires: NOW.plus(Span::millis(n)), ..tally.clone() });
        let input = signing_input::<Tally>(&bytes);
        for (key, signature) in forgeries() {
            by_ring += usize::from(ring_accepts(&key, &input, &signature));
            assert!(!dalek_accepts(&key, &input, &signature));
            let forged = Signed::<Tally>::from_parts(bytes.clone(), Signature::new(signature));
            let verified = forged.verify(&VerifyingKey::new(key));
            assert_eq!(verified.err(), Some(Problem::TallyInvalid));
            tried += 1;
        }
    }
    did("signatures by keys of small order refused", tried);
    assert!(by_ring > 0, "if ring refuses them too, the crate's own look is no longer needed");
}

#[test]
fn dalek_too_finds_these_keys_weak_and_no_honest_one() {
    for key in small_order() {
        // Some writings it does not even decode.
        let weak = ed25519_dalek::VerifyingKey::from_bytes(&key).is_ok_and(|key| !key.is_weak());
        assert!(!weak, "{key:02x?}");
    }
    let mut neighbours = Vec::new();
    for key in small_order() {
        for bit in 0..256 {
            let mut near = key;
            near[bit / 8] ^= 1 << (bit % 8);
            let decoded = ed25519_dalek::VerifyingKey::from_bytes(&near);
            if decoded.is_ok_and(|key| key.is_weak()) {
                neighbours.push(near);
            }
        }
    }
    assert!(neighbours.iter().all(|key| small_order().contains(key)), "the list has them all");
}
